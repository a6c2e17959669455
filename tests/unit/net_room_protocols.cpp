// Members of Hocuspocus and of y-sweet in a room, among themselves and beside y-websocket: who speaks first, and what
// tells them that an edit is saved. The notation is in net_room_notation.hpp.
#include "net_room_notation.hpp"

namespace {

const MemberProfile provider{.dialect = Dialect::hocuspocus, .address = "doc"};
const MemberProfile session{.dialect = Dialect::hocuspocus, .address = std::string("doc\0one", 7)};
const MemberProfile sweet{.dialect = Dialect::y_sweet};

Bytes status(std::uint8_t version) { return {102, 1, version}; }

}  // namespace

// --- Hocuspocus -----------------------------------------------------------------------------------------------------

TEST_CASE("hocuspocus: a step 1 is answered by a step 1 and then step 2") {
  Stage stage;
  stage.gather("a");
  stage.presence('a', 7, 1, "x");
  CHECK(stage.join('h', provider) == "h<7@2x");
  CHECK(stage.step1('h') == "h<step1 h<diff");
}

TEST_CASE("hocuspocus: one SyncStatus for each step 2 and each update, after the commit, never merged") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.join('h', provider);
  stage.step1('h');
  CHECK(stage.step2('h') == "h<saved");
  const Bytes update = stage.edit("u1", writer);
  CHECK(stage.update('h', update) == "a<u1 +u1");
  CHECK(stage.update('h', update) == "");  // nothing new, and yet it waits
  CHECK(stage.update('h', stage.edit("u2", writer)) == "a<u2 +u2");
  CHECK(stage.committed(1) == "h<saved h<saved");
  CHECK(stage.committed(1) == "h<saved");
  CHECK(stage.step1('h') == "h<step1 h<diff");  // the provider asks anew: nothing is owed for that
  CHECK(stage.step2('h') == "h<saved");
}

TEST_CASE("hocuspocus: updates that provider 4 sends before its step 2 are not acknowledged before it") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.join('h', provider);
  const Bytes offline = stage.edit("offline", writer);
  const Bytes flushed = stage.edit("flushed", writer);
  CHECK(stage.update('h', flushed) == "+flushed");
  CHECK(stage.committed(1) == "");
  CHECK(stage.step1('h') == "h<step1 h<diff");
  CHECK(stage.step2('h', offline) == "a<? h<? +?");
  CHECK(stage.committed(1) == "h<saved h<saved");
}

TEST_CASE("hocuspocus: a lagging provider that asks gets step 1 and the difference when it reads again") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.queue_bytes = 300;
  stage.gather("a");
  stage.join('h', provider);
  stage.step1('h');
  stage.step2('h');
  stage.update('a', stage.edit("large", writer, 400));
  CHECK(stage.step1('h', {0}) == "");
  CHECK(stage.written('h').starts_with("h<step1 h<diff"));
}

TEST_CASE("hocuspocus: an update is encoded once for all who take the same bytes") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("abc");
  for (const char member : std::string("hi")) stage.join(member, provider);
  stage.join('j', session);
  CHECK(stage.update('a', stage.edit("u1", writer)) == "b<u1 c<u1 h<u1 i<u1 j<u1 +u1");
  std::map<MemberId, const Payload*> frames;
  for (const Action& action : stage.last) {
    if (const auto* sent = std::get_if<Send>(&action)) frames[sent->to] = sent->frame.get();
  }
  CHECK(frames['b'] == frames['c']);
  CHECK(frames['h'] == frames['i']);
  CHECK(frames['h'] != frames['b']);
  CHECK(frames['j'] != frames['h']);
}

TEST_CASE("hocuspocus: stateless messages go to the other providers of the document") {
  Stage stage;
  stage.gather("a");
  stage.join('h', provider);
  stage.join('i', provider);
  stage.join('j', session);
  CHECK(stage.receive('h', Bytes{5, 2, 'h', 'i'}) == "i<says:hi j<says:hi");
  CHECK(stage.receive('h', Bytes{5, 1, 0xff}) == "h!4400");
}

TEST_CASE("hocuspocus: what only servers say to each other closes with 4400, other unknown types are ignored") {
  Stage stage;
  stage.gather("");
  stage.join('h', provider);
  stage.loaded();
  CHECK(stage.receive('h', Bytes{4, 0}) == "");
  CHECK(stage.receive('h', Bytes{6, 2, 'h', 'i'}) == "h!4400");
}

TEST_CASE("hocuspocus: frames as providers write them") {
  using hocuspocus::Envelope;
  const auto opened = [](Bytes frame) { return *hocuspocus::open(frame); };
  CHECK(opened({9}).type == Envelope::Type::ping);
  CHECK(opened({10}).type == Envelope::Type::pong);
  CHECK(opened({3, 'd', 'o', 'c', 7}).type == Envelope::Type::close);
  CHECK_FALSE(opened({3, 'd', 'o', 'c', 2, 0, 1, 't'}).takes_close);              // provider 2 or 3, with a token
  CHECK(opened({3, 'd', 'o', 'c', 2, 0, 0}).takes_close);                         // provider 3, without
  CHECK(opened({3, 'd', 'o', 'c', 2, 0, 1, 't', 3, '4', '.', '8'}).takes_close);  // provider 4
  CHECK_FALSE(hocuspocus::open(Bytes{}).ok());
  CHECK_FALSE(hocuspocus::open(Bytes{3, 'd'}).ok());
  CHECK_FALSE(hocuspocus::open(Bytes{3, 'd', 'o', 'c'}).ok());
  CHECK_FALSE(hocuspocus::open(Bytes{3, 'd', 'o', 'c', 2, 1}).ok());
  const Bytes in_session{5, 'd', 'o', 'c', 0, 'x', 0, 0, 1, 0};
  CHECK(hocuspocus::open(in_session)->doc() == "doc");
}

