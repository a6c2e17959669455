// State vectors, and the diff that is made against one.
#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Doc doc = [] {
    Doc sample;
    fuzz::require(sample.apply_update(fuzz::sample_update()).ok(), "the sample was refused");
    return sample;
  }();
  const ByteView vector(data, size);
  const Result<core::StateVector> decoded = core::decode_state_vector(vector);
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    const Result<Bytes> diff = doc.encode_diff(vector, encoding);
    fuzz::require(diff.ok() == decoded.ok(), "one reads the state vector, the other does not");
    if (!diff) continue;
    // Who has what the vector says gets the rest; so whoever has all gets nothing that waits.
    Doc peer;
    fuzz::require(peer.apply_update(*diff, encoding).ok(), "the diff does not load");
    Doc full;
    fuzz::require(full.apply_update(doc.encode_state()).ok(), "the state does not load");
    fuzz::require(full.apply_update(*diff, encoding).ok(), "the diff does not load");
    // Not the same bytes: a vector that cuts a surrogate pair in two does so in whoever applies the diff.
    fuzz::require(full.encode_state_vector() == doc.encode_state_vector() && !full.has_pending(),
                  "the diff is no part");
  }
  return 0;
}
