// Members without frames: what they are told, and what they do. See room.hpp and room_event.hpp.
#include <utility>

#include "net/room.hpp"

namespace stet::net {

void Room::watch(const std::string& root) {
  std::unique_ptr<Watch>& watch = watches_[root];
  if (watch) return;
  watch = std::make_unique<Watch>(Watch{doc_->text(root), {}, {}});
  watch->changes = watch->text.observe([seen = watch.get()](const Event& event) { seen->delta = event.delta(); });
}

void Room::tell_opened(const Member& member, Actions& out) {
  watch(member.profile.root);
  const Text& text = watches_.at(member.profile.root)->text;
  Opened opened{seq_of(appended_), seq_of(durable_), text.to_delta(), presence_.present()};
  out.emplace_back(Tell{member.id, std::make_shared<const RoomEvent>(std::move(opened))});
}

// One event for all who watch the same root.
void Room::tell_updated(MemberId by, Actions& out) {
  if (watches_.empty()) return;
  std::map<std::string_view, SharedEvent> events;
  for (const auto& [root, watch] : watches_) {
    Updated updated{seq_of(appended_), by, std::exchange(watch->delta, {})};
    events[root] = std::make_shared<const RoomEvent>(std::move(updated));
  }
  for (const auto& [id, member] : members_) {
    if (member.takes_events()) out.emplace_back(Tell{id, events.at(member.profile.root)});
  }
}

void Room::tell_all(RoomEvent event, Actions& out) {
  if (watches_.empty()) return;
  const auto shared = std::make_shared<const RoomEvent>(std::move(event));
  for (const auto& [id, member] : members_) {
    if (member.takes_events()) out.emplace_back(Tell{id, shared});
  }
}

bool Room::edit(MemberId member, const std::function<void(Doc&)>& edit, std::int64_t now_ms, Actions& out) {
  if (!members_.contains(member) || draining_ || state_ != State::ready) return false;
  storage::SharedBytes update;
  const Subscription updates = doc_->on_update([&update](ByteView bytes, const TransactionInfo&) {
    update = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  });
  doc_->transact([&] { edit(*doc_); });
  if (!update) return false;
  SharedMessage message({Kind::update, *update});
  relay(message, member, now_ms, out);
  append(member, std::move(update), out);
  tell_updated(member, out);
  return true;
}

void Room::present(MemberId member, std::span<const AwarenessEntry> entries, std::int64_t now_ms, Actions& out) {
  const auto at = members_.find(member);
  if (at == members_.end() || draining_ || state_ != State::ready) return;
  take_presence(at->second, entries, now_ms, out);
}

}  // namespace stet::net
