// Rooms in a tiny notation. What a room wants done is one line of words:
//   load  snapshot        asks for the document, gives a snapshot
//   a<step1  a<diff       step 1 and step 2 to member a
//   b<u1                  the update named u1 (relayed, or acknowledged) to member b; b<? is one without a name
//   b<7@3x                awareness of client 7 at clock 3 with state "x"; 7@3- removes; b<beat is the heartbeat
//   +u1                   appended to the log
//   a!4400                member a is closed
#include "net/room.hpp"

#include <map>
#include <string>

#include "catch.hpp"
#include "net_typist.hpp"
#include "stet/lib0.hpp"

using namespace stet;
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
  Limits limits;
  Room room{limits};
  std::int64_t now_ms = 0;
  Actions last;  // what the last call wanted done

  // An edit by a client of its own, under a name. Its text is as long as told.
  Bytes edit(const std::string& name, Doc& doc, std::size_t length = 1) {
    Bytes update = test::type(doc, doc.text("text").length(), std::string(length, 'x'));
    names_[update] = name;
    return update;
  }
  void name(const Bytes& update, const std::string& text) { names_[update] = text; }

  std::string join(char member) {
    return does([&](Actions& out) { room.join(id(member), now_ms, out); });
  }
  std::string leave(char member) {
    return does([&](Actions& out) { room.leave(id(member), now_ms, out); });
  }
  std::string receive(char member, ByteView frame) {
    return does([&](Actions& out) { room.receive(id(member), frame, now_ms, out); });
  }
  std::string step1(char member, const Bytes& state_vector = {0}) {
    return receive(member, *yws::encode_step1(state_vector));
  }
  std::string step2(char member, const Bytes& update = {0, 0}) { return receive(member, *yws::encode_step2(update)); }
  std::string update(char member, const Bytes& update) { return receive(member, *yws::encode_update(update)); }
  std::string presence(char member, std::uint64_t client, std::uint64_t clock, const std::string& state) {
    const AwarenessEntry entry{client, clock, '"' + state + '"'};
    return receive(member, *yws::encode_awareness(encode_awareness({&entry, 1})));
  }
  std::string loaded(storage::StoreResult<storage::LoadedDoc> result = storage::LoadedDoc{}) {
    return does([&](Actions& out) { room.loaded(std::move(result), now_ms, out); });
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
      return std::string(1, static_cast<char>(send->to)) + '<' + show_frame(*send->frame);
    }
    if (const auto* close = std::get_if<Close>(&action)) {
      queued_.erase(close->member);
      return std::string(1, static_cast<char>(close->member)) + '!' +
             std::to_string(static_cast<unsigned>(close->code));
    }
    if (const auto* append = std::get_if<Append>(&action)) return '+' + name_of(*append->update);
    if (std::holds_alternative<Load>(action)) return "load";
    if (std::holds_alternative<PutSnapshot>(action)) return "snapshot";
    return "";
  }

  std::string show_frame(ByteView frame) {
    const auto message = yws::decode(frame);
    REQUIRE(message.ok());
    switch (message->kind) {
      case yws::Kind::step1:
        return "step1";
      case yws::Kind::step2:
        return "diff";
      case yws::Kind::update:
        return name_of({message->payload.begin(), message->payload.end()});
      case yws::Kind::awareness:
        return show_awareness(message->payload);
      default:
        return "?";
    }
  }

  std::string name_of(const Bytes& update) {
    if (update == Bytes{0, 0}) return "empty";
    const auto found = names_.find(update);
    return found == names_.end() ? "?" : found->second;
  }

  std::map<Bytes, std::string> names_;
  std::map<MemberId, std::size_t> queued_;
};

// The text that a client has after it has taken the update in the last frame sent to it.
std::string text_after(const Actions& actions, Doc& client) {
  for (const Action& action : actions) {
    const auto* send = std::get_if<Send>(&action);
    if (!send) continue;
    const auto message = yws::decode(*send->frame);
    if (message->kind == yws::Kind::step2 || message->kind == yws::Kind::update) {
      REQUIRE(client.apply_update(message->payload).ok());
    }
  }
  return client.text("text").to_string();
}

storage::LoadedDoc stored(std::vector<Bytes> updates) {
  storage::LoadedDoc doc;
  for (Bytes& update : updates) {
    ++doc.head_seq;
    doc.tail.push_back({doc.head_seq, 0, "", 1, std::move(update)});
  }
  doc.exists = doc.head_seq > 0;
  return doc;
}

}  // namespace

