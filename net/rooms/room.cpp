#include "net/rooms/room.hpp"

#include <cassert>
#include <utility>

#include "net/rooms/moment.hpp"

namespace stet::net {
namespace {

constexpr const char* deleted_reason = "the document was deleted";

}  // namespace

void Room::join(MemberId member, const MemberProfile& profile, std::int64_t now_ms, Actions& out) {
  if (draining_) {
    out.emplace_back(Close{member, CloseCode::going_away, going_away_reason});
    return;
  }
  if (state_ == State::failed) {
    out.emplace_back(Close{member, CloseCode::internal_error, "document cannot be loaded"});
    return;
  }
  const auto [at, fresh] = members_.try_emplace(member, member, profile, limits_, now_ms);
  if (!fresh) return;
  at->second.told = news_.end();
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
  if (reader.told != news_.end() && !waits(reader)) ask_for_end_of_turn(out);
}

void Room::leave(MemberId member, std::int64_t now_ms, Actions& out) {
  const auto at = members_.find(member);
  if (at == members_.end()) return;
  remember_edits(at->second);
  members_.erase(at);
  forget_news();
  if (members_.empty()) since_ms_ = now_ms;
  if (const auto gone = presence_.leave(member, now_ms)) note_presence({&*gone, 1}, member);
  flush_presence(now_ms, out);
}

void Room::close(MemberId member, CloseCode code, const char* reason, std::int64_t now_ms, Actions& out) {
  out.emplace_back(Close{member, code, reason});
  leave(member, now_ms, out);
}

void Room::close_all(CloseCode code, const char* reason, std::int64_t now_ms, Actions& out) {
  for (const auto& [id, member] : members_) out.emplace_back(Close{id, code, reason});
  members_.clear();
  forget_news();
  presence_ = Presence(limits_.presence_clients);
  presence_news_.clear();
  since_ms_ = now_ms;
}

// --- storage -------------------------------------------------------------------------------------------------------

void Room::loaded(storage::StoreResult<storage::LoadedDoc> result, std::uint64_t client_id, std::int64_t now_ms,
                  Actions& out) {
  if (state_ != State::loading) return;
  since_ms_ = now_ms;
  const auto* failure = std::get_if<storage::StoreError>(&result);
  if (failure && failure->kind == storage::StoreError::Kind::deleted) {
    state_ = State::empty;
    return close_all(CloseCode::gone, deleted_reason, now_ms, out);
  }
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
  auto doc = doc_of(stored, {.client_id = client_id});
  if (const auto* fault = std::get_if<std::string>(&doc)) return *fault;
  tail_updates_ = stored.tail.size();
  tail_bytes_ = 0;
  for (const storage::LogEntry& entry : stored.tail) tail_bytes_ += entry.update.size();
  doc_ = std::get<Doc>(std::move(doc));
  doc_->limit_work(limits_.update_steps);
  state_bytes_ = stored.snapshot.size() + tail_bytes_;
  epoch_ = client_id;
  base_seq_ = stored.head_seq;
  base_appended_ = appended_;
  return {};
}

void Room::append(MemberId by, storage::SharedBytes update, std::string tags, Actions& out) {
  ++appended_;
  ++tail_updates_;
  tail_bytes_ += update->size();
  state_bytes_ += update->size();
  full_state_.reset();
  out.emplace_back(Append{by, std::move(update), std::move(tags)});
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
  release_held(now_ms, out);
  for (auto& [id, member] : members_) acknowledge(member, now_ms, out);
  if (state_ == State::ready) tell_all(Durable{seq_of(durable_)}, out);
  if (draining_) finish_drain(now_ms, out);
}

void Room::end(std::int64_t now_ms, Actions& out) {
  if (state_ != State::ready) return;  // what is being loaded is refused then
  close_all(CloseCode::gone, deleted_reason, now_ms, out);
  forget_document();
}

void Room::put_snapshot(std::int64_t now_ms, Actions& out) {
  auto state = std::make_shared<const Bytes>(doc_->encode_state());
  state_bytes_ = state->size();
  out.emplace_back(PutSnapshot{std::move(state)});
  tail_updates_ = tail_bytes_ = 0;
  snapshot_ms_ = now_ms;
}

// So that the next load need not replay much.
void Room::put_farewell_snapshot(std::int64_t now_ms, Actions& out) {
  if (tail_updates_ > limits_.farewell_updates || tail_bytes_ > limits_.farewell_bytes) put_snapshot(now_ms, out);
}

void Room::forget_document() {
  watches_.clear();
  held_.clear();
  full_state_.reset();
  last_edits_.clear();
  doc_.reset();
  presence_ = Presence(limits_.presence_clients);
  tail_updates_ = tail_bytes_ = 0;
  state_ = State::empty;
}

// --- time ----------------------------------------------------------------------------------------------------------

void Room::wake(std::int64_t now_ms, Actions& out) {
  wakes_ = false;
  flush_presence(now_ms, out);
}

void Room::tick(std::int64_t now_ms, Actions& out) {
  std::vector<MemberId> stalled;
  for (auto& [id, member] : members_) {
    if (member.queued_bytes > 0 && now_ms - member.progress_ms >= limits_.stalled_timeout_ms) {
      stalled.push_back(id);
    } else if (!member.lag && !member.takes_events() && now_ms - member.sent_ms >= limits_.heartbeat_ms) {
      send(member, {Kind::awareness, no_awareness}, now_ms, out);
    }
  }
  for (const MemberId id : stalled) close(id, CloseCode::try_again, "reads too slowly", now_ms, out);

  if (state_ == State::failed && now_ms - since_ms_ >= limits_.failed_load_ms) state_ = State::empty;
  if (state_ != State::ready) return;
  full_state_.reset();
  note_presence(presence_.expire(now_ms), no_member);
  flush_presence(now_ms, out);
  tick_watchers(now_ms, out);

  if (idle_ms(now_ms).value_or(0) >= limits_.linger_ms) {
    unload(now_ms, out);
  } else if (now_ms - snapshot_ms_ >= limits_.snapshot_pause_ms &&
             (tail_updates_ >= limits_.snapshot_updates || tail_bytes_ >= limits_.snapshot_bytes)) {
    put_snapshot(now_ms, out);
  }
}

std::optional<std::int64_t> Room::idle_ms(std::int64_t now_ms) const {
  if (state_ != State::ready || !members_.empty() || appended_ != durable_) return std::nullopt;
  return now_ms - since_ms_;
}

std::size_t Room::memory_bytes() const {
  constexpr std::size_t bytes_an_item = 48;
  return doc_ ? state_bytes_ + doc_->stats().items * bytes_an_item : 0;
}

void Room::unload(std::int64_t now_ms, Actions& out) {
  put_farewell_snapshot(now_ms, out);
  forget_document();
}

void Room::drain(std::int64_t now_ms, Actions& out) {
  draining_ = true;
  tell_news(now_ms, out);
  finish_drain(now_ms, out);
}

void Room::finish_drain(std::int64_t now_ms, Actions& out) {
  if (appended_ != durable_) return;
  if (state_ == State::ready) put_farewell_snapshot(now_ms, out);
  close_all(CloseCode::going_away, going_away_reason, now_ms, out);
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
    if (member.told > news_.end()) return "a member was told more than there is";
    if (!ends_turn_ && member.told != news_.end() && member.queued_bytes <= limits_.merge_bytes) {
      return "a member waits for news, and nothing will tell it";
    }
    if (state_ == State::ready && !member.waiting.empty()) return "frames wait although the document is there";
  }
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i].ticket <= durable_) return "something is held back although it is durable";
    if (i > 0 && held_[i].ticket < held_[i - 1].ticket) return "held back out of order";
  }
  return {};
}

}  // namespace stet::net
