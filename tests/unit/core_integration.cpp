// Where structs go: YATA order, deletion, maps, nesting, collection.
#include <algorithm>

#include "catch.hpp"
#include "core_notation.hpp"

using namespace stet;
using namespace stet::test;

namespace {

// What every order of delivery must come to.
std::string in_any_order(std::vector<std::string> updates, const std::string& root) {
  std::sort(updates.begin(), updates.end());
  std::string first;
  Bytes first_state;
  do {
    Doc doc;
    for (const std::string& one : updates) REQUIRE(doc.apply_update(update(one)).ok());
    REQUIRE(doc.check() == "");
    REQUIRE_FALSE(doc.has_pending());
    if (first_state.empty()) {
      first_state = doc.encode_state();
      first = tree(doc, root);
    }
    REQUIRE(show(doc.encode_state()) == show(first_state));
  } while (std::next_permutation(updates.begin(), updates.end()));
  return first;
}

// The tree after these updates.
std::string after(std::initializer_list<const char*> updates, const std::string& root) {
  Replica replica;
  for (const char* one : updates) replica.with(one);
  return replica.tree(root);
}

}  // namespace

TEST_CASE("core: what follows on is one run") {
  Replica a;
  CHECK(a.apply("1:0 'a' @t") == "exact");
  CHECK(a.apply("1:1 'b' <1:0") == "exact");
  CHECK(a.state() == "1:0 'ab' @t");
  CHECK(a.apply("1:2 'x' <1:0 >1:1") == "exact");
  CHECK(a.state() == "1:0 'a' @t; 1:1 'b' <1:0; 1:2 'x' <1:0 >1:1");
  CHECK(a.text("t") == "axb");
}

TEST_CASE("core: concurrent inserts stand in the order of their clients") {
  CHECK(in_any_order({"1:0 'a' @t", "2:0 'b' @t", "3:0 'c' @t", "4:0 'd' @t"}, "t") == "'abcd'");
  CHECK(in_any_order({"9:0 '[]' @t", "1:0 'a' <9:0 >9:1", "2:0 'b' <9:0 >9:1", "3:0 'c' <9:0 >9:1"}, "t") == "'[abc]'");
}

TEST_CASE("core: concurrent runs do not interleave") {
  CHECK(in_any_order({"1:0 'a' @t", "1:1 'b' <1:0", "2:0 'x' @t", "2:1 'y' <2:0"}, "t") == "'abxy'");
  CHECK(in_any_order({"1:0 'b' @t", "1:1 'a' >1:0", "2:0 'y' @t", "2:1 'x' >2:0"}, "t") == "'abxy'");
}

TEST_CASE("core: an insert stays between its origins") {
  CHECK(after({"1:0 'abc' @t", "2:0 'x' <1:0 >1:1"}, "t") == "'axbc'");
  CHECK(after({"1:0 'abc' @t", "2:0 'x' <1:2"}, "t") == "'abcx'");
  CHECK(after({"1:0 'abc' @t", "2:0 'x' >1:0"}, "t") == "'xabc'");
  CHECK(in_any_order({"1:0 'ab' @t", "2:0 'x' <1:0 >1:1", "3:0 'y' <2:0 >1:1", "4:0 'z' <1:0 >2:0"}, "t") == "'azxyb'");
}

TEST_CASE("core: one that wrote behind another's insert comes with it") {
  // 1 and 3 write at the front; 2 writes behind 3, so the smaller client does not pull it to the left.
  CHECK(in_any_order({"1:0 'a' @t", "3:0 'c' @t", "2:0 'b' <3:0"}, "t") == "'acb'");
  CHECK(in_any_order({"9:0 '[]' @t", "1:0 'a' <9:0 >9:1", "3:0 'c' <9:0 >9:1", "2:0 'b' <3:0 >9:1"}, "t") == "'[acb]'");
}

