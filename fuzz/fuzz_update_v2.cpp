// Update v2 into an empty document.
#include "update.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stet::fuzz::load({data, size}, stet::Encoding::v2);
  return 0;
}
