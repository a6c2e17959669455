#include "catch.hpp"
#include "stet/snapshot.hpp"
#include "stet/types.hpp"

using namespace stet;

TEST_CASE("a document as it was") {
  Doc doc({.client_id = 1, .gc = false});
  Text text = doc.text("t");
  text.insert(0, "world!");
  const Snapshot snapshot = take_snapshot(doc);
  text.insert(0, "hello ");
  text.erase(6, 6);
  auto restored = create_doc_from_snapshot(doc, snapshot);
  REQUIRE(restored);
  CHECK(restored->text("t").to_string() == "world!");
  CHECK(take_snapshot(*restored) == snapshot);
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    CHECK(*decode_snapshot(encode_snapshot(snapshot, encoding), encoding) == snapshot);
  }
  CHECK(*snapshot_contains_update(take_snapshot(doc), doc.encode_state()));
  CHECK(!*snapshot_contains_update(snapshot, doc.encode_state()));
}

TEST_CASE("a snapshot cuts within a pair: this side shows U+FFFD, the document keeps the character") {
  Doc doc({.client_id = 1, .gc = false});
  doc.text("t").insert(0, "a\xf0\x9f\x98\x80");
  Snapshot snapshot = take_snapshot(doc);
  snapshot.state[1] = 2;
  CHECK(create_doc_from_snapshot(doc, snapshot)->text("t").to_string() == "a\xef\xbf\xbd");
  CHECK(doc.text("t").to_string() == "a\xf0\x9f\x98\x80");
}

TEST_CASE("a snapshot cuts within a GC struct: it stays whole, as in Yjs") {
  Doc doc({.client_id = 1, .gc = false});
  REQUIRE(doc.apply_update(Bytes{1, 1, 5, 0, 0, 1, 0}));
  const Snapshot snapshot = take_snapshot(doc);
  REQUIRE(doc.apply_update(Bytes{1, 1, 5, 1, 0, 5, 0}));
  CHECK(take_snapshot(*create_doc_from_snapshot(doc, snapshot)).state.at(5) == 6);
}

TEST_CASE("no document from a snapshot of another one, or where garbage is collected") {
  Doc doc({.client_id = 1, .gc = false});
  Snapshot snapshot;
  snapshot.state[7] = 1;
  CHECK(!create_doc_from_snapshot(doc, snapshot));
  CHECK(!create_doc_from_snapshot(Doc(), Snapshot()));
  CHECK(!decode_snapshot(Bytes{0}));
  CHECK(!decode_snapshot(Bytes{0, 0, 0}));
}