TEST_CASE("a joiner waits for the document, then gets step 1 and who is present") {
  Stage stage;
  CHECK(stage.join('a') == "load");
  CHECK(stage.join('b') == "");
  CHECK(stage.loaded() == "a<step1 b<step1");
  CHECK(stage.presence('a', 7, 1, "x") == "a<7@2x b<7@2x");
  CHECK(stage.join('c') == "c<step1 c<7@2x");
  CHECK(stage.step1('c') == "c<diff");
}

TEST_CASE("what is stored is what a joiner gets") {
  Stage stage;
  Doc writer({.client_id = 1});
  storage::LoadedDoc doc = stored({stage.edit("u1", writer), stage.edit("u2", writer)});
  doc.snapshot = writer.encode_state();
  const Bytes later = stage.edit("u3", writer);
  doc.tail = stored({later}).tail;
  stage.join('a');
  stage.loaded(doc);
  CHECK(stage.step1('a') == "a<diff");
  Doc reader;
  CHECK(text_after(stage.last, reader) == "xxx");
}

TEST_CASE("an update goes to the others at once, and back to its sender after the commit") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("abc");
  CHECK(stage.update('a', stage.edit("u1", writer)) == "b<u1 c<u1 +u1");
  CHECK(stage.update('a', stage.edit("u2", writer)) == "b<u2 c<u2 +u2");
  CHECK(stage.committed(1) == "a<u1");
  CHECK(stage.committed(1) == "a<u2");
}

TEST_CASE("frames that come before the document is there wait for it") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.join('a');
  CHECK(stage.step1('a') == "");
  CHECK(stage.step2('a', stage.edit("u1", writer)) == "");
  CHECK(stage.loaded() == "a<step1 a<diff +u1");
  CHECK(stage.committed(1) == "a<u1");
}

TEST_CASE("44 frames that wait for the document are bounded") {
  Stage stage;
  stage.limits.waiting_bytes = 100;
  stage.join('a');
  CHECK(stage.receive('a', Bytes(90, 9)) == "");
  CHECK(stage.receive('a', Bytes(11, 9)) == "a!1013");
}

// --- acknowledgements: the traps of "saved" -------------------------------------------------------------------------

TEST_CASE("nothing is acknowledged before the answer to step 1 is durable") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.join('a');
  stage.loaded();
  const Bytes offline = stage.edit("offline", writer);
  const Bytes later = stage.edit("later", writer);
  CHECK(stage.update('a', {0, 0}) == "");
  CHECK(stage.step2('a', offline) == "+offline");
  CHECK(stage.update('a', later) == "+later");
  CHECK(stage.committed(1) == "a<empty a<offline");
  CHECK(stage.committed(1) == "a<later");
}

TEST_CASE("an update that brings nothing new waits for what was logged before it") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  const Bytes update = stage.edit("u1", writer);
  CHECK(stage.update('a', update) == "b<u1 +u1");
  CHECK(stage.update('b', update) == "");
  CHECK(stage.update('b', {0, 0}) == "");
  CHECK(stage.committed(1) == "a<u1 b<u1 b<empty");
  CHECK(stage.update('b', {0, 0}) == "b<empty");
}

TEST_CASE("a step 2 that brings nothing new is not echoed, but waits like one") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  const Bytes update = stage.edit("u1", writer);
  stage.update('a', update);
  stage.join('b');
  CHECK(stage.step2('b', update) == "");
  CHECK(stage.update('b', {0, 0}) == "");
  CHECK(stage.committed(1) == "a<u1 b<empty");
}

TEST_CASE("who left is not acknowledged, and who came back asks again") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  const Bytes update = stage.edit("u1", writer);
  stage.update('a', update);
  stage.leave('a');
  CHECK(stage.join('a') == "a<step1");
  CHECK(stage.step2('a', update) == "");
  CHECK(stage.update('a', {0, 0}) == "");
  CHECK(stage.committed(1) == "a<empty");
}

TEST_CASE("a failed commit acknowledges nothing, and the document is loaded again") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  const Bytes update = stage.edit("u1", writer);
  stage.update('a', update);
  CHECK(stage.committed(1, true) == "a!1013 b!1013");
  CHECK(stage.join('a') == "load");
  CHECK(stage.loaded() == "a<step1");
  CHECK(stage.step2('a', update) == "+u1");
  CHECK(stage.committed(1) == "a<u1");
}

