// Parts that wait for missing ones, and what apply_update() says of an update.
#include "catch.hpp"
#include "core_notation.hpp"

using namespace stet;
using namespace stet::test;

TEST_CASE("core: a later part waits for the earlier one") {
  Replica a;
  CHECK(a.apply("1:1 'b' <1:0") == "nothing new +pending");
  CHECK(a.text("t") == "");
  CHECK(a.state() == "1:1 'b' <1:0");
  CHECK(a.doc.stats().pending_bytes > 0);
  CHECK(a.apply("1:0 'a' @t") == "changed: 1:0 'ab' @t");
  CHECK(a.state() == "1:0 'ab' @t");
  CHECK(a.doc.stats().pending_bytes == 0);
}

TEST_CASE("core: holes in the state are shown as skips") {
  Replica a;
  a.with("1:0 'a' @t").with("1:3 'd' <1:2");
  CHECK(a.state() == "1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2");
  CHECK(a.apply("1:7 'h' <1:6") == "nothing new +pending");
  CHECK(a.state() == "1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2; 1:4 skip+3; 1:7 'h' <1:6");
  CHECK(a.apply("1:1 'bc' <1:0") == "changed: 1:1 'bcd' <1:0 +pending");
  CHECK(a.apply("1:2 'cdefg' <1:1") == "changed: 1:4 'efgh' <1:3");
  CHECK(a.text("t") == "abcdefgh");
}

TEST_CASE("core: an update with a skip brings what is around it") {
  Replica a;
  CHECK(a.apply("1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2") == "changed: 1:0 'a' @t +pending");
  CHECK(a.apply("1:1 'bc' <1:0") == "changed: 1:1 'bcd' <1:0");
}

TEST_CASE("core: origins and parents of other clients are waited for") {
  CHECK(Replica().apply("2:0 'x' <1:0") == "nothing new +pending");
  CHECK(Replica().apply("2:0 'x' >1:0") == "nothing new +pending");
  CHECK(Replica().apply("2:0 any(1) @1:0") == "nothing new +pending");
  CHECK(Replica().with("1:0 'a' @t").apply("2:0 'x' <1:0 >1:1") == "nothing new +pending");
  CHECK(Replica().with("2:0 any(1) @1:0.k").with("1:0 map @r").tree("r") == "({k:1})");
  CHECK(Replica().with("2:0 'x' <1:0 >3:0").with("3:0 'z' @t").with("1:0 'a' @t").text("t") == "axz");
}

TEST_CASE("core: only what depends on the missing part waits") {
  Replica a;
  CHECK(a.apply("3:0 'c' @t; 3:1 'd' <3:0; 2:0 'b' <1:0; 2:1 'e' @t") == "changed: 3:0 'cd' @t +pending");
  CHECK(a.apply("1:0 'a' @t") == "changed: 2:0 'b' <1:0; 2:1 'e' @t; 1:0 'a' @t");
  CHECK(a.text("t") == "abecd");
}

TEST_CASE("core: what waits is tried again when Yjs tries it") {
  Replica a;
  a.with("2:0 'x' <1:5").with("1:7 'z' <1:6");
  // Anything new of client 1 is a reason to try again; this time it is 1:6 that is found missing first.
  CHECK(a.apply("1:0 'a' @t") == "exact +pending");
  CHECK(a.apply("1:1 'bcdef' <1:0") == "exact +pending");
  CHECK(a.apply("1:6 'g' <1:5") == "changed: 2:0 'x' <1:5; 1:6 'gz' <1:5");
}

TEST_CASE("core: a known struct that names what is missing waits for it, too") {
  CHECK(Replica().with("1:0 'a' @t").apply("1:0 'a' <9:0; 1:1 'b' <1:0") == "nothing new +pending");
  Replica a;
  a.with("1:0 'a' @t");
  CHECK(a.apply("1:0 'ab' <9:5") == "nothing new +pending");
  CHECK(a.apply("9:0 'q' @t") == "exact +pending");
  CHECK(a.apply("9:1 'rstuv' <9:0") == "changed: 9:1 'rstuv' <9:0; 1:1 'b' <1:0");
  CHECK(a.text("t") == "abqrstuv");
}