// --- y-sweet --------------------------------------------------------------------------------------------------------

TEST_CASE("y-sweet: 102 comes back after the commit of all before it, and something at once") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  CHECK(stage.join('s', sweet) == "s<step1");
  CHECK(stage.receive('s', status(1)) == "s<beat");  // its answer to step 1 may bring what it vouches for
  CHECK(stage.step2('s') == "s<status1");
  CHECK(stage.update('s', stage.edit("u1", writer)) == "a<u1 +u1");
  CHECK(stage.receive('s', status(2)) == "s<beat");
  CHECK(stage.receive('s', status(2)) == "s<beat");  // it asks again after two seconds
  CHECK(stage.committed(1) == "s<status2 s<status2");
  CHECK(stage.receive('s', status(2)) == "s<status2");
}

TEST_CASE("y-sweet: 102 waits for parts that wait") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.join('s', sweet);
  stage.step2('s');
  const Bytes first = stage.edit("first", writer);
  CHECK(stage.update('s', stage.edit("second", writer)) == "+second");
  CHECK(stage.receive('s', status(9)) == "s<beat");
  CHECK(stage.committed(1) == "");
  CHECK(stage.update('a', first) == "a<? s<? +?");
  CHECK(stage.committed(1) == "a<first s<beat s<status9");
}

TEST_CASE("y-sweet: a broken 102 closes with 4400") {
  Stage stage;
  stage.join('s', sweet);
  stage.loaded();
  CHECK(stage.receive('s', Bytes{102, 5, 1}) == "s!4400");
}

// --- what all share -------------------------------------------------------------------------------------------------

TEST_CASE("who joins one after the other gets the same bytes, until the next edit") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("abc");
  stage.update('a', stage.edit("u1", writer));
  const auto state_for = [&](char member) {
    stage.step1(member);
    return std::get<Send>(stage.last.at(0)).frame;
  };
  const Frame first = state_for('b');
  CHECK(state_for('c') == first);
  stage.update('a', stage.edit("u2", writer));
  const Frame second = state_for('b');
  CHECK(second != first);
  stage.step1('c');
  Doc reader;
  CHECK(text_after(stage.last, reader) == "xx");
}

TEST_CASE("72 the first change of presence goes at once, those that follow go together") {
  Stage stage;
  stage.limits.presence_interval_ms = 50;
  stage.gather("abc");
  CHECK(stage.presence('a', 1, 1, "x") == "a<1@2x b<1@2x c<1@2x");
  stage.now_ms += 10;
  CHECK(stage.presence('a', 1, 3, "y") == "wake40");
  CHECK(stage.presence('a', 1, 4, "z") == "");
  CHECK(stage.wake(40) == "b<1@4z c<1@4z");
  CHECK(stage.presence('b', 2, 1, "p") == "wake50");
  CHECK(stage.presence('a', 1, 5, "q") == "");
  CHECK(stage.wake(50) == "a<1@5q,2@2p b<1@5q,2@2p c<1@5q,2@2p");
  stage.now_ms += 50;
  CHECK(stage.presence('a', 1, 6, "r") == "b<1@6r c<1@6r");
}

TEST_CASE("72 who leaves is gone at once, whatever waits") {
  Stage stage;
  stage.limits.presence_interval_ms = 50;
  stage.gather("abc");
  stage.presence('a', 1, 1, "x");
  CHECK(stage.presence('b', 2, 1, "y") == "wake50");
  CHECK(stage.leave('a') == "b<1@3-,2@2y c<1@3-,2@2y");
  CHECK(stage.wake(50) == "");
}

TEST_CASE("a document past its bound takes nothing more") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.document_bytes = 1'000;
  stage.now_ms = 100'000;
  stage.gather("ab");
  CHECK(stage.update('a', stage.edit("u1", writer, 800)) == "b<u1 +u1");
  CHECK(stage.update('a', test::erase(writer, 0, 800)) == "b<? +?");
  stage.now_ms += 60'000;
  CHECK(stage.update('a', stage.edit("u2", writer, 800)) == "b<u2 +u2");  // what was deleted does not count
  CHECK(stage.update('a', stage.edit("u3", writer, 800)) == "a!4400");
}

TEST_CASE("an idle document is unloaded when others need its memory") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  CHECK_FALSE(stage.room.idle_ms(stage.now_ms));
  stage.update('a', stage.edit("u1", writer, 1'000));
  CHECK(stage.room.memory_bytes() > 1'000);
  stage.leave('a');
  CHECK_FALSE(stage.room.idle_ms(stage.now_ms));  // its commit is outstanding
  stage.committed(1);
  stage.now_ms += 7;
  CHECK(stage.room.idle_ms(stage.now_ms) == 7);
  Actions out;
  stage.room.unload(stage.now_ms, out);
  CHECK(stage.room.memory_bytes() == 0);
  CHECK(stage.room.forgettable());
  CHECK(stage.join('a') == "load");
}
