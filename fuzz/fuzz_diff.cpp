// An update cut to what a state vector lacks, without a document. The first byte says in which encoding; then the state
// vector with its length, then the update.
#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encoding = data[0] & 1 ? Encoding::v2 : Encoding::v1;
  const std::vector<ByteView> input = fuzz::parts(Reader({data + 1, size - 1}), 2);
  if (input.size() < 2) return 0;
  const Result<core::StateVector> state = core::decode_state_vector(input[0]);
  if (!state) return 0;
  const Result<UpdateInfo> before = inspect_update(input[1], encoding);
  const Result<Bytes> diff = core::diff_update(input[1], *state, encoding, true);
  fuzz::require(diff.ok() == before.ok(), "cut though it is bad, or not though it is good");
  if (!diff) return 0;
  const Result<UpdateInfo> after = inspect_update(*diff, encoding);
  fuzz::require(after.ok(), "cut into a bad update:", after.ok() ? "" : after.error().message());
  fuzz::require(after->structs <= before->structs, "more structs than before");
  for (const UpdateInfo::Client& client : after->clients) {
    const auto known = state->find(client.id);
    fuzz::require(known == state->end() || client.first_clock >= known->second, "what is known was not cut off");
  }
  // A key that is told though nothing needs it goes the second time, as in Yjs; then nothing changes any more.
  const Result<Bytes> again = core::diff_update(*diff, *state, encoding, true);
  fuzz::require(again.ok() && *core::diff_update(*again, *state, encoding, true) == *again, "cut again it is another");
  return 0;
}