TEST_CASE("core: different right origins") {
  CHECK(in_any_order({"9:0 'ab' @t", "1:0 'x' <9:0 >9:1", "2:0 'y' <9:0"}, "t") == "'axyb'");
  CHECK(in_any_order({"9:0 'ab' @t", "2:0 'x' <9:0 >9:1", "1:0 'y' <9:0"}, "t") == "'ayxb'");
}

TEST_CASE("core: deletion") {
  Replica a;
  a.with("1:0 'abcdef' @t");
  CHECK(a.apply("del 1:1+2") == "exact");
  CHECK(a.text("t") == "adef");
  CHECK(a.state() == "1:0 'a' @t; 1:1 dead+2 <1:0; 1:3 'def' <1:2; del 1:1+2");
  CHECK(a.apply("del 1:1+2") == "nothing new");
  CHECK(a.apply("del 1:2+2") == "exact");  // overlaps what is deleted
  CHECK(a.state() == "1:0 'a' @t; 1:1 dead+3 <1:0; 1:4 'ef' <1:3; del 1:1+3");
  CHECK(a.apply("del 1:0+6") == "exact");
  CHECK(a.state() == "1:0 dead+6 @t; del 1:0+6");
}

TEST_CASE("core: deletion without collection keeps the content") {
  Replica a(0, false);
  a.with("1:0 'abc' @t").with("del 1:1+1");
  CHECK(a.state() == "1:0 'a' @t; 1:1 'b' <1:0; 1:2 'c' <1:1; del 1:1+1");
  a.with("del 1:0+3");
  CHECK(a.state() == "1:0 'abc' @t; del 1:0+3");
}

TEST_CASE("core: an insert next to deleted text") {
  CHECK(after({"1:0 'abc' @t", "del 1:1+1", "2:0 'x' <1:1 >1:2", "3:0 'y' <1:0 >1:1"}, "t") == "'ayxc'");
  CHECK(in_any_order({"1:0 'abc' @t", "del 1:0+3", "2:0 'x' <1:1 >1:2", "3:0 'y' <1:1 >1:2"}, "t") == "'xy'");
}

TEST_CASE("core: values of a key") {
  CHECK(after({"1:0 any(1) @m.k"}, "m") == "{k:1}");
  CHECK(after({"1:0 any(1) @m.k", "1:1 any(2) <1:0"}, "m") == "{k:2}");
  CHECK(after({"1:0 any(1) @m.k; 1:1 any(2) @m.j"}, "m") == "{j:2 k:1}");
  CHECK(after({"1:0 any(1) @m.k", "del 1:0+1"}, "m") == "");
  CHECK(in_any_order({"1:0 any(1) @m.k", "2:0 any(2) @m.k", "3:0 any(3) @m.k"}, "m") == "{k:3}");
  CHECK(in_any_order({"1:0 any(1) @m.k", "2:0 any(2) <1:0", "3:0 any(3) <1:0", "del 1:0+1"}, "m") == "{k:3}");
  Replica a;
  a.with("1:0 any(1) @m.k; 1:1 any(2) <1:0");
  CHECK(a.state() == "1:0 dead+1 @m.k; 1:1 any(2) <1:0; del 1:0+1");
}

TEST_CASE("core: a value that comes late does not replace a later one") {
  Replica a;
  a.with("2:0 any(2) @m.k");
  CHECK(a.apply("1:0 any(1) @m.k") == "exact");
  CHECK(a.tree("m") == "{k:2}");
  CHECK(a.state() == "2:0 any(2) @m.k; 1:0 dead+1 @m.k; del 1:0+1");
}

TEST_CASE("core: nested types") {
  CHECK(after({"1:0 array @r; 1:1 any(5) @1:0; 1:2 map <1:0; 1:3 any(true) @1:2.k"}, "r") == "(5) ({k:true})");
  CHECK(after({"1:0 elem(p) @r; 1:1 xtext @1:0; 1:2 'hi' @1:1; 1:4 any(\"red\") @1:0.color"}, "r") ==
        "(('hi') {color:\"red\"})");
  CHECK(after({"1:0 hook(h) @r.k; 1:1 frag @1:0; 1:2 text @1:1.k"}, "r") == "{k:(({k:()}))}");
  CHECK(after({"1:0 map @r.k; 1:1 map @1:0.k; 1:2 any(null) @1:1.k"}, "r") == "{k:({k:({k:null})})}");
}

