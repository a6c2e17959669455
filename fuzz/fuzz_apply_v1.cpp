// Updates v1, one after the other, into a document that holds something.
#include "update.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  stet::fuzz::apply_all({data, size}, stet::Encoding::v1);
  return 0;
}
