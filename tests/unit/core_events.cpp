// What observers hear: deltas, keys and paths, of edits here and from elsewhere; and updates with their origin.
#include "catch.hpp"
#include "core_notation.hpp"
#include "core_shown.hpp"

using namespace stet;
using namespace stet::test;

namespace {

Doc with_client(std::uint64_t client) {
  DocOptions options;
  options.client_id = client;
  return Doc(options);
}

// A type under observation. said() gives what was heard since the last time, one call after the other: "event | event".
class Ear {
 public:
  Ear() = default;
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  void listen(const SharedType& type) {
    subscriptions_.push_back(type.observe([this](const Event& event) { hear(shown(event)); }));
  }
  void listen_deep(const SharedType& type) {
    subscriptions_.push_back(type.observe_deep([this](std::span<const Event> events) {
      std::string all;
      for (const Event& event : events) all += (all.empty() ? "" : "; ") + shown(event);
      hear(all);
    }));
  }
  void stop() { subscriptions_.clear(); }
  std::string said() { return std::exchange(heard_, {}); }

 private:
  void hear(const std::string& what) { heard_ += (heard_.empty() ? "" : " | ") + what; }

  std::vector<Subscription> subscriptions_;
  std::string heard_;
};

}  // namespace

TEST_CASE("events: deltas of a text") {
  Doc doc = with_client(1);
  Text text = doc.text("t");
  Ear ear;
  ear.listen(text);
  text.insert(0, "hello");
  CHECK(ear.said() == "'hello'");
  text.insert(5, " w\xc3\xb6rld \xf0\x9f\x98\x80", {{"bold", true}});
  CHECK(ear.said() == "=5 ' w\xc3\xb6rld \xf0\x9f\x98\x80'{bold:true}");
  text.erase(0, 4);
  CHECK(ear.said() == "-4");
  text.format(0, 3, {{"em", true}, {"bold", Null{}}});
  CHECK(ear.said() == "=1{em:true} =2{em:true,bold:null}");
  text.insert_embed(1, AnyObject{{"image", 1}});
  CHECK(ear.said() == "=1 ({\"image\":1})");
  text.erase(0, text.length());
  ear.said();
  doc.transact([&] {
    text.insert(0, "x");
    text.erase(0, 1);
  });
  CHECK(ear.said().empty());
  doc.transact([&] {
    text.insert(0, "ab");
    text.erase(1, 1);
    text.insert(1, "c");
  });
  CHECK(ear.said() == "'ac'");
}

TEST_CASE("events: deltas of arrays and XML") {
  Doc doc = with_client(1);
  Array array = doc.array("a");
  Ear ear;
  ear.listen(array);
  const std::vector<Any> values{1, "x", Null{}};
  array.insert(0, std::span(values));
  CHECK(ear.said() == "[1,\"x\",null]");
  array.insert_type(1, TypeKind::map);
  CHECK(ear.said() == "=1 [(map)]");
  doc.transact([&] {
    array.erase(0, 2);
    array.push_back(true);
  });
  CHECK(ear.said() == "-2 =2 [true]");

  XmlFragment xml = doc.xml_fragment("x");
  ear.listen(xml);
  XmlElement p(xml.insert(0, TypeKind::xml_element, "p"));
  CHECK(ear.said() == "[(element)]");
  ear.listen(p);
  p.set_attribute("class", "wide");
  CHECK(ear.said() == "class+");
  p.insert(0, TypeKind::xml_text);
  CHECK(ear.said() == "[(xtext)]");
}

TEST_CASE("events: keys of a map") {
  Doc doc = with_client(1);
  Map map = doc.map("m");
  Ear ear;
  ear.listen(map);
  map.set("k", 1);
  CHECK(ear.said() == "k+");
  map.set("k", "x");
  CHECK(ear.said() == "k=1");
  map.erase("k");
  CHECK(ear.said() == "k-\"x\"");
  map.erase("k");
  CHECK(ear.said().empty());
  doc.transact([&] {
    map.set("a", 1);
    map.set("a", 2);
    map.set("b", 3);
  });
  CHECK(ear.said() == "a+ b+");
  doc.transact([&] {
    map.set("a", 4);
    map.erase("a");
  });
  CHECK(ear.said() == "a-2");
  doc.transact([&] {
    map.set("new", 4);
    map.erase("new");
  });
  CHECK(ear.said().empty());
  map.set_type("t", TypeKind::text);
  CHECK(ear.said() == "t+");
  map.set("t", false);
  CHECK(ear.said() == "t=null");  // the old value was a type that is gone: undefined
}

