// Rooms in a tiny notation. What a room wants done is one line of words:
//   load  snapshot        asks for the document, gives a snapshot
//   wake50                wants to be woken after 50 ms
//   a<step1  a<diff       step 1 and step 2 to member a
//   b<u1                  the update named u1 (relayed, or acknowledged) to member b; b<? is one without a name
//   b<7@3x                awareness of client 7 at clock 3 with state "x"; 7@3- removes; b<beat is the heartbeat
//   e~open2"xx"           member e, which takes events, has joined, at version 2; e~open2(1+x)#3: by what came since
//                         the version that it knew, and its edit 3 was the last that is there
//   e~3(1+x 4-2)          version 3: x came at 1, two units at 4 went; e~caught3(1+x)
//   e~#7@3(1+x)           its edit 7 was accepted as that; e~#7!stale refused
//   e~durable3  e~people,Ada1-2
//   +u1                   appended to the log
//   a<denied              an edit of a read-only member was declined
//   h<saved  h<unsaved  s<status7  a SyncStatus of Hocuspocus; the sync status 7 of y-sweet, echoed; h<says:x a
//   stateless message a!4400                member a is closed
#pragma once

#include <map>
#include <string>

#include "catch.hpp"
#include "net/protocols/hocuspocus_protocol.hpp"
#include "net/protocols/yws_protocol.hpp"
#include "net/rooms/room.hpp"
#include "net_typist.hpp"
#include "stet/lib0.hpp"

using namespace stet;  // in headers of tests only
using namespace stet::net;

namespace {

std::string show_awareness(ByteView payload) {
  std::string out;
  const auto entries = decode_awareness(payload);
  REQUIRE(entries.ok());
  for (const AwarenessEntry& entry : *entries) {
    const std::string state = entry.removed() ? "-" : entry.state.substr(1, entry.state.size() - 2);
    out += (out.empty() ? "" : ",") + std::to_string(entry.client) + '@' + std::to_string(entry.clock) + state;
  }
  return out.empty() ? "beat" : out;
}

class Stage {
 public:
  Limits limits = [] {
    Limits all;
    all.presence_interval_ms = 0;  // at once, but where a test says otherwise
    return all;
  }();
  Room room{limits};
  std::int64_t now_ms = 0;
  std::uint64_t epoch = 99;
  Actions last;               // what the last call wanted done
  bool is_long_turn = false;  // turns last until end_turn(); else each call is one

  // An edit by a client of its own, under a name. Its text is as long as told.
  Bytes edit(const std::string& name, Doc& doc, std::size_t length = 1) {
    Bytes update = net::test::type(doc, doc.text("text").length(), std::string(length, 'x'));
    names_[update] = name;
    return update;
  }
  void name(const Bytes& update, const std::string& text) { names_[update] = text; }

