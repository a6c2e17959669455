// Read-only sessions: what they write is declined, and nothing is called saved that is not. The notation is in
// net_room_notation.hpp.
#include "net_room_notation.hpp"

namespace {

const MemberProfile reader{.is_read_only = true};
const MemberProfile provider{.dialect = Dialect::hocuspocus, .address = "doc", .is_read_only = true};
const MemberProfile sweet{.dialect = Dialect::y_sweet, .is_read_only = true};
const MemberProfile thin{.dialect = Dialect::events, .root = "text", .is_read_only = true};

Bytes status(std::uint8_t version) { return {102, 1, version}; }

// A document with an edit `u1` that is not yet durable, and those three in it.
struct Gathered : Stage {
  Gathered() {
    gather("a");
    update('a', first);
    join('r', reader);
    join('h', provider);
    join('s', sweet);
    REQUIRE(mine.apply_update(first).ok());
  }
  Doc writer{{.client_id = 1}};
  Doc mine{{.client_id = 2}};
  Bytes first = edit("u1", writer);
};

}  // namespace

TEST_CASE("45 a read-only session that only has what others wrote is like any other") {
  Gathered stage;
  CHECK(stage.step2('r', stage.first) == "");
  CHECK(stage.step2('h', stage.first) == "");
  CHECK(stage.step2('s', stage.first) == "");
  CHECK(stage.update('r', {0, 0}) == "");
  CHECK(stage.receive('s', status(1)) == "s<beat");
  CHECK(stage.committed(1) == "a<u1 h<saved r<empty s<status1");
  CHECK(stage.presence('r', 7, 1, "x") == "a<7@2x h<7@2x r<7@2x s<7@2x");
  CHECK(stage.update('a', stage.edit("u2", stage.writer)) == "h<u2 r<u2 s<u2 +u2");
}

TEST_CASE("45 what a read-only session writes is not applied, and it is told") {
  Gathered stage;
  stage.committed(1);
  for (const char member : std::string("rhs")) stage.step2(member, stage.first);
  const Bytes mine = stage.edit("mine", stage.mine);
  CHECK(stage.update('r', mine) == "r<denied");
  CHECK(stage.update('h', mine) == "h<unsaved");
  CHECK(stage.update('s', mine) == "s<denied");
  CHECK(stage.update('r', {0, 0}) == "r<denied");  // asks whether all is durable
  CHECK(stage.receive('s', status(1)) == "s<beat");
  CHECK(stage.step1('a') == "a<diff");
  Doc after;
  CHECK(text_after(stage.last, after) == "x");
}

TEST_CASE("45 what a read-only session wrote offline is not applied, and it is told") {
  Gathered stage;
  stage.committed(1);
  stage.edit("offline", stage.mine);
  CHECK(stage.step2('r', stage.mine.encode_state()) == "r<denied");
  CHECK(stage.step2('h', stage.mine.encode_state()) == "h<unsaved");
  CHECK(stage.step2('s', stage.mine.encode_state()) == "s<denied");
  CHECK(stage.update('r', {0, 0}) == "r<denied");
  CHECK(stage.receive('s', status(1)) == "s<beat");
}

TEST_CASE("45 what a read-only session deletes is seen as an edit, too") {
  Gathered stage;
  stage.committed(1);
  Doc eraser({.client_id = 3});
  REQUIRE(eraser.apply_update(stage.first).ok());
  eraser.text("text").erase(0, 1);
  CHECK(stage.step2('r', eraser.encode_state()) == "r<denied");
}

TEST_CASE("45 the edit of a thin client that is read-only is refused") {
  Gathered stage;
  stage.join('t', thin);
  CHECK(stage.splice('t', 1, 1, {{0, 0, "x"}}) == "t~#1!readonly");
}

TEST_CASE("45 a read-only session cannot make the server compare for ever") {
  Stage stage;
  Doc writer({.client_id = 1});
  const Bytes edit = stage.edit("u1", writer);
  stage.limits.request_burst = 2;
  stage.limits.requests_per_second = 0;
  stage.gather("a");
  stage.join('r', reader);
  CHECK(stage.step2('r', edit) == "r<denied");
  CHECK(stage.step2('r', edit) == "r<denied");
  CHECK(stage.step2('r', edit) == "r!1013");
  stage.join('r', reader);
  CHECK(stage.step2('r', {1, 2, 3}) == "r!4400");
}