TEST_CASE("events: deep observers hear what is within, by depth and with the way there") {
  Doc doc = with_client(1);
  Map root = doc.map("m");
  Ear shallow;
  Ear deep;
  shallow.listen(root);
  deep.listen_deep(root);
  Array list(root.set_type("list", TypeKind::array));
  CHECK(shallow.said() == "list+");
  CHECK(deep.said() == "list+");
  const std::vector<Any> values{1, 2};
  list.insert(0, std::span(values));
  Text text(list.insert_type(1, TypeKind::text));
  text.insert(0, "in");
  CHECK(shallow.said().empty());
  CHECK(deep.said() == "list: [1,2] | list: =1 [(text)] | list/1: 'in'");
  doc.transact([&] {
    text.insert(2, "side");
    list.insert(0, true);
    root.set("k", 1);
  });
  CHECK(shallow.said() == "k+");
  CHECK(deep.said() == "k+; list: [true]; list/2: =2 'side'");
  // A type that is itself new, or gone, is told by the one around it.
  doc.transact([&] {
    Text(list.insert_type(0, TypeKind::text)).insert(0, "new");
    text.insert(0, "gone");
    list.erase(3);
  });
  CHECK(deep.said() == "list: [(text)] =2 -1");
}

TEST_CASE("events: each observer hears of a transaction once, whatever it changed") {
  Doc doc = with_client(1);
  Ear ear;
  Text text = doc.text("t");
  Map map = doc.map("m");
  ear.listen(text);
  ear.listen(text);
  ear.listen(map);
  doc.transact([&] {
    text.insert(0, "a");
    doc.transact([&] { text.insert(1, "b"); });
    map.set("k", 1);
  });
  CHECK(ear.said() == "'ab' | 'ab' | k+");
  ear.stop();
  text.insert(0, "c");
  CHECK(ear.said().empty());
}

TEST_CASE("events: of updates from elsewhere") {
  Doc here = with_client(1);
  Doc there = with_client(2);
  Ear ear;
  ear.listen(here.text("t"));
  ear.listen_deep(here.map("m"));
  there.text("t").insert(0, "abc");
  Map(there.map("m").set_type("in", TypeKind::map)).set("k", 1);
  REQUIRE(here.apply_update(there.encode_state()).ok());
  CHECK(ear.said() == "'abc' | in+");
  const Bytes before = there.encode_state_vector();
  there.text("t").erase(1, 1);
  there.text("t").format(0, 2, {{"bold", true}});
  Map(std::get<SharedType>(*there.map("m").get("in"))).erase("k");
  REQUIRE(here.apply_update(*there.encode_diff(before)).ok());
  CHECK(ear.said() == "=1{bold:true} -1 =1{bold:true} | in: k-1");
  // What waits is heard of when it comes in.
  REQUIRE(here.apply_update(update("9:1 'z' <9:0")).ok());
  CHECK(ear.said().empty());
  REQUIRE(here.apply_update(update("9:0 'y' @t")).ok());
  CHECK(ear.said() == "=2 'yz'");
}

TEST_CASE("events: target, observed type and transaction") {
  Doc doc = with_client(1);
  Map root = doc.map("m");
  Array list(root.set_type("list", TypeKind::array));
  int calls = 0;
  const Subscription subscription = root.observe_deep([&](std::span<const Event> events) {
    REQUIRE(events.size() == 1);
    CHECK(events[0].target() == list);
    CHECK(events[0].current_target() == root);
    CHECK(events[0].transaction().origin == "me");
    CHECK(events[0].transaction().local == (calls == 0));
    ++calls;
  });
  doc.transact([&] { list.push_back(1); }, "me");
  REQUIRE(doc.apply_update(update("2:0 any(2) @1:0"), Encoding::v1, "me").ok());
  CHECK(calls == 2);
}

TEST_CASE("events: an observer that edits makes a transaction of its own, after this one") {
  Doc doc = with_client(1);
  Text text = doc.text("t");
  Map log = doc.map("log");
  std::vector<std::string> updates;
  const Subscription heard = doc.on_update(
      [&](ByteView bytes, const TransactionInfo& info) { updates.push_back(info.origin + ": " + show(bytes)); });
  const Subscription observer = text.observe(
      [&](const Event&) { doc.transact([&] { log.set("length", static_cast<int>(text.length())); }, "observer"); });
  doc.transact([&] { text.insert(0, "ab"); }, "user");
  // As in Yjs, the first one's update is written after that.
  CHECK(updates ==
        std::vector<std::string>{"user: 1:0 'ab' @t; 1:2 any(2) @log.length", "observer: 1:2 any(2) @log.length"});
}

