#include "net/room.hpp"

#include <cassert>
#include <utility>

namespace stet::net {
namespace {

// A message that every client accepts and that changes nothing: no states. Keeps clients from closing, which they do
// when no application message came for 30 s (WebSocket pings do not count).
constexpr std::uint8_t empty_awareness[] = {0};

}  // namespace

void Room::join(MemberId member, MemberProfile profile, std::int64_t now_ms, Actions& out) {
  if (draining_) {
    out.emplace_back(Close{member, CloseCode::going_away, "server shuts down"});
    return;
  }
  if (state_ == State::failed) {
    out.emplace_back(Close{member, CloseCode::internal_error, "document cannot be loaded"});
    return;
  }
  const auto [at, fresh] = members_.try_emplace(member, member, std::move(profile), limits_, now_ms);
  if (!fresh) return;
  if (state_ == State::ready) {
    open(at->second, now_ms, out);
  } else if (state_ == State::empty) {
    state_ = State::loading;
    out.emplace_back(Load{});
  }
}

void Room::receive(MemberId member, ByteView frame, std::int64_t now_ms, Actions& out) {
  const auto at = members_.find(member);
  if (at == members_.end() || draining_) return;
  if (state_ == State::ready) return handle(at->second, frame, now_ms, out);
  Member& joiner = at->second;
  joiner.waiting_bytes += frame.size();
  if (joiner.waiting_bytes > limits_.waiting_bytes) {
    return close(member, CloseCode::try_again, "too much sent before the document was loaded", now_ms, out);
  }
  joiner.waiting.emplace_back(frame.begin(), frame.end());
}

void Room::written(MemberId member, std::size_t bytes, std::int64_t now_ms, Actions& out) {
  const auto at = members_.find(member);
  if (at == members_.end()) return;
  Member& reader = at->second;
  assert(bytes <= reader.queued_bytes);
  reader.queued_bytes -= bytes;
  reader.progress_ms = now_ms;
  if (reader.lag && reader.queued_bytes == 0) catch_up(reader, now_ms, out);
}

void Room::leave(MemberId member, std::int64_t now_ms, Actions& out) {
  if (members_.erase(member) == 0) return;
  if (members_.empty()) since_ms_ = now_ms;
  if (const auto gone = presence_.leave(member, now_ms)) broadcast({&*gone, 1}, member, now_ms, out);
}

void Room::close(MemberId member, CloseCode code, const char* reason, std::int64_t now_ms, Actions& out) {
  out.emplace_back(Close{member, code, reason});
  leave(member, now_ms, out);
}

void Room::close_all(CloseCode code, const char* reason, std::int64_t now_ms, Actions& out) {
  for (const auto& [id, member] : members_) out.emplace_back(Close{id, code, reason});
  members_.clear();
  presence_ = Presence(limits_.presence_clients);
  since_ms_ = now_ms;
}

// --- storage -------------------------------------------------------------------------------------------------------

void Room::loaded(storage::StoreResult<storage::LoadedDoc> result, std::uint64_t client_id, std::int64_t now_ms,
                  Actions& out) {
  if (state_ != State::loading) return;
  since_ms_ = now_ms;
  const auto* failure = std::get_if<storage::StoreError>(&result);
  if (failure && failure->kind != storage::StoreError::Kind::corrupt) {
    out.emplace_back(Note{"load failed: " + failure->what});
    state_ = State::empty;
    return close_all(CloseCode::try_again, "document cannot be loaded now", now_ms, out);
  }
  const std::string fault = failure ? failure->what : replay(std::get<storage::LoadedDoc>(result), client_id);
  if (!fault.empty()) {
    out.emplace_back(Note{"document refused: " + fault});
    state_ = State::failed;
    return close_all(CloseCode::internal_error, "document cannot be loaded", now_ms, out);
  }
  state_ = State::ready;

  std::vector<MemberId> joiners;
  for (const auto& [id, member] : members_) joiners.push_back(id);
  for (const MemberId id : joiners) open(members_.at(id), now_ms, out);
  for (const MemberId id : joiners) {
    const auto joiner = members_.find(id);
    if (joiner == members_.end()) continue;
    const std::vector<Bytes> waiting = std::exchange(joiner->second.waiting, {});
    joiner->second.waiting_bytes = 0;
    for (const Bytes& frame : waiting) receive(id, frame, now_ms, out);
  }
}

std::string Room::replay(const storage::LoadedDoc& stored, std::uint64_t client_id) {
  Doc doc({.client_id = client_id});
  if (!stored.snapshot.empty()) {
    const auto applied = doc.apply_update(stored.snapshot);
    if (!applied) return "snapshot " + std::to_string(stored.snapshot_seq) + ": " + applied.error().message();
  }
  tail_updates_ = tail_bytes_ = 0;
  for (const storage::LogEntry& entry : stored.tail) {
    const auto applied = doc.apply_update(entry.update);
    if (!applied) return "update " + std::to_string(entry.seq) + ": " + applied.error().message();
    ++tail_updates_;
    tail_bytes_ += entry.update.size();
  }
  doc.limit_work(limits_.update_steps);
  doc_ = std::move(doc);
  base_seq_ = stored.head_seq;
  base_appended_ = appended_;
  return {};
}

void Room::append(MemberId by, storage::SharedBytes update, Actions& out) {
  ++appended_;
  ++tail_updates_;
  tail_bytes_ += update->size();
  out.emplace_back(Append{by, std::move(update)});
}

void Room::committed(std::size_t count, bool failed, std::int64_t now_ms, Actions& out) {
  durable_ += count;
  if (failed) {
    out.emplace_back(Note{"commit failed: " + std::to_string(count) + " updates are not acknowledged"});
    if (state_ == State::ready) {
      close_all(CloseCode::try_again, "edits could not be saved", now_ms, out);
      forget_document();
    }
  }
  for (auto& [id, member] : members_) acknowledge(member, now_ms, out);
  if (state_ == State::ready) tell_all(Durable{seq_of(durable_)}, out);
  if (draining_) finish_drain(now_ms, out);
}

void Room::put_snapshot(std::int64_t now_ms, Actions& out) {
  out.emplace_back(PutSnapshot{std::make_shared<const Bytes>(doc_->encode_state())});
  tail_updates_ = tail_bytes_ = 0;
  snapshot_ms_ = now_ms;
}

// So that the next load need not replay much.
void Room::put_farewell_snapshot(std::int64_t now_ms, Actions& out) {
  if (tail_updates_ > limits_.farewell_updates || tail_bytes_ > limits_.farewell_bytes) put_snapshot(now_ms, out);
}

void Room::forget_document() {
  watches_.clear();
  doc_.reset();
  presence_ = Presence(limits_.presence_clients);
  tail_updates_ = tail_bytes_ = 0;
  state_ = State::empty;
}

// --- time ----------------------------------------------------------------------------------------------------------

void Room::tick(std::int64_t now_ms, Actions& out) {
  std::vector<MemberId> stalled;
  for (auto& [id, member] : members_) {
    if (member.queued_bytes > 0 && now_ms - member.progress_ms >= limits_.stalled_timeout_ms) {
      stalled.push_back(id);
    } else if (!member.lag && !member.takes_events() && now_ms - member.sent_ms >= limits_.heartbeat_ms) {
      send(member, {Kind::awareness, empty_awareness}, now_ms, out);
    }
  }
  for (const MemberId id : stalled) close(id, CloseCode::try_again, "reads too slowly", now_ms, out);

  if (state_ == State::failed && now_ms - since_ms_ >= limits_.failed_load_ms) state_ = State::empty;
  if (state_ != State::ready) return;
  const std::vector<AwarenessEntry> outdated = presence_.expire(now_ms);
  if (!outdated.empty()) broadcast(outdated, no_member, now_ms, out);

  const bool idle = members_.empty() && appended_ == durable_ && now_ms - since_ms_ >= limits_.linger_ms;
  if (idle) {
    put_farewell_snapshot(now_ms, out);
    forget_document();
  } else if (now_ms - snapshot_ms_ >= limits_.snapshot_pause_ms &&
             (tail_updates_ >= limits_.snapshot_updates || tail_bytes_ >= limits_.snapshot_bytes)) {
    put_snapshot(now_ms, out);
  }
}

void Room::drain(std::int64_t now_ms, Actions& out) {
  draining_ = true;
  finish_drain(now_ms, out);
}

void Room::finish_drain(std::int64_t now_ms, Actions& out) {
  if (appended_ != durable_) return;
  if (state_ == State::ready) put_farewell_snapshot(now_ms, out);
  close_all(CloseCode::going_away, "server shuts down", now_ms, out);
}

std::string Room::check() const {
  if (durable_ > appended_) return "more is durable than was appended";
  if (doc_.has_value() != (state_ == State::ready)) return "a document in memory, but not ready, or the reverse";
  if (const char* broken = presence_.check()) return broken;
  for (const auto& [id, member] : members_) {
    std::size_t owed_bytes = 0;
    std::uint64_t ticket = 0;
    for (const Owed& owed : member.owed) {
      owed_bytes += owed.bytes();
      if (owed.ticket > appended_) return "an acknowledgement waits for an append that was not made";
      if (owed.ticket < ticket) return "acknowledgements out of order";
      ticket = owed.ticket;
    }
    if (owed_bytes != member.owed_bytes) return "owed bytes miscounted";
    if (member.lag && member.queued_bytes == 0) return "a member lags whose queue is empty";
    if (!member.lag && member.queued_bytes > limits_.queue_bytes) return "a queue past its bound";
    if (state_ == State::ready && !member.waiting.empty()) return "frames wait although the document is there";
  }
  return {};
}

}  // namespace stet::net