  std::string join(char member, const MemberProfile& profile = {}) {
    profiles_[id(member)] = profile;
    return does([&](Actions& out) { room.join(id(member), profile, now_ms, out); });
  }
  std::string leave(char member) {
    return does([&](Actions& out) { room.leave(id(member), now_ms, out); });
  }
  std::string receive(char member, ByteView frame) {
    return does([&](Actions& out) { room.receive(id(member), frame, now_ms, out); });
  }
  std::string step1(char member, const Bytes& state_vector = {0}) {
    return receive(member, *yws::encode({Kind::step1, state_vector}));
  }
  std::string step2(char member, const Bytes& update = {0, 0}) {
    return receive(member, *yws::encode({Kind::step2, update}));
  }
  std::string update(char member, const Bytes& update) { return receive(member, *yws::encode({Kind::update, update})); }
  std::string presence(char member, std::uint64_t client, std::uint64_t clock, const std::string& state) {
    const AwarenessEntry entry{client, clock, '"' + state + '"'};
    return receive(member, *yws::encode({Kind::awareness, encode_awareness({&entry, 1})}));
  }
  std::string splice(char member, std::uint64_t edit_id, std::uint64_t version, const TextDelta& delta) {
    return does([&](Actions& out) { room.splice(id(member), {edit_id, version, delta, "", ""}, now_ms, out); });
  }
  std::string present(char member, const std::string& name, std::optional<Cursor> cursor = std::nullopt) {
    return does([&](Actions& out) { room.present(id(member), {0, name, "", cursor}, now_ms, out); });
  }
  std::string catch_up(char member, std::uint64_t version) {
    return does([&](Actions& out) { room.catch_up(id(member), version, out); });
  }
  template <class Answer>
  std::string recalled(char member, storage::StoreResult<Answer> answer) {
    return does([&](Actions& out) { room.recalled(id(member), std::move(answer), now_ms, out); });
  }
  // Each time under another client id of the server's, which is the epoch.
  std::string loaded(storage::StoreResult<storage::LoadedDoc> result = storage::LoadedDoc{}) {
    return does([&](Actions& out) { room.loaded(std::move(result), ++epoch, now_ms, out); });
  }
  std::string committed(std::size_t count, bool failed = false) {
    return does([&](Actions& out) { room.committed(count, failed, now_ms, out); });
  }
  // The member's socket has taken all that was sent to it.
  std::string written(char member) {
    const std::size_t bytes = std::exchange(queued_[id(member)], 0);
    return does([&](Actions& out) { room.written(id(member), bytes, now_ms, out); });
  }
  std::string wait(std::int64_t ms) {
    now_ms += ms;
    return does([&](Actions& out) { room.tick(now_ms, out); });
  }
  std::string wake(std::int64_t after_ms) {
    now_ms += after_ms;
    return does([&](Actions& out) { room.wake(now_ms, out); });
  }
  std::string end_turn() {
    return does([&](Actions& out) { room.end_turn(now_ms, out); });
  }
  std::string drain() {
    return does([&](Actions& out) { room.drain(now_ms, out); });
  }

  // A ready room whose members have answered step 1, read everything, and can be acknowledged.
  void gather(const std::string& members) {
    for (const char member : members) join(member);
    if (!members.empty()) loaded();
    for (const char member : members) {
      step2(member);
      written(member);
    }
  }

 private:
  static MemberId id(char member) { return static_cast<MemberId>(member); }

  template <class Call>
  std::string does(Call call) {
    last.clear();
    call(last);
    REQUIRE(room.check() == "");
    const auto turn =
        std::ranges::find_if(last, [](const Action& action) { return std::holds_alternative<EndTurn>(action); });
    if (!is_long_turn && turn != last.end()) {
      Actions told;
      room.end_turn(now_ms, told);
      REQUIRE(room.check() == "");
      last.insert(turn, told.begin(), told.end());
    }
    std::string out;
    for (const Action& action : last) {
      const std::string word = show(action);
      if (!word.empty()) out += (out.empty() ? "" : " ") + word;
    }
    return out;
  }

  std::string show(const Action& action) {
    if (const auto* send = std::get_if<Send>(&action)) {
      queued_[send->to] += send->frame->size();
      return std::string(1, static_cast<char>(send->to)) + '<' + show_frame(profiles_[send->to], *send->frame);
    }
    if (const auto* tell = std::get_if<Tell>(&action)) {
      return std::string(1, static_cast<char>(tell->to)) + '~' + show_event(*tell->event);
    }
    if (const auto* close = std::get_if<Close>(&action)) {
      queued_.erase(close->member);
      return std::string(1, static_cast<char>(close->member)) + '!' +
             std::to_string(static_cast<unsigned>(close->code));
    }
    if (const auto* append = std::get_if<Append>(&action)) return '+' + name_of(*append->update);
    if (std::holds_alternative<Load>(action)) return "load";
    if (const auto* wake = std::get_if<Wake>(&action)) return "wake" + std::to_string(wake->after_ms);
    if (const auto* at = std::get_if<LoadAt>(&action)) return "load@" + std::to_string(at->seq);
    if (const auto* log = std::get_if<ReadLog>(&action)) return "log>" + std::to_string(log->after_seq);
    if (std::holds_alternative<PutSnapshot>(action)) return "snapshot";
    return "";
  }