TEST_CASE("events: updates of local and of remote transactions, in both encodings") {
  Doc doc = with_client(1);
  Doc by_v1;
  Doc by_v2;
  std::string heard;
  const Subscription v1 = doc.on_update([&](ByteView bytes, const TransactionInfo& info) {
    heard += (info.local ? "local " : "remote ") + info.origin + "; ";
    REQUIRE(by_v1.apply_update(bytes).ok());
  });
  const Subscription v2 = doc.on_update(
      [&](ByteView bytes, const TransactionInfo&) { REQUIRE(by_v2.apply_update(bytes, Encoding::v2).ok()); },
      Encoding::v2);
  doc.transact([&] { doc.text("t").insert(0, "abc"); }, "typing");
  doc.array("a").push_back(AnyObject{{"x", 1}});
  REQUIRE(doc.apply_update(update("2:0 'x' <1:1 >1:2; del 1:0+1"), Encoding::v1, "peer").ok());
  CHECK(heard == "local typing; local ; remote peer; ");
  // Nothing new, nothing that can be integrated, nothing done: nothing to hear.
  REQUIRE(doc.apply_update(update("2:0 'x' <1:1 >1:2; del 1:0+1")).ok());
  REQUIRE(doc.apply_update(update("7:5 'x' <7:4")).ok());
  REQUIRE_FALSE(doc.apply_update(Bytes{1, 2, 3}).ok());
  doc.transact([] {});
  CHECK(heard == "local typing; local ; remote peer; ");
  REQUIRE(doc.apply_update(update("7:0 'abcde' @t")).ok());
  CHECK(by_v1.encode_state() == doc.encode_state());
  CHECK(by_v2.encode_state() == doc.encode_state());
}

TEST_CASE("events: subscriptions outlive the document, and follow it when it is moved") {
  Ear ear;
  Subscription updates;
  int count = 0;
  {
    Doc doc = with_client(1);
    Text text = doc.text("t");
    ear.listen(text);
    updates = doc.on_update([&](ByteView, const TransactionInfo&) { ++count; });
    Doc moved = std::move(doc);
    text.insert(0, "a");
    CHECK(moved.text("t").to_string() == "a");
    CHECK(ear.said() == "'a'");
  }
  updates.cancel();
  CHECK(count == 1);
}

TEST_CASE("events: asking for a root gives it its kind") {
  Doc doc = with_client(1);
  REQUIRE(doc.apply_update(update("2:0 map @rich; 2:1 any(1) @list; 2:2 elem(p) @xml; 2:3 any(2) @m.k; 2:4 map @later"))
              .ok());
  CHECK(doc.to_json().to_json() == R"({"rich":[{}],"list":[1],"xml":"<p></p>","m":{"k":2},"later":[{}]})");
  Ear ear;
  Text rich = doc.text("rich");
  ear.listen(rich);
  CHECK(rich.kind() == TypeKind::text);
  CHECK(rich.to_json() == Any(""));
  doc.transact([&] {
    rich.insert_type(1, TypeKind::array);
    rich.insert_type(2, TypeKind::array);
  });
  CHECK(ear.said() == "=1 (array) (array)");
  // The first word stays; another handle is another view.
  Array later = doc.array("later");
  CHECK(doc.text("later").kind() == TypeKind::array);
  CHECK(later == doc.text("later"));
  CHECK(later.to_json().to_json() == "[{}]");
  CHECK(doc.map("empty").to_json().to_json() == "{}");
  doc.xml_text("x").insert(0, "b", {{"b", AnyObject{}}});
  CHECK(doc.to_json().to_json() ==
        R"({"rich":"","list":[1],"xml":"<p></p>","m":{"k":2},"later":[{}],"empty":{},"x":"<b>b</b>"})");
}

TEST_CASE("events: sub-documents are values") {
  Doc doc = with_client(1);
  Ear ear;
  ear.listen(doc.array("a"));
  ear.listen(doc.map("m"));
  const SubDoc sub{"some-guid", AnyObject{{"autoLoad", true}, {"meta", AnyObject{{"title", "x"}}}}};
  doc.array("a").insert_doc(0, sub);
  doc.map("m").set_doc("k", sub);
  CHECK(ear.said() == R"([doc some-guid {"autoLoad":true,"meta":{"title":"x"}}] | k+)");
  Doc copy;
  REQUIRE(copy.apply_update(doc.encode_state(Encoding::v2), Encoding::v2).ok());
  CHECK(copy.array("a").get(0) == Value(sub));
  CHECK(copy.map("m").get("k") == Value(sub));
  CHECK(copy.to_json().to_json() == R"({"a":[{}],"m":{"k":{}}})");
  CHECK(copy.encode_state() == doc.encode_state());
  doc.array("a").erase(0);
  CHECK(ear.said() == "-1");
  CHECK(doc.array("a").length() == 0);
}
