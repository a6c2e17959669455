#include "catch.hpp"
#include "stet/relative_position.hpp"
#include "stet/undo.hpp"

using namespace stet;

TEST_CASE("a position stays with its unit") {
  Doc doc({.client_id = 1});
  Text text = doc.text("t");
  text.insert(0, "abcd");
  const RelativePosition before_c = relative_position(text, 2);
  const RelativePosition behind_b = relative_position(text, 2, -1);
  const RelativePosition end = relative_position(text, 4);
  text.insert(2, "--");
  text.insert(0, "x");
  CHECK(absolute_position(doc, before_c)->index == 5);
  CHECK(absolute_position(doc, behind_b)->index == 3);
  CHECK(absolute_position(doc, end)->index == 7);
  text.erase(5, 2);
  CHECK(absolute_position(doc, before_c)->index == 5);
  CHECK(absolute_position(doc, before_c)->type == SharedType(text));
}

TEST_CASE("what an undo brought back is the same place, for who wants that") {
  Doc doc({.client_id = 1});
  Text text = doc.text("t");
  text.insert(0, "abcd");
  const SharedType scope[] = {text};
  UndoManager undo(doc, scope);
  const RelativePosition before_c = relative_position(text, 2);
  text.erase(0, 4);
  undo.undo();
  CHECK(absolute_position(doc, before_c)->index == 2);
  CHECK(absolute_position(doc, before_c, false)->index != 2);
}

TEST_CASE("positions as bytes and JSON") {
  Doc doc({.client_id = 3});
  Text text = doc.text("t");
  text.insert(0, "ab");
  const RelativePosition position = relative_position(text, 1, -1);
  CHECK(encode_relative_position(position) == Bytes{0, 3, 0, 0x41});
  CHECK(relative_position_to_json(position) == R"({"tname":"t","item":{"client":3,"clock":0},"assoc":-1})");
  CHECK(*relative_position_from_json(relative_position_to_json(position)) == position);
  CHECK(*decode_relative_position(Bytes{1, 1, 't'}) == *decode_relative_position(Bytes{1, 1, 't', 0}));
  CHECK(!decode_relative_position(Bytes{}));
  CHECK(!decode_relative_position(Bytes{3, 0, 0}));
  CHECK(!decode_relative_position(Bytes{0, 3}));
  CHECK(!relative_position_from_json("{}"));
  CHECK(!relative_position_from_json(R"({"item":{"client":-1,"clock":0}})"));
  CHECK(!absolute_position(doc, *decode_relative_position(Bytes{0, 3, 9, 0})));
}