TEST_CASE("core: what is in a deleted type is collected") {
  Replica a;
  a.with("1:0 array @r; 1:1 any(5) @1:0; 1:2 map @1:0.k; 1:3 'x' @1:2; 2:0 any(6) <1:1");
  CHECK(a.apply("del 1:0+1") == "exact");
  CHECK(a.state() == "2:0 gc+1; 1:0 dead+1 @r; 1:1 gc+3; del 2:0+1 1:0+4");
  CHECK(a.apply("2:1 any(7) <2:0") == "exact");  // behind a collected neighbour
  CHECK(a.apply("3:0 any(8) @1:2") == "exact");  // in a collected parent
  CHECK(a.apply("3:1 any(8) @1:0") == "exact");  // in one whose holder is still there
  CHECK(a.state() == "3:0 gc+2; 2:0 gc+2; 1:0 dead+1 @r; 1:1 gc+3; del 3:0+2 2:0+2 1:0+4");
}

TEST_CASE("core: what is in a deleted type is kept where nothing is collected") {
  Replica a(0, false);
  a.with("1:0 array @r; 1:1 any(5) @1:0").with("del 1:0+1");
  CHECK(a.state() == "1:0 array @r; 1:1 any(5) @1:0; del 1:0+2");
  CHECK(a.apply("2:0 any(6) <1:1") == "exact");
  CHECK(a.state() == "2:0 any(6) <1:1; 1:0 array @r; 1:1 any(5) @1:0; del 2:0+1 1:0+2");
}

TEST_CASE("54 a parent that is text or collected") {
  Replica a;
  a.with("1:0 'ab' @t; 1:2 any(1) @1:1; 1:3 gc+2; 1:5 any(2) @1:4.k");
  CHECK(a.state() == "1:0 'ab' @t; 1:2 gc+4; del 1:2+4");
  CHECK(a.apply("2:0 'x' <1:2") == "exact");
  CHECK(a.apply("2:1 'x' >1:3") == "exact");
  CHECK(a.state() == "2:0 gc+2; 1:0 'ab' @t; 1:2 gc+4; del 2:0+2 1:2+4");
}

TEST_CASE("core: every content kind") {
  const char* all =
      "1:0 'a' @t; 1:1 any(1,\"x\",[true,null],{\"a\":1.5}) <1:0; 1:5 json({\"a\":1},undefined) <1:4; "
      "1:7 bin(xyz) <1:6; 1:8 embed({\"src\":1}) <1:7; 1:9 fmt(bold,true) <1:8; 1:10 doc(guid) <1:9; 1:11 dead+2 "
      "<1:10; "
      "1:13 array <1:12";
  Replica a;
  CHECK(a.apply(all) == "exact");
  CHECK(a.state() == std::string(all) + "; del 1:11+2");
  CHECK(a.tree("t") ==
        "'a' 1,\"x\",[true,null],{\"a\":1.5} json({\"a\":1},undefined) bin(xyz) embed({\"src\":1}) fmt(bold,true) "
        "doc(guid) ()");
  // Contents of a length are cut where another client writes in between.
  a.with("2:0 'x' <1:2 >1:3; 2:1 'y' <1:5 >1:6");
  CHECK(a.tree("t").substr(0, 70) == "'a' 1,\"x\" 'x' [true,null],{\"a\":1.5} json({\"a\":1}) 'y' json(undefined) ");
}

