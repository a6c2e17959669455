#include "net/rooms/moment.hpp"

namespace stet::net {

std::variant<Doc, std::string> doc_of(const storage::LoadedDoc& loaded, DocOptions options) {
  Doc doc(options);
  if (!loaded.snapshot.empty()) {
    const auto applied = doc.apply_update(loaded.snapshot);
    if (!applied) return "snapshot " + std::to_string(loaded.snapshot_seq) + ": " + applied.error().message();
    if (!loaded.state_vector.empty() && doc.encode_state_vector() != loaded.state_vector) {
      return "base " + std::to_string(loaded.snapshot_seq) + ": its state vector is another than when it was pruned";
    }
  }
  for (const storage::LogEntry& entry : loaded.tail) {
    const auto applied = doc.apply_update(entry.update);
    if (!applied) return "update " + std::to_string(entry.seq) + ": " + applied.error().message();
  }
  return doc;
}

std::variant<Base, std::string> base_of(const storage::LoadedDoc& loaded) {
  auto made = doc_of(loaded);
  if (auto* fault = std::get_if<std::string>(&made)) return std::move(*fault);
  const Doc& doc = std::get<Doc>(made);
  const Base base{std::make_shared<const Bytes>(doc.encode_state()),
                  std::make_shared<const Bytes>(doc.encode_state_vector())};
  const auto again = doc_of({.exists = true, .snapshot_seq = loaded.seq(), .snapshot = *base.state, .tail = {}});
  if (const auto* fault = std::get_if<std::string>(&again)) return *fault;
  const Doc& copy = std::get<Doc>(again);
  if (copy.encode_state_vector() != *base.state_vector || copy.encode_state() != *base.state) {
    return "sequence " + std::to_string(loaded.seq()) + ": the encoded state makes another document";
  }
  return base;
}

Delta difference(Doc& from, const Doc& to, std::string_view root) {
  Delta delta;
  const Subscription changes = from.text(root).observe([&delta](const Event& event) { delta = event.delta(); });
  const Result<Bytes> update = to.encode_diff(from.encode_state_vector());
  if (update) (void)from.apply_update(*update);
  return delta;
}

}  // namespace stet::net
