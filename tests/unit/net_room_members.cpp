// What members may say to a room, what they are told of each other, and how slow they may read. The notation is in
// net_room_notation.hpp.
#include "net_room_notation.hpp"

// --- bad content ----------------------------------------------------------------------------------------------------

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
    return stage.receive(member, *yws::encode({Kind::awareness, payload}));
  };
  const AwarenessEntry late{1, std::uint64_t{1} << 33, "1"};
  CHECK(says('a', encode_awareness({&late, 1})) == "a!4400");
  CHECK(says('b', encode_awareness(std::vector<AwarenessEntry>(100'000, {1, 1, "1"}))) == "b!4400");
  const AwarenessEntry large{1, 1, '"' + std::string(1'000'000, 'x') + '"'};
  CHECK(says('c', encode_awareness({&large, 1})) == "c!4400");
  const AwarenessEntry broken{1, 1, "{"};
  CHECK(says('d', encode_awareness({&broken, 1})) == "d!4400");
}

// --- presence -------------------------------------------------------------------------------------------------------

TEST_CASE("68 a client that comes back fast is seen at once, and knows its new clock") {
  Stage stage;
  stage.gather("ab");
  CHECK(stage.presence('a', 7, 5, "x") == "a<7@6x b<7@6x");
  CHECK(stage.leave('a') == "b<7@7-");
  stage.join('c');
  CHECK(stage.presence('c', 7, 6, "x") == "b<7@8x c<7@8x");
}

TEST_CASE("68 a client that comes back fast is seen, though it answers our step 1 first") {
  Stage stage;
  stage.gather("ab");
  CHECK(stage.presence('a', 7, 1, "x") == "a<7@2x b<7@2x");
  CHECK(stage.leave('a') == "b<7@3-");
  stage.join('c');
  stage.step2('c');
  CHECK(stage.presence('c', 7, 1, "x") == "b<7@4x c<7@4x");
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

// --- slow readers ---------------------------------------------------------------------------------------------------

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
