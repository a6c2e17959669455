// Snapshots, and the document that they are taken from restored to them. The first byte says in which encoding.
#include "stet/snapshot.hpp"

#include <algorithm>

#include "support.hpp"

using namespace stet;

namespace {

const Doc& kept() {
  static const Doc doc = [] {
    Doc sample(DocOptions{.client_id = 0, .gc = false});
    fuzz::require(sample.apply_update(fuzz::sample_update()).ok(), "the sample was refused");
    return sample;
  }();
  return doc;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encoding = data[0] & 1 ? Encoding::v2 : Encoding::v1;
  const Result<Snapshot> snapshot = decode_snapshot({data + 1, size - 1}, encoding);
  if (!snapshot) return 0;
  for (const Encoding other : {Encoding::v1, Encoding::v2}) {
    const Result<Snapshot> again = decode_snapshot(encode_snapshot(*snapshot, other), other);
    fuzz::require(again.ok() && *again == *snapshot, "encoded and read again it is another");
  }
  const Result<bool> contains = snapshot_contains_update(*snapshot, fuzz::sample_update());
  fuzz::require(contains.ok(), "the sample was refused");
  const Bytes before = kept().encode_state();
  const Result<Doc> restored = create_doc_from_snapshot(kept(), *snapshot);
  fuzz::require(kept().encode_state() == before, "restoring changed the document");
  if (!restored) return 0;
  fuzz::verify(*restored);
  // What is deleted beyond the state counts for nothing.
  const Snapshot taken = take_snapshot(*restored);
  const Snapshot all = take_snapshot(kept());
  fuzz::require(taken.state.size() <= snapshot->state.size(), "it holds more clients than the snapshot");
  for (const auto& [client, clock] : taken.state) {
    const auto named = snapshot->state.find(client);
    fuzz::require(named != snapshot->state.end(), "it holds another client than the snapshot");
    // A GC struct that the snapshot cuts stays whole; all of it is deleted.
    const bool in_deleted = std::ranges::any_of(all.deleted, [&, id = client, end = clock](const auto& range) {
      return range.client == id && range.clock < named->second && range.clock + range.length >= end;
    });
    fuzz::require(clock <= named->second || in_deleted, "it holds more than the snapshot");
  }
  return 0;
}
