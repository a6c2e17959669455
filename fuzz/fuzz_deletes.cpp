// Delete sets: an update v1 that holds nothing else.
#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Writer update;
  update.varuint(0);
  update.raw({data, size});
  Doc before;
  fuzz::require(fuzz::apply(before, fuzz::sample_update(), Encoding::v1), "the sample was refused");
  const bool taken = fuzz::apply(before, update.view(), Encoding::v1);
  const Result<Bytes> in_v2 = core::convert_update(update.view(), Encoding::v1, Encoding::v2);
  fuzz::require(in_v2.ok() == taken, "converted it is taken otherwise");
  if (!taken) return 0;
  // Deletions may as well come first, and in the other encoding.
  Doc after;
  fuzz::require(fuzz::apply(after, *in_v2, Encoding::v2), "converted it was refused");
  fuzz::require(fuzz::apply(after, fuzz::sample_update(), Encoding::v1), "the sample was refused");
  Doc both;
  fuzz::require(both.apply_update(before.encode_state()).ok(), "the state does not load");
  fuzz::require(both.encode_state_vector() == after.encode_state_vector(), "another state vector");
  fuzz::require(inspect_update(after.encode_state())->deleted == inspect_update(before.encode_state())->deleted,
                "deleted more or less where the deletions came first");
  return 0;
}
