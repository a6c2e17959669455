#include "catch.hpp"
#include "stet/undo.hpp"

using namespace stet;

namespace {

struct Fixture {
  Doc doc{DocOptions{.client_id = 1}};
  Text text = doc.text("t");
  std::int64_t now_ms = 1000;

  UndoManager manager(UndoOptions options = {}) {
    options.clock_ms = [this] { return now_ms; };
    const SharedType scope[] = {text};
    return UndoManager(doc, scope, std::move(options));
  }
};

}  // namespace

TEST_CASE("undo takes back what was typed within the capture timeout, redo brings it again") {
  Fixture f;
  UndoManager undo = f.manager();
  f.text.insert(0, "ab");
  f.now_ms += 499;
  f.text.insert(2, "cd");
  f.now_ms += 500;
  f.text.insert(4, "ef");
  REQUIRE(undo.undo());
  CHECK(f.text.to_string() == "abcd");
  REQUIRE(undo.undo());
  CHECK(f.text.to_string().empty());
  CHECK(!undo.can_undo());
  CHECK(!undo.undo());
  REQUIRE(undo.redo());
  REQUIRE(undo.redo());
  CHECK(f.text.to_string() == "abcdef");
  CHECK(f.doc.check().empty());
}

TEST_CASE("stop_capturing begins a new step, and a new change forgets what could be redone") {
  Fixture f;
  UndoManager undo = f.manager();
  f.text.insert(0, "a");
  undo.stop_capturing();
  f.text.insert(1, "b");
  REQUIRE(undo.undo());
  CHECK(f.text.to_string() == "a");
  CHECK(undo.can_redo());
  f.text.insert(1, "c");
  CHECK(!undo.can_redo());
}

TEST_CASE("only tracked origins and types in scope are undone") {
  Fixture f;
  UndoManager undo = f.manager({.tracked_origins = {"me"}});
  f.doc.transact([&] { f.text.insert(0, "mine"); }, "me");
  f.doc.transact([&] { f.text.insert(4, " theirs"); }, "them");
  f.doc.transact([&] { f.doc.text("other").insert(0, "x"); }, "me");
  REQUIRE(undo.undo());
  CHECK(f.text.to_string() == " theirs");
  CHECK(f.doc.text("other").to_string() == "x");
  CHECK(!undo.can_undo());
}

TEST_CASE("deleted content is kept for undo in spite of garbage collection, until clear()") {
  Fixture f;
  f.text.insert(0, "hello");
  UndoManager undo = f.manager();
  f.text.erase(0, 5);
  REQUIRE(undo.undo());
  CHECK(f.text.to_string() == "hello");
  f.text.erase(0, 5);
  undo.clear();
  CHECK(!undo.undo());
  CHECK(f.doc.check().empty());
}

TEST_CASE("a nested type comes back with what was in it") {
  Doc doc({.client_id = 1});
  Map map = doc.map("m");
  const SharedType scope[] = {map};
  UndoManager undo(doc, scope);
  const Text nested(map.set_type("k", TypeKind::text));
  Text(nested).insert(0, "in it");
  map.erase("k");
  REQUIRE(undo.undo());
  const auto back = map.get("k");
  REQUIRE(back);
  CHECK(Text(std::get<SharedType>(*back)).to_string() == "in it");
}

TEST_CASE("the value that somebody else has set stays, unless remote changes are to be ignored") {
  for (const bool ignore : {false, true}) {
    Doc doc({.client_id = 1});
    Map map = doc.map("m");
    const SharedType scope[] = {map};
    map.set("k", "before");
    UndoManager undo(doc, scope, {.ignore_remote_map_changes = ignore});
    map.set("k", "mine");
    doc.transact([&] { map.set("k", "theirs"); }, "them");
    undo.undo();
    CHECK(std::get<Any>(*map.get("k")) == Any(ignore ? "before" : "theirs"));
  }
}

TEST_CASE("metadata of a step comes with the events about it") {
  Fixture f;
  UndoManager undo = f.manager();
  std::string seen;
  const Subscription added = undo.on_added([&](const UndoEvent& event) {
    event.metadata["cursor"] = 7;
    seen += event.stack == UndoStack::undo ? "+u" : "+r";
    CHECK(event.types.size() == 1);
  });
  const Subscription updated = undo.on_updated([&](const UndoEvent&) { seen += "="; });
  const Subscription cleared = undo.on_cleared([&](bool, bool) { seen += "!"; });
  const Subscription popped = undo.on_popped([&](const UndoEvent& event) {
    seen += "-";
    CHECK(std::any_cast<int>(event.metadata.at("cursor")) == 7);
    CHECK(event.origin == undo.origin());
  });
  f.text.insert(0, "a");
  f.text.insert(1, "b");
  undo.undo();
  undo.clear();
  CHECK(seen == "+u=+r-!");
}

TEST_CASE("what may not be deleted stays") {
  Doc doc({.client_id = 1});
  Array array = doc.array("a");
  const SharedType scope[] = {array};
  UndoManager undo(doc, scope, {.may_delete = [](const UndoDeletion& item) { return !item.type; }});
  doc.transact([&] {
    array.push_back(1);
    array.insert_type(1, TypeKind::map);
  });
  REQUIRE(undo.undo());
  CHECK(array.length() == 1);
}