TEST_CASE("core: dependencies within one update go in any order") {
  CHECK(Replica().apply("3:0 'c' <2:0; 2:0 'b' <1:0; 1:0 'a' @t") == "exact");
  CHECK(Replica().apply("3:0 'c' @t; 2:0 'b' <3:0; 1:0 'a' <2:0") == "exact");
  CHECK(Replica().apply("2:0 'a' @t; 2:1 'c' <1:0; 1:0 'b' <2:0; 1:1 'd' <2:1") == "exact");
  CHECK(Replica().with("2:0 'a' @t; 2:1 'c' <1:0; 1:0 'b' <2:0; 1:1 'd' <2:1").text("t") == "abcd");
}

TEST_CASE("core: deletions wait for what they delete") {
  Replica a;
  CHECK(a.apply("del 1:1+2") == "nothing new +pending");
  CHECK(a.state() == "del 1:1+2");
  CHECK(a.apply("1:0 'ab' @t") == "changed: 1:0 'a' @t; 1:1 dead+1 <1:0; del 1:1+1 +pending");
  CHECK(a.state() == "1:0 'a' @t; 1:1 dead+1 <1:0; del 1:1+2");
  CHECK(a.apply("1:2 'cd' <1:1") == "changed: 1:2 dead+1 <1:1; 1:3 'd' <1:2; del 1:2+1");
  CHECK(a.state() == "1:0 'a' @t; 1:1 dead+2 <1:0; 1:3 'd' <1:2; del 1:1+2");
}

TEST_CASE("core: deletions of waiting structs") {
  Replica a;
  CHECK(a.apply("1:1 'bc' <1:0; del 1:1+1") == "nothing new +pending");
  CHECK(a.state() == "1:1 'bc' <1:0; del 1:1+1");
  CHECK(a.apply("1:0 'a' @t") == "changed: 1:0 'a' @t; 1:1 dead+1 <1:0; 1:2 'c' <1:1; del 1:1+1");
}

TEST_CASE("core: the same waits once") {
  Replica a;
  a.with("1:2 'c' <1:1");
  const std::uint64_t once = a.doc.stats().pending_bytes;
  a.with("1:2 'c' <1:1").with("1:2 'c' <1:1").with("del 5:0+3").with("del 5:1+1");
  CHECK(a.state() == "1:2 'c' <1:1; del 5:0+3");
  CHECK(a.doc.stats().pending_bytes < once + 50);
  CHECK(a.apply("1:1 'bcd' <1:0") == "nothing new +pending");
  CHECK(a.state() == "1:1 'bcd' <1:0; del 5:0+3");
}

TEST_CASE("52 a clock far ahead waits, and is part of the state") {
  Replica a;
  a.with("1:0 'a' @t");
  CHECK(a.apply("1:4503599627370000 'z' <1:0") == "nothing new +pending");
  CHECK(a.apply("del 1:4503599627370000+5") == "nothing new +pending");
  CHECK(a.apply("2:0 'x' <1:4294967296") == "nothing new +pending");  // not the unit 1:0
  CHECK(a.state() ==
        "2:0 'x' <1:4294967296; 1:0 'a' @t; 1:1 skip+4503599627369999; 1:4503599627370000 'z' <1:0; "
        "del 1:4503599627370000+5");
  CHECK(a.apply("1:1 'b' <1:0") == "exact +pending");
  CHECK(a.text("t") == "ab");
}

TEST_CASE("53 origins that form a cycle wait for ever") {
  CHECK(Replica().apply("1:0 'a' <2:0; 2:0 'b' <1:0") == "nothing new +pending");
  CHECK(Replica().apply("2:0 'a' <1:0; 1:0 'b' <3:0; 3:0 'c' <2:0") == "nothing new +pending");
  CHECK(Replica().apply("1:0 map @2:0.k; 2:0 map @1:0.k") == "nothing new +pending");
  Replica a;
  a.with("1:0 'a' <2:0; 2:0 'b' <1:0");
  CHECK(a.apply("3:0 'c' @t") == "exact +pending");
  CHECK(a.apply("2:0 'b' @t") == "changed: 2:0 'b' @t; 1:0 'a' <2:0");  // the first that can be integrated wins
  CHECK_FALSE(a.doc.has_pending());
}