TEST_CASE("58 a split surrogate pair becomes two replacement characters") {
  CHECK(after({"1:0 'a\xf0\x9f\x98\x80z' @t", "2:0 'x' <1:1 >1:2"}, "t") == "'a\xef\xbf\xbdx\xef\xbf\xbdz'");
  CHECK(after({"1:0 'a\xf0\x9f\x98\x80z' @t", "del 1:0+2"}, "t") == "'\xef\xbf\xbdz'");
  CHECK(after({"1:0 'a\xf0\x9f\x98\x80z' @t", "2:0 'x' <1:0 >1:1"}, "t") == "'ax\xf0\x9f\x98\x80z'");
  // The first half is known already.
  CHECK(after({"1:0 'a\xef\xbf\xbd' @t", "1:0 'a\xf0\x9f\x98\x80z' @t"}, "t") == "'a\xef\xbf\xbd\xef\xbf\xbdz'");
}

TEST_CASE("core: structs from the middle on") {
  Replica a;
  a.with("1:0 'abc' @t; 1:3 any(1,2) <1:2; 1:5 json(1,2) <1:4");
  CHECK(a.apply("1:0 'abc' @t; 1:3 any(1,2) <1:2; 1:5 json(1,2,3) <1:4") == "changed: 1:7 json(3) <1:6");
  CHECK(a.apply("1:2 'c' <1:1") == "nothing new");
  CHECK(a.apply("1:7 json(3,4) <1:6") == "changed: 1:8 json(4) <1:7");
  CHECK(a.state() == "1:0 'abc' @t; 1:3 any(1,2) <1:2; 1:5 json(1,2,3,4) <1:4");
}

TEST_CASE("core: GC structs are joined where Yjs joins them") {
  Replica a;
  a.with("1:0 map @m.k; 2:0 any(1) @1:0.x").with("3:0 'z' @t");
  a.with("2:1 gc+600; 2:601 any(2) @1:0.y; 2:602 'q' @t; 2:603 any(3) <2:601");  // at other addresses than 2:0
  a.with("del 2:0+1 1:0+1");
  CHECK(a.state() == "3:0 'z' @t; 2:0 gc+602; 2:602 'q' @t; 2:603 gc+1; 1:0 dead+1 @m.k; del 2:0+602 2:603+1 1:0+1");
}

TEST_CASE("core: what was one struct becomes one GC struct, though it lies in two items") {
  Replica a;
  a.with("1:0 map @m.k; 1:1 map @1:0.x; 1:2 any(1) @1:1.c; del 1:2+1").with("3:0 'z' @t");
  a.with("1:3 any(2) <1:2; 1:4 'q' @t; 1:5 gc+600; 1:605 any(3) <1:3; del 1:3+1");  // at other addresses than 1:2
  CHECK(a.state().substr(0, 85) ==
        "3:0 'z' @t; 1:0 map @m.k; 1:1 map @1:0.x; 1:2 dead+2 @1:1.c; 1:4 'q' @t; 1:5 gc+600; ");
  a.with("del 1:0+2 1:605+1");
  CHECK(a.state() == "3:0 'z' @t; 1:0 dead+1 @m.k; 1:1 gc+3; 1:4 'q' @t; 1:5 gc+601; del 1:0+4 1:5+601");
}

// What a type holds is deleted in another order than its clocks go, and the delete set of Yjs is sorted before that:
// the structs 0 to 3 are one range, behind which only 4 is tried. (Who loads that state joins them all, as Yjs does.)
TEST_CASE("core: GC structs behind a deleted type are joined as far as its delete set goes") {
  Doc doc;
  for (const char* made :
       {"1:0 array @l; 1:1 map @1:0; 1:2 any(1) <1:1; 1:3 any(2) @1:1.a; 1:4 text @1:1.b; 1:5 'x' @1:4",
        "2:0 any(3) <1:4", "del 1:0+1"}) {
    REQUIRE(doc.apply_update(test::update(made)));
  }
  CHECK(test::show(doc.encode_state()) == "2:0 gc+1; 1:0 dead+1 @l; 1:1 gc+4; 1:5 gc+1; del 2:0+1 1:0+6");
}
