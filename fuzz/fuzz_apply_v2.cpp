// Updates v2, one after the other, into a document that holds something.
#include "update.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stet::fuzz::apply_all({data, size}, stet::Encoding::v2);
  return 0;
}