TEST_CASE("62 exact says whether the bytes may be relayed as they are") {
  CHECK(Replica().apply("1:0 'a' @t") == "exact");
  CHECK(Replica().apply("1:0 'a' @t; del 1:0+1") == "exact");
  CHECK(Replica().with("1:0 'a' @t").apply("1:0 'a' @t") == "nothing new");
  CHECK(Replica().with("1:0 'a' @t").apply("1:0 'ab' @t") == "changed: 1:1 'b' <1:0");
  CHECK(Replica().with("1:0 'a' @t").apply("1:0 'a' @t; 2:0 'b' <1:0") == "changed: 2:0 'b' <1:0");
  CHECK(Replica().with("1:0 'a' @t").apply("2:0 'b' <1:0; 1:0 'a' @t") == "changed: 2:0 'b' <1:0");
  CHECK(Replica().with("1:1 'b' <1:0").apply("3:0 'c' @t") == "exact +pending");
  CHECK(Replica().apply("1:0 'a' @t; del 2:0+1") == "changed: 1:0 'a' @t +pending");
  CHECK(Replica().apply("") == "nothing new");
}

TEST_CASE("62 of two contents under one id the first wins") {
  Replica a;
  a.with("1:0 'abc' @t");
  CHECK(a.apply("1:0 'xyz' @t") == "nothing new");
  CHECK(a.apply("1:0 any(1,2,3,4) @t") == "changed: 1:3 any(4) <1:2");
  CHECK(a.state() == "1:0 'abc' @t; 1:3 any(4) <1:2");
}

TEST_CASE("62 a tail belongs where its known beginning is, whatever it claims") {
  Replica a;
  a.with("1:0 'ab' @t; 2:0 'q' @u");
  CHECK(a.text("t") == "ab");
  a.with("1:0 'abc' @u");
  CHECK(a.text("t") == "abc");
  CHECK(a.text("u") == "q");
  a.with("1:0 'abcd' @m.k").with("1:0 'abcde' <2:0").with("1:0 'abcdef' >2:0");
  CHECK(a.text("t") == "abcdef");
  CHECK(a.tree("m") == "");
}

TEST_CASE("62 a tail with a known beginning in a map, a deleted or a collected type") {
  CHECK(Replica().with("1:0 any(1,2) @m.k").with("1:0 any(1,2,3) @t").tree("m") == "{k:3}");
  CHECK(Replica().with("1:0 gc+2").with("1:0 'abc' @t").state() == "1:0 gc+3; del 1:0+3");
  CHECK(Replica().with("1:0 'ab' @t").with("1:0 gc+3").state() == "1:0 'ab' @t; 1:2 gc+1; del 1:2+1");
  CHECK(Replica().with("2:0 array @r; 1:0 'ab' @2:0; del 2:0+1").with("1:0 'abc' @t").state() ==
        "2:0 dead+1 @r; 1:0 gc+3; del 2:0+1 1:0+3");
}

TEST_CASE("core: sections in an order that no writer of today uses") {
  Replica a;
  CHECK(a.apply("1:0 'a' @t; 2:0 'b' @t; 3:0 'c' @t") == "exact");
  // They wait in the usual order, so that what is merged with them is merged right.
  CHECK(a.apply("1:5 'x' <1:4; 2:5 'y' <2:4; 3:5 'z' <3:4") == "nothing new +pending");
  CHECK(a.apply("1:4 'w' <1:3; 2:7 'y' <2:6; 3:4 'z' <3:3") == "nothing new +pending");
  CHECK(a.state() ==
        "3:0 'c' @t; 3:1 skip+3; 3:4 'z' <3:3; 3:5 'z' <3:4; 2:0 'b' @t; 2:1 skip+4; 2:5 'y' <2:4; 2:6 skip+1; "
        "2:7 'y' <2:6; 1:0 'a' @t; 1:1 skip+3; 1:4 'w' <1:3; 1:5 'x' <1:4");
}