TEST_CASE("acknowledgements that wait are bounded") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.owed_bytes = 200;
  stage.gather("ab");
  CHECK(stage.update('a', stage.edit("u1", writer, 100)) == "b<u1 +u1");
  CHECK(stage.update('a', stage.edit("u2", writer, 100)) == "b<u2 +u2 a!1013");
  CHECK(stage.committed(2) == "");
}

// --- parts that wait ------------------------------------------------------------------------------------------------

TEST_CASE("52 parts that wait are logged as they came, and acknowledged only once they are integrated") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  const Bytes first = stage.edit("first", writer);
  const Bytes second = stage.edit("second", writer);
  CHECK(stage.update('a', second) == "+second");
  CHECK(stage.committed(1) == "");
  CHECK(stage.update('a', first) == "b<? +?");  // both parts, as one update
  Doc reader;
  CHECK(text_after(stage.last, reader) == "xx");
  CHECK(stage.committed(1) == "a<second a<first");
}

TEST_CASE("52 another member is not held up by parts that wait") {
  Stage stage;
  Doc stranger({.client_id = 1});
  Doc writer({.client_id = 2});
  stage.gather("ab");
  stage.edit("never sent", stranger);
  stage.update('a', stage.edit("ahead", stranger));
  stage.committed(1);
  CHECK(stage.update('b', stage.edit("u1", writer)) == "a<u1 +u1");
  CHECK(stage.committed(1) == "b<u1");
  CHECK(stage.update('b', {0, 0}) == "b<empty");
}

TEST_CASE("52 parts that wait survive the memory of the room") {
  Stage stage;
  Doc writer({.client_id = 1});
  const Bytes first = stage.edit("first", writer);
  const Bytes second = stage.edit("second", writer);
  stage.join('a');
  stage.loaded(stored({second}));
  CHECK(stage.step2('a') == "");
  stage.update('a', first);
  stage.step1('a');
  Doc reader;
  CHECK(text_after(stage.last, reader) == "xx");
}

