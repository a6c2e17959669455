// What members are told of each other's edits within a turn: merged, and never their own.
#include "catch.hpp"
#include "net_room_notation.hpp"
#include "stet/update.hpp"

namespace {

// The edits named so, merged, are shown as that name: "u1+u2".
Bytes merged(Stage& stage, const std::string& name, std::vector<Bytes> edits) {
  const std::vector<ByteView> views(edits.begin(), edits.end());
  Bytes update = *merge_updates(views);
  stage.name(update, name);
  return update;
}

}  // namespace

TEST_CASE("what came in one turn goes to each in one frame, without its own") {
  Stage stage;
  Doc first({.client_id = 1});
  Doc second({.client_id = 2});
  stage.gather("abc");
  stage.is_long_turn = true;
  const Bytes u1 = stage.edit("u1", first);
  const Bytes u2 = stage.edit("u2", first);
  const Bytes v1 = stage.edit("v1", second);
  merged(stage, "u1u2", {u1, u2});
  merged(stage, "all", {u1, u2, v1});
  CHECK(stage.update('a', u1) == "+u1");
  CHECK(stage.update('a', u2) == "+u2");
  CHECK(stage.update('b', v1) == "+v1");
  CHECK(stage.end_turn() == "a<v1 b<u1u2 c<all");
  CHECK(stage.end_turn() == "");
  CHECK(stage.committed(3) == "a<u1 a<u2 b<v1");
}

TEST_CASE("who joins or asks within a turn gets what came in it once") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  stage.is_long_turn = true;
  CHECK(stage.update('a', stage.edit("u1", writer)) == "+u1");
  CHECK(stage.join('c') == "c<step1");
  CHECK(stage.step1('c') == "c<diff");
  CHECK(stage.step1('b') == "b<diff");
  CHECK(stage.end_turn() == "");
}

TEST_CASE("a cursor comes behind the text in which it stands") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("ab");
  stage.presence('a', 7, 1, "x");
  stage.is_long_turn = true;
  CHECK(stage.update('a', stage.edit("u1", writer)) == "+u1");
  CHECK(stage.presence('a', 7, 5, "y") == "b<u1 b<7@5y");
  CHECK(stage.end_turn() == "");
}

TEST_CASE("a turn that brings much does not wait for its end") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.merge_bytes = 300;
  stage.gather("ab");
  stage.is_long_turn = true;
  CHECK(stage.update('a', stage.edit("u1", writer, 200)) == "+u1");
  const Bytes u2 = stage.edit("u2", writer, 200);
  CHECK(stage.update('a', u2) == "b<? +u2");
  Doc reader;
  CHECK(text_after(stage.last, reader) == writer.text("text").to_string());
}

TEST_CASE("who has much to read waits, and gets what came meanwhile as one update, the same as others who wait") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.merge_bytes = 300;
  stage.gather("abc");
  CHECK(stage.update('a', stage.edit("u1", writer, 400)) == "b<u1 c<u1 +u1");
  const Bytes u2 = stage.edit("u2", writer);
  const Bytes u3 = stage.edit("u3", writer);
  merged(stage, "u2u3", {u2, u3});
  CHECK(stage.update('a', u2) == "+u2");
  CHECK(stage.update('a', u3) == "+u3");
  CHECK(stage.written('b') == "b<u2u3");
  CHECK(stage.update('a', stage.edit("u4", writer)) == "b<u4 +u4");
  CHECK(stage.leave('c') == "");
}

TEST_CASE("who waits for more than its bound lags from then on") {
  Stage stage;
  Doc writer({.client_id = 1});
  Doc reader;
  stage.limits.merge_bytes = 100;
  stage.limits.queue_bytes = 1'000;
  stage.gather("ab");
  stage.update('a', stage.edit("u1", writer, 400));
  text_after(stage.last, reader);
  CHECK(stage.update('a', stage.edit("u2", writer, 400)) == "+u2");
  CHECK(stage.update('a', stage.edit("u3", writer, 400)) == "b<? +u3");
  text_after(stage.last, reader);
  CHECK(stage.update('a', stage.edit("u4", writer, 400)) == "+u4");
  CHECK(stage.written('b') == "b<diff");
  CHECK(text_after(stage.last, reader) == writer.text("text").to_string());
}

TEST_CASE("providers of Hocuspocus are told by their own names, and get one SyncStatus for each update") {
  Stage stage;
  Doc first({.client_id = 1});
  Doc second({.client_id = 2});
  stage.join('h', {.dialect = Dialect::hocuspocus, .address = "doc"});
  stage.gather("ab");
  stage.is_long_turn = true;
  const Bytes u1 = stage.edit("u1", first);
  const Bytes v1 = stage.edit("v1", second);
  merged(stage, "both", {u1, v1});
  stage.update('a', u1);
  stage.update('b', v1);
  CHECK(stage.end_turn() == "a<v1 b<u1 h<both");
}
