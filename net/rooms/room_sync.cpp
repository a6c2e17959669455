// What the members of a room say, and what they are told. See room.hpp.
#include <algorithm>
#include <cassert>
#include <utility>

#include "net/protocols/hocuspocus_protocol.hpp"
#include "net/rooms/room.hpp"
#include "stet/snapshot.hpp"

namespace stet::net {
namespace {

// The empty update has nothing that could wait; it asks whether all before it is durable.
bool is_empty(ByteView update) { return update.size() <= 2; }

}  // namespace

void Room::open(Member& member, std::int64_t now_ms, Actions& out) {
  member.presence_joined = presence_.changes();
  if (member.takes_events()) return open_watcher(member, now_ms, out);
  if (member.profile.dialect != Dialect::hocuspocus) send_step1(member, now_ms, out);
  send_presence(member, now_ms, out);
}

void Room::handle(Member& member, ByteView frame, std::int64_t now_ms, Actions& out) {
  const auto message = decode(member.profile.dialect, frame);
  if (!message) return refuse(member, message.error(), now_ms, out);
  switch (message->kind) {
    case Kind::step2:
      return on_update(member, message->payload, true, now_ms, out);
    case Kind::update:
      return on_update(member, message->payload, false, now_ms, out);
    case Kind::awareness:
      return on_awareness(member, message->payload, now_ms, out);
    case Kind::sync_status:
      return on_sync_status(member, message->payload, now_ms, out);
    case Kind::stateless:
      return on_stateless(member, message->payload, now_ms, out);
    case Kind::step1:
    case Kind::query_awareness:
    case Kind::denied:
    case Kind::unknown:
      break;
  }
  if (!member.requests.take(now_ms)) {
    return close(member.id, CloseCode::try_again, "too many requests", now_ms, out);
  }
  if (message->kind == Kind::step1) return on_step1(member, message->payload, now_ms, out);
  if (message->kind == Kind::query_awareness) send_presence(member, now_ms, out);
}

void Room::refuse(Member& member, const Error& error, std::int64_t now_ms, Actions& out) {
  out.emplace_back(Note{"refused a message: " + error.message()});
  close(member.id, CloseCode::bad_content, error.what, now_ms, out);
}

// --- sync ----------------------------------------------------------------------------------------------------------

void Room::on_step1(Member& member, ByteView state_vector, std::int64_t now_ms, Actions& out) {
  if (member.lag) {  // answered when the member has taken what is queued for it
    member.lag->state_vector.assign(state_vector.begin(), state_vector.end());
    member.lag->missed = true;
    member.lag->asked = true;
    return;
  }
  send_diff(member, state_vector, true, now_ms, out);
}

void Room::send_step1(Member& member, std::int64_t now_ms, Actions& out) {
  send(member, {Kind::step1, doc_->encode_state_vector()}, now_ms, out);
}

// Step 2. A provider of Hocuspocus that asked for it wants a step 1 before it, and counts on the answer that it gives.
void Room::send_diff(Member& member, ByteView state_vector, bool asked, std::int64_t now_ms, Actions& out) {
  const bool wants_all = state_vector.size() == 1 && state_vector[0] == 0;
  member.told = news_.end();  // all of it is in the difference
  auto diff = wants_all && full_state_ ? Result<Bytes>(Bytes{}) : doc_->encode_diff(state_vector);
  if (!diff) return refuse(member, diff.error(), now_ms, out);
  if (wants_all && !full_state_) full_state_ = std::make_unique<FullState>(std::move(*diff));
  if (asked && member.profile.dialect == Dialect::hocuspocus) send_step1(member, now_ms, out);
  if (member.lag) {  // since that step 1
    member.lag->state_vector.assign(state_vector.begin(), state_vector.end());
    member.lag->missed = true;
  } else if (wants_all) {
    send_state(member, full_state_->message.frame_for(member.profile), now_ms, out);
  } else {
    send_state(member, encode({Kind::step2, *diff}, member.profile), now_ms, out);
  }
}

void Room::on_update(Member& member, ByteView update, bool step2, std::int64_t now_ms, Actions& out) {
  if (member.profile.is_read_only) return decline_update(member, update, step2, now_ms, out);
  const bool had_pending = doc_->has_pending();
  const std::uint64_t pending_bytes = had_pending ? doc_->stats().pending_bytes : 0;
  if (pending_bytes + update.size() > limits_.pending_bytes && overfills_pending(update)) {
    return refuse(member, {ErrorCode::too_large, 0, "too much waits for missing parts"}, now_ms, out);
  }
  if (overfills_document(update, now_ms)) {
    return refuse(member, {ErrorCode::too_large, 0, "the document is full"}, now_ms, out);
  }
  auto applied = doc_->apply_update(update);
  if (!applied) return refuse(member, applied.error(), now_ms, out);

  // Parts that wait are logged as they came: replayed in the same order they wait again. They are not relayed before
  // they are integrated.
  const bool left_parts = applied->pending && doc_->stats().pending_bytes > pending_bytes;
  Frame echo;
  if (applied->changed || left_parts) {
    const auto given = std::make_shared<const Bytes>(update.begin(), update.end());
    const bool as_given = applied->exact || !applied->changed;
    const auto integrated = as_given ? given : std::make_shared<const Bytes>(std::move(applied->update));
    if (applied->changed) {
      const bool is_plain = member.profile.address.empty();
      if (as_given && is_plain) echo = encode({Kind::update, *integrated}, member.profile);
      // Parts of others that it completed were relayed to nobody yet: its sender lacks them, too.
      relay({had_pending && !as_given ? no_member : member.id, integrated, echo}, now_ms, out);
    }
    append(member.id, left_parts ? given : integrated, member.profile.tags, out);
    tell_updated(member.id, 0, out);
  }
  if (had_pending && !doc_->has_pending()) release_parts();

  const bool repeats_parts = applied->pending && !applied->changed && !is_empty(update);
  if (step2) note_answer(member);
  const bool waits_for_parts = left_parts || repeats_parts;
  switch (member.profile.dialect) {
    case Dialect::y_websocket:
      if (step2 && !applied->changed && !left_parts) return acknowledge(member, now_ms, out);
      if (!echo) echo = encode({Kind::update, update}, member.profile);
      return owe(member, {std::move(echo), appended_, waits_for_parts}, now_ms, out);
    case Dialect::hocuspocus:  // one for each, whatever it brought
      return owe(member, {hocuspocus::sync_status(member.profile.address), appended_, waits_for_parts}, now_ms, out);
    case Dialect::y_sweet:  // told by the sync status that follows; what waits for parts has to hold that back
      if (!waits_for_parts) return acknowledge(member, now_ms, out);
      return owe(member, {encode({Kind::awareness, no_awareness}, member.profile), appended_, true}, now_ms, out);
    case Dialect::events:
      return;
  }
}

void Room::note_answer(Member& member) {
  if (std::exchange(member.answered, true)) return;
  member.answer_ticket = appended_;
}

// Of a read-only member nothing is applied. Its answer to our step 1 is no edit where it holds nothing new.
void Room::decline_update(Member& member, ByteView update, bool step2, std::int64_t now_ms, Actions& out) {
  bool is_known = is_empty(update) && !member.was_declined;
  if (step2 && !is_empty(update)) {
    if (!member.requests.take(now_ms)) {
      return close(member.id, CloseCode::try_again, "too many requests", now_ms, out);
    }
    const auto known = snapshot_contains_update(take_snapshot(*doc_), update);
    if (!known) return refuse(member, known.error(), now_ms, out);
    is_known = *known;
  }
  if (!is_known) member.was_declined = true;
  if (step2) note_answer(member);
  if (member.profile.dialect == Dialect::hocuspocus) {
    return owe(member, {hocuspocus::sync_status(member.profile.address, is_known), appended_}, now_ms, out);
  }
  if (!is_known) {
    const Message denied{Kind::denied, as_bytes("this session is read-only")};
    return owe(member, {encode(denied, member.profile), appended_}, now_ms, out);
  }
  if (step2 || member.profile.dialect == Dialect::y_sweet) return acknowledge(member, now_ms, out);
  owe(member, {encode({Kind::update, update}, member.profile), appended_}, now_ms, out);
}

void Room::on_sync_status(Member& member, ByteView version, std::int64_t now_ms, Actions& out) {
  const bool is_told = member.answered && member.owed.empty() && durable_ == appended_ && !member.was_declined;
  // Otherwise its client waits for any message, and not for long.
  if (!is_told && !member.lag) send(member, {Kind::awareness, no_awareness}, now_ms, out);
  if (member.was_declined) return;
  owe(member, {encode({Kind::sync_status, version}, member.profile), appended_, false}, now_ms, out);
}

// Whether the document would hold more pending bytes than it may. Tried on a copy, and only where the size alone does
// not exclude it: what has waited inside a document cannot be taken out again.
bool Room::overfills_pending(ByteView update) const {
  Doc copy;
  if (!copy.apply_update(doc_->encode_state()) || !copy.apply_update(update)) return false;
  return copy.stats().pending_bytes > limits_.pending_bytes;
}

// Measured again where the sum of the updates alone would exceed it.
bool Room::overfills_document(ByteView update, std::int64_t now_ms) {
  if (state_bytes_ + update.size() <= limits_.document_bytes) return false;
  if (now_ms - measured_ms_ >= limits_.snapshot_pause_ms) {
    state_bytes_ = doc_->encode_state().size();
    measured_ms_ = now_ms;
  }
  return state_bytes_ + update.size() > limits_.document_bytes;
}

// --- news ----------------------------------------------------------------------------------------------------------

void Room::relay(NewsItem item, std::int64_t now_ms, Actions& out) {
  if (members_.size() == 1 && item.maker != no_member) return;
  gathered_bytes_ += item.update->size();
  news_.add(std::move(item));
  if (gathered_bytes_ > limits_.merge_bytes) return tell_news(now_ms, out);
  ask_for_end_of_turn(out);
}

void Room::ask_for_end_of_turn(Actions& out) {
  if (!std::exchange(ends_turn_, true)) out.emplace_back(EndTurn{});
}

void Room::end_turn(std::int64_t now_ms, Actions& out) {
  ends_turn_ = false;
  tell_news(now_ms, out);
}

void Room::tell_news(std::int64_t now_ms, Actions& out) {
  gathered_bytes_ = 0;
  std::map<std::uint64_t, MergedNews> merged;  // by the number of the first
  for (auto& [id, member] : members_) {
    if (member.told == news_.end() || waits(member)) continue;
    tell_news(member, merged.try_emplace(member.told, news_.from(member.told)).first->second, now_ms, out);
  }
  forget_news();
}

// It has enough to read, and what came since is not yet too much to be kept for it.
bool Room::waits(const Member& member) const {
  return !member.lag && member.queued_bytes > limits_.merge_bytes &&
         member.queued_bytes + news_.bytes_from(member.told) <= limits_.queue_bytes;
}

void Room::tell_news(Member& member, MergedNews& news, std::int64_t now_ms, Actions& out) {
  member.told = news_.end();
  if (member.takes_events()) return;
  if (member.lag) {
    member.lag->missed = true;
  } else {
    news.give(member.id, member.profile, [&](Frame frame) { push(member, std::move(frame), now_ms, out); });
    bound_queue(member, now_ms, out);
  }
}

// What all were told.
void Room::forget_news() {
  std::uint64_t told = news_.end();
  for (const auto& [id, member] : members_) told = std::min(told, member.told);
  news_.forget_before(told);
}

// --- acknowledgements ----------------------------------------------------------------------------------------------

void Room::owe(Member& member, Owed owed, std::int64_t now_ms, Actions& out) {
  member.owed_bytes += owed.bytes();
  member.owed.push_back(std::move(owed));
  acknowledge(member, now_ms, out);
  if (member.owed_bytes > limits_.owed_bytes) {
    close(member.id, CloseCode::try_again, "too much waits for its commit", now_ms, out);
  }
}

void Room::release_parts() {
  for (auto& [id, member] : members_) {
    bool behind = false;
    for (Owed& owed : member.owed) {
      behind = behind || owed.waits_for_parts;
      // What completed the parts is in the log by now, and has to be durable as well.
      if (behind) owed.ticket = appended_;
      owed.waits_for_parts = false;
    }
  }
}

void Room::acknowledge(Member& member, std::int64_t now_ms, Actions& out) {
  if (!member.answered || durable_ < member.answer_ticket) return;
  while (!member.lag && !member.owed.empty()) {
    Owed& owed = member.owed.front();
    if (owed.ticket > durable_ || owed.waits_for_parts) return;
    member.owed_bytes -= owed.bytes();
    Frame frame = std::move(owed.frame);
    member.owed.pop_front();
    send(member, std::move(frame), now_ms, out, Hurry::soon);
  }
}

// --- stateless -----------------------------------------------------------------------------------------------------

// To everybody else, and to nobody twice: who lags misses it.
void Room::on_stateless(Member& member, ByteView text, std::int64_t now_ms, Actions& out) {
  tell_news(now_ms, out);
  SharedMessage message({Kind::stateless, text});
  for (auto& [id, other] : members_) {
    if (id == member.id || other.profile.dialect != Dialect::hocuspocus || other.lag) continue;
    send(other, message.frame_for(other.profile), now_ms, out);
  }
}

// --- presence ------------------------------------------------------------------------------------------------------

void Room::on_awareness(Member& member, ByteView payload, std::int64_t now_ms, Actions& out) {
  const auto entries = decode_awareness(payload);
  if (!entries) return refuse(member, entries.error(), now_ms, out);
  take_presence(member, *entries, now_ms, out);
}

void Room::take_presence(Member& member, std::span<const AwarenessEntry> entries, std::int64_t now_ms, Actions& out) {
  const Presence::News news = presence_.receive({member.id, member.answered, member.presence_joined}, entries, now_ms);
  note_presence(news.for_others, member.id);
  note_presence(news.for_all, no_member);
  publish_presence(now_ms, out);
}

void Room::note_presence(std::span<const AwarenessEntry> entries, MemberId except) {
  if (entries.empty()) return;
  news_from_ = presence_news_.empty() || news_from_ == except ? except : no_member;
  for (const AwarenessEntry& entry : entries) presence_news_.insert(entry.client);
}

// At once where members were told nothing for a while, else together with what follows.
void Room::publish_presence(std::int64_t now_ms, Actions& out) {
  const std::int64_t next_ms = presence_told_ms_ ? *presence_told_ms_ + limits_.presence_interval_ms : now_ms;
  if (next_ms <= now_ms) return flush_presence(now_ms, out);
  if (!presence_news_.empty() && !std::exchange(wakes_, true)) out.emplace_back(Wake{next_ms - now_ms});
}

void Room::flush_presence(std::int64_t now_ms, Actions& out) {
  std::vector<AwarenessEntry> entries;
  for (const std::uint64_t client : std::exchange(presence_news_, {})) {
    if (const AwarenessEntry* entry = presence_.find(client)) entries.push_back(*entry);
  }
  if (entries.empty()) return;
  tell_news(now_ms, out);  // where cursors are to stand
  presence_told_ms_ = now_ms;
  const Bytes payload = encode_awareness(entries);
  SharedMessage message({Kind::awareness, payload});
  for (auto& [id, member] : members_) {
    if (id == news_from_ || member.takes_events()) continue;
    if (member.lag) {
      for (const AwarenessEntry& entry : entries) member.lag->presence.insert(entry.client);
    } else {
      send(member, message.frame_for(member.profile), now_ms, out);
    }
  }
  tell_people(now_ms, out);
}

void Room::send_presence(Member& member, std::int64_t now_ms, Actions& out) {
  if (member.lag) {
    for (const AwarenessEntry& entry : presence_.present()) member.lag->presence.insert(entry.client);
    return;
  }
  const std::vector<AwarenessEntry> present = presence_.present();
  if (!present.empty()) send(member, {Kind::awareness, encode_awareness(present)}, now_ms, out);
}

// --- the queue to a member -----------------------------------------------------------------------------------------

void Room::send(Member& member, const Message& message, std::int64_t now_ms, Actions& out) {
  send(member, encode(message, member.profile), now_ms, out);
}

void Room::send(Member& member, Frame frame, std::int64_t now_ms, Actions& out, Hurry hurry) {
  push(member, std::move(frame), now_ms, out, hurry);
  bound_queue(member, now_ms, out);
}

void Room::push(Member& member, Frame frame, std::int64_t now_ms, Actions& out, Hurry hurry) {
  assert(!member.lag);
  if (member.queued_bytes == 0) member.progress_ms = now_ms;
  member.queued_bytes += frame->size();
  member.sent_ms = now_ms;
  out.emplace_back(Send{member.id, std::move(frame), hurry});
}

void Room::bound_queue(Member& member, std::int64_t now_ms, Actions& out) {
  if (member.queued_bytes <= limits_.queue_bytes || !doc_) return;
  if (member.told != news_.end()) {
    MergedNews news(news_.from(member.told));
    return tell_news(member, news, now_ms, out);
  }
  // All that the document holds now was sent to the member, came from it, or will be its answer to a step 1; but not
  // what is held back. Then it gets all.
  member.lag = std::make_unique<Lag>(
      Lag{.state_vector = held_.empty() ? doc_->encode_state_vector() : Bytes{0}, .presence = {}});
}

void Room::catch_up(Member& member, std::int64_t now_ms, Actions& out) {
  Lag lag = std::move(*std::exchange(member.lag, nullptr));
  if (lag.missed) send_diff(member, lag.state_vector, lag.asked, now_ms, out);
  if (member.lag) {  // again: that was much
    member.lag->presence = std::move(lag.presence);
    return;
  }
  std::vector<AwarenessEntry> changed;
  for (const std::uint64_t client : lag.presence) {
    if (const AwarenessEntry* entry = presence_.find(client)) changed.push_back(*entry);
  }
  if (!changed.empty()) send(member, {Kind::awareness, encode_awareness(changed)}, now_ms, out);
  acknowledge(member, now_ms, out);
}

}  // namespace stet::net
