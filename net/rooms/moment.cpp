#include "net/rooms/moment.hpp"

namespace stet::net {

std::variant<Doc, std::string> doc_of(const storage::LoadedDoc& loaded, DocOptions options) {
  Doc doc(options);
  if (!loaded.snapshot.empty()) {
    const auto applied = doc.apply_update(loaded.snapshot);
    if (!applied) return "snapshot " + std::to_string(loaded.snapshot_seq) + ": " + applied.error().message();
  }
  for (const storage::LogEntry& entry : loaded.tail) {
    const auto applied = doc.apply_update(entry.update);
    if (!applied) return "update " + std::to_string(entry.seq) + ": " + applied.error().message();
  }
  return doc;
}

Delta difference(Doc& from, const Doc& to, std::string_view root) {
  Delta delta;
  const Subscription changes = from.text(root).observe([&delta](const Event& event) { delta = event.delta(); });
  const Result<Bytes> update = to.encode_diff(from.encode_state_vector());
  if (update) (void)from.apply_update(*update);
  return delta;
}

}  // namespace stet::net
