// Members without frames: what they are told, and what they do. See room.hpp and room_event.hpp.
#include <algorithm>
#include <charconv>
#include <utility>

#include "net/rooms/edit_tags.hpp"
#include "net/rooms/room.hpp"
#include "stet/lib0.hpp"

namespace stet::net {
namespace {

constexpr std::int64_t people_pause_ms = 100;    // who is there is told no more often
constexpr std::int64_t renewal_ms = 15'000;      // presence expires unless it is renewed
constexpr std::size_t most_remembered = 10'000;  // sessions that have left

SharedEvent shared(RoomEvent event) { return std::make_shared<const RoomEvent>(std::move(event)); }

// In the log: which edit of which session. A session goes on over reconnections, so it is not the connection's.
std::string edit_tag(MemberId session) { return thin_edit_tag + std::to_string(session) + '/'; }

std::string tags_of(MemberId session, const TextEdit& edit) {
  const std::string own = edit_tag(session) + std::to_string(edit.id);
  const std::string told = agent_tags(edit.agent, edit.asked_by);
  return told.empty() ? own : own + '\n' + told;
}

// The id of an edit of that session; 0 for other updates.
std::uint64_t edit_id(const storage::LogEntry& entry, MemberId session) {
  std::uint64_t id = 0;
  const std::string tag = edit_tag(session);
  if (!entry.tags.starts_with(tag)) return id;
  std::from_chars(entry.tags.data() + tag.size(), entry.tags.data() + entry.tags.size(), id);
  return id;
}

std::uint64_t person_id(MemberId member) { return member & max_safe_integer; }

}  // namespace

// --- watching ------------------------------------------------------------------------------------------------------

Room::Watch& Room::watch(const std::string& root) {
  std::unique_ptr<Watch>& watch = watches_[root];
  if (watch) return *watch;
  watch =
      std::make_unique<Watch>(Watch{doc_->text(root), TextHistory(seq_of(appended_), limits_.history_bytes), {}, {}});
  watch->changes = watch->text.observe(
      [seen = watch.get()](const Event& event) { seen->delta = compose(seen->delta, text_delta(event.delta())); });
  return *watch;
}

// The member, if it was told Opened.
Room::Member* Room::open_watcher(MemberId member) {
  const auto at = members_.find(member);
  if (at == members_.end() || !at->second.takes_events() || !at->second.watcher->is_open) return nullptr;
  return state_ == State::ready && !draining_ ? &at->second : nullptr;
}

void Room::remember_edits(const Member& member) {
  if (!member.takes_events() || member.watcher->last_edit == 0) return;
  if (last_edits_.size() == most_remembered) last_edits_.erase(last_edits_.begin());
  last_edits_[member.profile.session] = member.watcher->last_edit;
}

// Tells the member Opened. What it asks of a former epoch is read first; then this is called again.
void Room::open_watcher(Member& member, std::int64_t now_ms, Actions& out) {
  Watcher& watcher = *member.watcher;
  const std::optional<Known>& known = member.profile.known;
  if (watches_.size() == limits_.watched_roots && !watches_.contains(member.profile.root)) {
    return close(member.id, CloseCode::try_again, "too many roots of the document are watched", now_ms, out);
  }
  Watch& watched = watch(member.profile.root);
  const std::uint64_t version = seq_of(appended_);
  if (member.profile.session == 0) {
    member.profile.session = member.id;
    watcher.has_read_log = true;
  } else {
    // The connection before may not be known to be gone.
    const auto before = std::find_if(members_.begin(), members_.end(), [&](const auto& other) {
      return other.first != member.id && other.second.takes_events() &&
             other.second.profile.session == member.profile.session;
    });
    if (before != members_.end()) close(before->first, CloseCode::policy, "its session goes on elsewhere", now_ms, out);
  }
  if (const auto left = last_edits_.find(member.profile.session); left != last_edits_.end()) {
    watcher.last_edit = left->second;
    watcher.has_read_log = true;
  }
  if (known && !watcher.has_read_log) {
    out.emplace_back(ReadLog{member.id, known->durable});
    return;
  }
  const bool is_same = known && (known->epoch == epoch_ || known->version <= known->durable);
  std::optional<TextDelta> delta = is_same ? watched.history.since(known->version) : std::nullopt;
  if (!delta && watcher.text) delta = difference(*watcher.text, plain_text(watched.text));
  if (!delta && is_same && known->version <= known->durable && known->version < version && known->version > 0) {
    out.emplace_back(LoadAt{member.id, known->version});
    return;
  }
  watcher.is_open = true;
  watcher.text.reset();
  Opened opened{member.profile.root,
                member.profile.session,
                person_id(member.id),
                epoch_,
                version,
                seq_of(durable_),
                std::nullopt,
                {},
                watcher.last_edit};
  if (delta) {
    opened.delta = std::move(*delta);
  } else {
    opened.text = plain_text(watched.text);
  }
  out.emplace_back(Tell{member.id, shared(std::move(opened))});
  out.emplace_back(
      Tell{member.id, shared(People{version, people_of(*doc_, member.profile.root, presence_.present(), limits_)})});
}

void Room::recalled(MemberId id, storage::StoreResult<storage::LoadedDoc> result, std::int64_t now_ms, Actions& out) {
  const auto at = members_.find(id);
  if (at == members_.end() || state_ != State::ready) return;
  Member& member = at->second;
  Doc then;
  const auto* stored = std::get_if<storage::LoadedDoc>(&result);
  bool is_whole = stored && (stored->snapshot.empty() || then.apply_update(stored->snapshot).ok());
  if (stored) {
    for (const storage::LogEntry& entry : stored->tail) is_whole = is_whole && then.apply_update(entry.update).ok();
  }
  // Without it the member gets the whole text.
  if (is_whole && stored->seq() == member.profile.known->version) {
    member.watcher->text = plain_text(then.text(member.profile.root));
  } else {
    member.profile.known.reset();
  }
  open_watcher(member, now_ms, out);
}

void Room::recalled(MemberId id, storage::StoreResult<storage::LogPage> result, std::int64_t now_ms, Actions& out) {
  const auto at = members_.find(id);
  if (at == members_.end() || state_ != State::ready) return;
  Member& member = at->second;
  const auto* page = std::get_if<storage::LogPage>(&result);
  if (!page) {
    out.emplace_back(Note{"cannot read the log: " + std::get<storage::StoreError>(result).what});
    return close(id, CloseCode::try_again, "the log cannot be read now", now_ms, out);
  }
  for (const storage::LogEntry& entry : page->entries) {
    member.watcher->last_edit = std::max(member.watcher->last_edit, edit_id(entry, member.profile.session));
  }
  if (!page->entries.empty() && page->entries.back().seq < page->head_seq) {
    out.emplace_back(ReadLog{id, page->entries.back().seq});
    return;
  }
  member.watcher->has_read_log = true;
  open_watcher(member, now_ms, out);
}

void Room::catch_up(MemberId id, std::uint64_t version, Actions& out) {
  Member* member = open_watcher(id);
  if (!member) return;
  Watch& watched = watch(member->profile.root);
  const std::uint64_t newest = seq_of(appended_);
  CaughtUp caught_up{epoch_, newest, std::nullopt, {}};
  if (auto delta = watched.history.since(version)) {
    caught_up.delta = std::move(*delta);
  } else {
    caught_up.text = plain_text(watched.text);
  }
  out.emplace_back(Tell{id, shared(std::move(caught_up))});
  out.emplace_back(Tell{id, shared(Durable{seq_of(durable_)})});
  out.emplace_back(
      Tell{id, shared(People{newest, people_of(*doc_, member->profile.root, presence_.present(), limits_)})});
}

// --- telling -------------------------------------------------------------------------------------------------------

// One event for all who watch the same root. The one who edited is told Accepted where its edit has an id.
void Room::tell_updated(MemberId by, std::uint64_t edit_id, Actions& out) {
  if (watches_.empty()) return;
  const std::uint64_t version = seq_of(appended_);
  std::map<std::string_view, SharedEvent> events;
  for (const auto& [root, watch] : watches_) {
    watch->history.push(version, watch->delta);
    events[root] = shared(Changed{version, std::exchange(watch->delta, {})});
  }
  for (const auto& [id, member] : members_) {
    if (!member.takes_events() || !member.watcher->is_open) continue;
    const SharedEvent& changed = events.at(member.profile.root);
    const TextDelta& delta = std::get<Changed>(*changed).delta;
    if (id == by && edit_id != 0) {
      out.emplace_back(Tell{id, shared(Accepted{edit_id, version, delta})});
    } else if (!delta.empty()) {
      out.emplace_back(Tell{id, changed});
    }
  }
}

void Room::tell_all(const RoomEvent& event, Actions& out) {
  if (watches_.empty()) return;
  const SharedEvent once = shared(event);
  for (const auto& [id, member] : members_) {
    if (member.takes_events() && member.watcher->is_open) out.emplace_back(Tell{id, once});
  }
}

void Room::tell_people(std::int64_t now_ms, Actions& out) {
  if (watches_.empty()) return;
  people_changed_ = now_ms - people_ms_ < people_pause_ms;
  if (people_changed_) return;
  people_ms_ = now_ms;
  std::map<std::string_view, SharedEvent> events;
  for (const auto& [id, member] : members_) {
    if (!member.takes_events() || !member.watcher->is_open) continue;
    SharedEvent& event = events[member.profile.root];
    if (!event) {
      event = shared(People{seq_of(appended_), people_of(*doc_, member.profile.root, presence_.present(), limits_)});
    }
    out.emplace_back(Tell{id, event});
  }
}

void Room::tick_watchers(std::int64_t now_ms, Actions& out) {
  for (auto& [id, member] : members_) {
    if (!member.takes_events() || member.watcher->state.empty()) continue;
    if (now_ms - member.watcher->shown_ms >= renewal_ms) show(member, now_ms, out);
  }
  if (people_changed_) tell_people(now_ms, out);
}

// --- what waits for their edits --------------------------------------------------------------------------------------

// One state waits for each member, the one that it asked for last.
void Room::send_state(Member& member, const Frame& state, std::int64_t now_ms, Actions& out) {
  if (held_.empty()) return send(member, state, now_ms, out);
  const auto outdated = std::ranges::remove_if(held_, [&](const Held& held) { return held.to == member.id; });
  held_.erase(outdated.begin(), outdated.end());
  held_.push_back({held_.back().ticket, {}, member.id, state});
}

void Room::release_held(std::int64_t now_ms, Actions& out) {
  while (!held_.empty() && held_.front().ticket <= durable_) {
    const Held held = std::move(held_.front());
    held_.pop_front();
    if (held.edit) {
      relay({no_member, held.edit}, now_ms, out);
    } else if (const auto at = members_.find(held.to); at != members_.end()) {
      if (at->second.lag) {
        at->second.lag->missed = true;
      } else {
        send(at->second, held.state, now_ms, out);
      }
    }
  }
}

// --- what they do --------------------------------------------------------------------------------------------------

void Room::splice(MemberId id, const TextEdit& edit, std::int64_t now_ms, Actions& out) {
  const auto refuse = [&](Refusal code) { out.emplace_back(Tell{id, shared(Refused{edit.id, code})}); };
  Member* member = open_watcher(id);
  if (!member) return refuse(Refusal::not_open);
  if (member->profile.is_read_only) return refuse(Refusal::read_only);
  Watch& watched = watch(member->profile.root);
  if (edit.id <= member->watcher->last_edit) {  // sent again, and applied before
    out.emplace_back(Tell{id, shared(Accepted{edit.id, seq_of(appended_), {}})});
    return;
  }
  if (!is_text_delta(edit.delta, max_safe_integer)) return refuse(Refusal::bad_splices);
  const std::optional<TextDelta> delta = watched.history.rebase(edit.delta, edit.version);
  if (!delta) return refuse(Refusal::stale_version);
  if (!is_text_delta(*delta, watched.text.length())) return refuse(Refusal::bad_splices);
  for (const Splice& splice : *delta) {
    if (overfills_document(as_bytes(splice.inserted), now_ms)) return refuse(Refusal::document_full);
    if (cuts_pair(watched.text, splice.position) || cuts_pair(watched.text, splice.position + splice.erased)) {
      return refuse(Refusal::cut_pair);
    }
  }
  member->watcher->last_edit = edit.id;
  storage::SharedBytes update;
  const Subscription updates = doc_->on_update([&update](ByteView bytes, const TransactionInfo&) {
    update = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  });
  doc_->transact([&] {
    for (auto splice = delta->rbegin(); splice != delta->rend(); ++splice) {
      watched.text.erase(splice->position, splice->erased);
      watched.text.insert(splice->position, splice->inserted);
    }
  });
  if (update) {
    append(id, update, tags_of(member->profile.session, edit), out);
    held_.push_back({appended_, std::move(update), no_member, {}});
    return tell_updated(id, edit.id, out);
  }
  const bool has_work = std::any_of(delta->begin(), delta->end(),
                                    [](const Splice& splice) { return splice.erased > 0 || !splice.inserted.empty(); });
  if (has_work) return refuse(Refusal::document_full);
  out.emplace_back(Tell{id, shared(Accepted{edit.id, seq_of(appended_), {}})});
}

void Room::present(MemberId id, Person person, std::int64_t now_ms, Actions& out) {
  Member* member = open_watcher(id);
  if (!member) return;
  person.id = person_id(id);
  member->watcher->state = awareness_state(*doc_, member->profile.root, person);
  show(*member, now_ms, out);
}

// The member's presence, said or said again.
void Room::show(Member& member, std::int64_t now_ms, Actions& out) {
  const std::uint64_t id = person_id(member.id);
  const AwarenessEntry* known = presence_.find(id);
  const AwarenessEntry entry{id, (known ? known->clock : 0) + 1, member.watcher->state};
  member.watcher->shown_ms = now_ms;
  take_presence(member, {&entry, 1}, now_ms, out);
}

}  // namespace stet::net