TEST_CASE("52 parts that wait are bounded, and what completes them is still taken") {
  Stage stage;
  Doc stranger({.client_id = 1});
  Doc writer({.client_id = 2});
  stage.limits.pending_bytes = 1'000;
  stage.gather("abc");
  const Bytes missing = stage.edit("missing", stranger);
  CHECK(stage.update('a', stage.edit("ahead", stranger, 800)) == "+ahead");
  CHECK(stage.update('a', stage.edit("too much", stranger, 800)) == "a!4400");
  CHECK(stage.update('b', stage.edit("large", writer, 5'000)) == "c<large +large");
  CHECK(stage.update('b', missing) == "c<? +?");
  CHECK(stage.committed(3) == "b<large b<missing");
}

// --- bad content
// ------------------------------------------------------------------------------------------------------

TEST_CASE("40 unknown message types are ignored, within a rate") {
  Stage stage;
  stage.gather("a");
  CHECK(stage.receive('a', Bytes{9, 1, 2, 3}) == "");
  CHECK(stage.receive('a', Bytes{2, 0, 1, 'x'}) == "");
  std::string answers;
  for (int i = 0; i < 100; ++i) answers += stage.receive('a', Bytes{9});
  CHECK(answers == "a!1013");
}

TEST_CASE("41 bytes behind a sync message close with 4400, elsewhere they are ignored") {
  Stage stage;
  stage.gather("abc");
  CHECK(stage.receive('a', Bytes{0, 2, 2, 0, 0, 7}) == "a!4400");
  CHECK(stage.receive('b', Bytes{0, 0, 1, 0, 7}) == "b!4400");
  CHECK(stage.receive('c', Bytes{1, 1, 0, 7}) == "");
  CHECK(stage.receive('c', Bytes{3, 7}) == "");
}

TEST_CASE("41 bytes behind an update inside its byte array close with 4400") {
  Stage stage;
  stage.gather("a");
  CHECK(stage.update('a', {0, 0, 7}) == "a!4400");
}

TEST_CASE("42 a state vector that claims 2^53 entries closes with 4400") {
  Stage stage;
  stage.gather("a");
  CHECK(stage.step1('a', {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f}) == "a!4400");
}

TEST_CASE("43 step 1 in a loop is answered within a rate") {
  Stage stage;
  stage.limits.request_burst = 3;
  stage.limits.requests_per_second = 1;
  stage.gather("a");
  for (int i = 0; i < 3; ++i) CHECK(stage.step1('a') == "a<diff");
  stage.now_ms += 1'000;
  CHECK(stage.step1('a') == "a<diff");
  CHECK(stage.step1('a') == "a!1013");
}

TEST_CASE("47 an update that does not parse closes its sender only, and nothing of it is applied") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  stage.presence('a', 7, 1, "x");
  Bytes broken = stage.edit("broken", writer, 50);
  broken.resize(broken.size() - 10);
  CHECK(stage.update('a', broken) == "a!4400 b<7@3-");
  CHECK(stage.receive('b', Bytes{}) == "b!4400");
  CHECK(stage.join('c') == "c<step1");
  stage.step1('c');
  Doc reader;
  CHECK(text_after(stage.last, reader) == "");
}

TEST_CASE("62 an update that is partly known is relayed and logged as what it brought") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  stage.update('a', stage.edit("u1", writer));
  stage.edit("u2", writer);
  const Bytes both = writer.encode_state();
  stage.name(both, "both");
  CHECK(stage.update('a', both) == "b<u2 +u2");
  CHECK(stage.committed(2) == "a<u1 a<both");
}

TEST_CASE("69 70 71 awareness past a limit, or that is not JSON, closes with 4400") {
  Stage stage;
  stage.gather("abcd");
  const auto says = [&](char member, const Bytes& payload) {
    return stage.receive(member, *yws::encode_awareness(payload));
  };
  const AwarenessEntry late{1, std::uint64_t{1} << 33, "1"};
  CHECK(says('a', encode_awareness({&late, 1})) == "a!4400");
  CHECK(says('b', encode_awareness(std::vector<AwarenessEntry>(100'000, {1, 1, "1"}))) == "b!4400");
  const AwarenessEntry large{1, 1, '"' + std::string(1'000'000, 'x') + '"'};
  CHECK(says('c', encode_awareness({&large, 1})) == "c!4400");
  const AwarenessEntry broken{1, 1, "{"};
  CHECK(says('d', encode_awareness({&broken, 1})) == "d!4400");
}

// --- presence
// ---------------------------------------------------------------------------------------------------------

TEST_CASE("68 a client that comes back fast is seen at once, and knows its new clock") {
  Stage stage;
  stage.gather("ab");
  CHECK(stage.presence('a', 7, 5, "x") == "a<7@6x b<7@6x");
  CHECK(stage.leave('a') == "b<7@7-");
  stage.join('c');
  CHECK(stage.presence('c', 7, 6, "x") == "b<7@8x c<7@8x");
}

TEST_CASE("who asks for the awareness of all gets it") {
  Stage stage;
  stage.gather("ab");
  stage.presence('a', 7, 5, "x");
  CHECK(stage.receive('b', Bytes{3}) == "b<7@6x");
}

TEST_CASE("73 who is not renewed for 30 s is removed") {
  Stage stage;
  stage.gather("ab");
  stage.presence('a', 7, 5, "x");
  CHECK(stage.wait(29'999).find('@') == std::string::npos);
  CHECK(stage.wait(1) == "a<7@7- b<7@7-");
}

TEST_CASE("a member to whom nothing was sent for 15 s gets a heartbeat") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  CHECK(stage.wait(10'000) == "");
  CHECK(stage.update('a', stage.edit("u1", writer)) == "b<u1 +u1");
  CHECK(stage.wait(5'000) == "a<beat");
  CHECK(stage.wait(9'999) == "");
  CHECK(stage.wait(1) == "b<beat");
}

// --- slow readers
// -----------------------------------------------------------------------------------------------------

TEST_CASE("33 a slow reader costs bounded memory, and gets the difference when it reads again") {
  Stage stage;
  Doc writer({.client_id = 1});
  Doc reader;
  stage.limits.queue_bytes = 300;
  stage.gather("ab");
  CHECK(stage.update('a', stage.edit("u1", writer, 200)) == "b<u1 +u1");
  text_after(stage.last, reader);
  CHECK(stage.update('a', stage.edit("u2", writer, 200)) == "b<u2 +u2");  // past the bound
  text_after(stage.last, reader);
  for (int i = 0; i < 100; ++i) CHECK(stage.update('a', stage.edit("u", writer, 10)) == "+u");
  CHECK(stage.presence('a', 7, 1, "x") == "a<7@2x");
  CHECK(stage.presence('a', 7, 3, "y") == "");
  const Bytes removal = test::erase(writer, 0, 100);
  stage.update('a', removal);
  CHECK(stage.written('b') == "b<diff");  // past the bound again: presence follows
  CHECK(text_after(stage.last, reader) == writer.text("text").to_string());
  CHECK(stage.written('b') == "b<7@3y");
  CHECK(stage.update('a', stage.edit("v", writer)) == "b<v +v");
}

TEST_CASE("33 acknowledgements of a slow reader are kept for it") {
  Stage stage;
  Doc writer({.client_id = 1});
  Doc slow({.client_id = 2});
  stage.limits.queue_bytes = 300;
  stage.gather("ab");
  stage.update('a', stage.edit("large", writer, 400));
  CHECK(stage.update('b', stage.edit("own", slow)) == "a<own +own");
  CHECK(stage.committed(2) == "a<large");
  CHECK(stage.step1('b', slow.encode_state_vector()) == "");
  CHECK(stage.written('b') == "b<diff");
  CHECK(stage.written('b') == "b<own");
}

TEST_CASE("33 a reader that takes nothing for 60 s is closed with 1013") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  stage.update('a', stage.edit("u1", writer));
  CHECK(stage.wait(59'999).find('!') == std::string::npos);
  CHECK(stage.wait(1) == "b!1013");  // nothing is queued for the other
}

// --- the life of a room
// -----------------------------------------------------------------------------------------------

TEST_CASE("a document that does not load is refused, never replaced by an empty one") {
  Stage stage;
  Doc writer({.client_id = 1});
  const Bytes update = stage.edit("u1", writer, 50);
  SECTION("the store says it is corrupt") {
    stage.join('a');
    CHECK(stage.loaded(storage::StoreError{storage::StoreError::Kind::corrupt, "checksum"}) == "a!1011");
  }
  SECTION("an update in its log does not parse") {
    stage.join('a');
    const Bytes broken(update.begin(), update.begin() + 20);
    CHECK(stage.loaded(stored({update, broken})) == "a!1011");
  }
  CHECK(stage.join('b') == "b!1011");
  CHECK_FALSE(stage.room.forgettable());
  CHECK(stage.wait(stage.limits.failed_load_ms) == "");
  CHECK(stage.room.forgettable());
  CHECK(stage.join('b') == "load");
}

TEST_CASE("a store that cannot load now sends the members away for a while") {
  Stage stage;
  stage.join('a');
  CHECK(stage.loaded(storage::StoreError{storage::StoreError::Kind::unavailable, "disk"}) == "a!1013");
  CHECK(stage.join('a') == "load");
}

TEST_CASE("an idle document leaves memory once it is durable") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.update('a', stage.edit("u1", writer));
  stage.leave('a');
  CHECK(stage.wait(60'000) == "");
  CHECK_FALSE(stage.room.forgettable());
  stage.committed(1);
  CHECK(stage.wait(0) == "");
  CHECK(stage.room.forgettable());
  CHECK(stage.join('a') == "load");
}

TEST_CASE("a document that comes back within the linger is still there") {
  Stage stage;
  stage.gather("a");
  stage.leave('a');
  stage.wait(stage.limits.linger_ms - 1);
  CHECK(stage.join('a') == "a<step1");
}

TEST_CASE("snapshots: in the background after many updates, and before the document leaves memory") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.snapshot_updates = 10;
  stage.limits.farewell_updates = 5;
  stage.now_ms = 100'000;
  stage.gather("a");
  for (int i = 0; i < 10; ++i) stage.update('a', stage.edit("u", writer));
  CHECK(stage.wait(1'000) == "snapshot");
  for (int i = 0; i < 10; ++i) stage.update('a', stage.edit("u", writer));
  CHECK(stage.wait(1'000) == "");  // not again so soon
  stage.committed(20);
  stage.leave('a');
  CHECK(stage.wait(stage.limits.linger_ms) == "snapshot");
  const auto& state = std::get<PutSnapshot>(stage.last.back()).state;
  Doc reader;
  REQUIRE(reader.apply_update(*state).ok());
  CHECK(reader.text("text").to_string() == std::string(20, 'x'));
}

TEST_CASE("draining: no more edits, and 1001 once what came is durable and acknowledged") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  stage.update('a', stage.edit("u1", writer));
  CHECK(stage.drain() == "");
  CHECK(stage.update('a', stage.edit("u2", writer)) == "");
  CHECK(stage.join('c') == "c!1001");
  CHECK(stage.committed(1) == "a<u1 a!1001 b!1001");
}
