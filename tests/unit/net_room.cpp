// The life of a room, and what "saved" means in it. The notation is in net_room_notation.hpp.
#include "net_room_notation.hpp"

namespace {

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
  CHECK(stage.update('a', first) == "a<? b<? +?");  // both parts, as one update
  Doc reader;
  CHECK(text_after(stage.last, reader) == "xx");
  CHECK(stage.committed(1) == "a<second a<first");
}

TEST_CASE("52 who completes the parts of another gets them, too") {
  Stage stage;
  Doc writer({.client_id = 1});
  Doc other;
  stage.gather("ab");
  const Bytes first = stage.edit("first", writer);
  REQUIRE(other.apply_update(first).ok());
  CHECK(stage.update('a', stage.edit("second", writer)) == "+second");
  CHECK(stage.update('b', first) == "a<? b<? +?");
  CHECK(text_after(stage.last, other) == "xx");
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
  CHECK(stage.update('b', missing) == "b<? c<? +?");
  CHECK(stage.committed(3) == "b<large b<missing");
}

// --- the life of a room ---------------------------------------------------------------------------------------------

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
  CHECK(stage.wait(stage.limits.linger_ms) == "");
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

TEST_CASE("draining: a document with a long tail gets a snapshot, once all is durable and before the members go") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.farewell_updates = 2;
  stage.gather("a");
  for (const char* name : {"u1", "u2", "u3"}) stage.update('a', stage.edit(name, writer));
  CHECK(stage.drain() == "");
  CHECK(stage.committed(3) == "a<u1 a<u2 a<u3 snapshot a!1001");
}

TEST_CASE("what only confirms is in no hurry") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  const auto hurry = [&stage] { return std::get<Send>(stage.last.front()).hurry; };
  CHECK(stage.update('a', stage.edit("u1", writer)) == "b<u1 +u1");
  CHECK(hurry() == Hurry::now);
  CHECK(stage.committed(1) == "a<u1");
  CHECK(hurry() == Hurry::soon);
  stage.presence('a', 1, 1, "here");
  CHECK(hurry() == Hurry::now);
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
