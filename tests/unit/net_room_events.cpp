// Members that take events instead of frames, and edit through the room. The notation is in net_room_notation.hpp.
#include "net_room_notation.hpp"

namespace {

const MemberProfile watcher{.dialect = Dialect::events, .root = "text"};

}  // namespace

TEST_CASE("a member without frames is told what is there, then each edit, and what of it is durable") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.update('a', stage.edit("u1", writer));
  CHECK(stage.join('e', watcher) == "e~open1\"x\"");
  CHECK(stage.update('a', stage.edit("u2", writer, 2)) == "+u2 e~2a\"+1xx\"");
  CHECK(stage.update('a', stage.edit("u3", writer)) == "+u3 e~3a\"+3x\"");
  CHECK(stage.committed(2) == "a<u1 a<u2 e~durable2");
  CHECK(stage.committed(1) == "a<u3 e~durable3");
  CHECK(stage.presence('a', 7, 1, "x") == "a<7@2x e~7@2x");
  CHECK(stage.leave('a') == "e~7@3-");
}

TEST_CASE("the sequences that a member is told go on where the log ends") {
  Stage stage;
  Doc writer({.client_id = 1});
  storage::LoadedDoc doc;
  doc.snapshot = stage.edit("u1", writer);
  doc.snapshot_seq = doc.head_seq = 41;
  stage.join('e', watcher);
  CHECK(stage.loaded(doc) == "e~open41\"x\"");
  stage.join('a');
  stage.step2('a');
  CHECK(stage.update('a', stage.edit("u2", writer)) == "+u2 e~42a\"+1x\"");
  CHECK(stage.committed(1) == "a<u2 e~durable42");
}

TEST_CASE("an edit that changes nothing of the root is told all the same: its sequence counts") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.join('e', watcher);
  Bytes elsewhere;
  const Subscription updates =
      writer.on_update([&](ByteView update, const TransactionInfo&) { elsewhere = {update.begin(), update.end()}; });
  writer.map("map").set("key", Any(true));
  stage.name(elsewhere, "elsewhere");
  CHECK(stage.update('a', elsewhere) == "+elsewhere e~1a\"\"");
}

TEST_CASE("a member without frames edits through the room") {
  Stage stage;
  stage.gather("a");
  stage.join('e', watcher);
  stage.join('f', watcher);
  CHECK(stage.edit('e', [](Doc& doc) { doc.text("text").insert(0, "hi"); }) == "a<? +? e~1e\"hi\" f~1e\"hi\"");
  Doc reader;
  CHECK(text_after(stage.last, reader) == "hi");
  CHECK(stage.edit('e', [](Doc&) {}) == "");
  CHECK(stage.committed(1) == "e~durable1 f~durable1");
  stage.drain();
  CHECK(stage.edit('e', [](Doc& doc) { doc.text("text").insert(0, "late"); }) == "");
}

TEST_CASE("after a failed commit the server edits under another client id") {
  Stage stage;
  stage.join('e', watcher);
  stage.loaded();
  stage.edit('e', [](Doc& doc) { doc.text("text").insert(0, "lost"); });
  CHECK(stage.committed(1, true) == "e!1013");
  stage.join('e', watcher);
  CHECK(stage.loaded() == "e~open0\"\"");
}