  static std::string show_event(const RoomEvent& event) {
    if (const auto* opened = std::get_if<Opened>(&event)) {
      return "open" + std::to_string(opened->version) +
             (opened->text ? '"' + *opened->text + '"' : show_delta(opened->delta)) +
             (opened->applied > 0 ? '#' + std::to_string(opened->applied) : "");
    }
    if (const auto* whole = std::get_if<WholeText>(&event)) {
      return "text" + std::to_string(whole->version) + '"' + whole->text + '"';
    }
    if (const auto* caught = std::get_if<CaughtUp>(&event)) {
      return "caught" + std::to_string(caught->version) +
             (caught->text ? '"' + *caught->text + '"' : show_delta(caught->delta));
    }
    if (const auto* changed = std::get_if<Changed>(&event)) {
      return std::to_string(changed->version) + show_delta(changed->delta);
    }
    if (const auto* accepted = std::get_if<Accepted>(&event)) {
      return '#' + std::to_string(accepted->id) + '@' + std::to_string(accepted->version) + show_delta(accepted->delta);
    }
    if (const auto* refused = std::get_if<Refused>(&event)) {
      const char* codes[] = {"stale", "bad", "pair", "full", "closed", "readonly"};
      return '#' + std::to_string(refused->id) + '!' + codes[static_cast<std::size_t>(refused->code)];
    }
    if (const auto* durable = std::get_if<Durable>(&event)) return "durable" + std::to_string(durable->version);
    std::string people = "people";
    for (const Person& person : std::get<People>(event).people) {
      people += ',' + person.name;
      if (person.cursor) people += std::to_string(person.cursor->anchor) + '-' + std::to_string(person.cursor->head);
    }
    return people;
  }

  static std::string show_delta(const TextDelta& delta) {
    std::string out = "(";
    for (const Splice& splice : delta) {
      out += (out.size() == 1 ? "" : " ") + std::to_string(splice.position);
      if (splice.erased > 0) out += '-' + std::to_string(splice.erased);
      if (!splice.inserted.empty()) out += '+' + splice.inserted;
    }
    return out + ')';
  }

  std::string show_frame(const MemberProfile& member, ByteView frame) {
    if (member.dialect == Dialect::hocuspocus) {
      if (std::ranges::equal(frame, ByteView(*hocuspocus::sync_status(member.address)))) return "saved";
      if (std::ranges::equal(frame, ByteView(*hocuspocus::sync_status(member.address, false)))) return "unsaved";
      const auto envelope = hocuspocus::open(frame);
      REQUIRE(envelope.ok());
      REQUIRE(envelope->address == member.address);
      frame = envelope->body;
    }
    const auto message = decode(member.dialect, frame);
    REQUIRE(message.ok());
    switch (message->kind) {
      case Kind::step1:
        return "step1";
      case Kind::step2:
        return "diff";
      case Kind::update:
        return name_of({message->payload.begin(), message->payload.end()});
      case Kind::awareness:
        return show_awareness(message->payload);
      case Kind::stateless:
        return "says:" + std::string(as_text(message->payload));
      case Kind::sync_status:
        return "status" + std::to_string(message->payload.empty() ? 0 : message->payload[0]);
      default:
        return frame[0] == 2 ? "denied" : "?";
    }
  }

  std::string name_of(const Bytes& update) {
    if (update == Bytes{0, 0}) return "empty";
    const auto found = names_.find(update);
    return found == names_.end() ? "?" : found->second;
  }

  std::map<MemberId, MemberProfile> profiles_;
  std::map<Bytes, std::string> names_;
  std::map<MemberId, std::size_t> queued_;
};

// The text that a client has after it has taken the update in the last frame sent to it.
[[maybe_unused]] std::string text_after(const Actions& actions, Doc& client) {
  for (const Action& action : actions) {
    const auto* send = std::get_if<Send>(&action);
    if (!send) continue;
    const auto message = yws::decode(*send->frame);
    if (message->kind == Kind::step2 || message->kind == Kind::update) {
      REQUIRE(client.apply_update(message->payload).ok());
    }
  }
  return client.text("text").to_string();
}

}  // namespace
