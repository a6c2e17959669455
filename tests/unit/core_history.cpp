#include "stet/history.hpp"

#include "catch.hpp"
#include "core_notation.hpp"

using namespace stet;
using test::update;

namespace {

std::string shown(const std::vector<UnitRange>& ranges) {
  std::string text;
  for (const UnitRange& range : ranges) {
    text += (text.empty() ? "" : " ") + std::to_string(range.client) + ":" + std::to_string(range.clock) + "+" +
            std::to_string(range.length);
  }
  return text;
}

std::string shown(const std::vector<TextRun>& runs) {
  std::string text;
  for (const TextRun& run : runs) text += (text.empty() ? "" : " ") + shown({run.units}) + "'" + run.text + "'";
  return text;
}

// A document that keeps everything, edited by client 9.
Doc keeper(std::string_view notation) {
  Doc doc({.client_id = 9, .gc = false});
  REQUIRE(doc.apply_update(update(notation)).ok());
  return doc;
}

// What take_back() makes of it, seen by a document that collects garbage and had the same updates.
std::string taken_back(std::string_view notation, std::vector<UnitRange> inserted, std::vector<UnitRange> deleted) {
  Doc doc = keeper(notation);
  Doc live;
  REQUIRE(live.apply_update(update(notation)).ok());
  const Bytes before = doc.encode_state_vector();
  const bool done = take_back(doc, inserted, deleted);
  REQUIRE(live.apply_update(*doc.encode_diff(before)).ok());
  CHECK(doc.check().empty());
  CHECK(live.check().empty());
  CHECK(test::tree(live, "t") == test::tree(doc, "t"));
  return (done ? "" : "nothing: ") + test::tree(doc, "t");
}

}  // namespace

TEST_CASE("an update tells which units it makes and deletes") {
  const auto units = [](std::string_view notation, Encoding encoding) {
    const Result<UpdateUnits> result = units_of_update(update(notation, encoding), encoding);
    REQUIRE(result.ok());
    return shown(result->inserted) + " / " + shown(result->deleted);
  };
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    CHECK(units("1:0 'abc' @t; 1:3 'd' <1:2; 2:5 'x' <1:0; del 1:1+1 2:0+3", encoding) == "1:0+4 2:5+1 / 1:1+1 2:0+3");
    CHECK(units("1:0 'abc' @t; 1:3 skip+4; 1:7 gc+2", encoding) == "1:0+3 1:7+2 / ");
  }
  CHECK_FALSE(units_of_update(Bytes{1, 2, 3}).ok());
}

TEST_CASE("a text tells its runs") {
  Doc doc = keeper("1:0 'abcdef' @t; 2:0 'XY' <1:2 >1:3; 2:2 embed({}) <1:5; del 1:1+1");
  CHECK(shown(text_runs(doc.text("t"))) == "1:0+1'a' 1:2+1'c' 2:0+2'XY' 1:3+3'def' 2:2+1''");
  CHECK(text_runs(doc.text("other")).empty());
}

TEST_CASE("what was inserted goes, what was deleted comes back at its place") {
  const auto is = [](std::string_view notation, std::vector<UnitRange> inserted, std::vector<UnitRange> deleted) {
    return taken_back(notation, std::move(inserted), std::move(deleted));
  };
  CHECK(is("1:0 'abc' @t; 2:0 'XY' <1:0 >1:1", {{2, 0, 2}}, {}) == "'abc'");
  CHECK(is("1:0 'abc' @t; 2:0 'XY' <1:0 >1:1", {{2, 1, 1}}, {}) == "'aXbc'");
  CHECK(is("1:0 'abc' @t; del 1:1+1", {}, {{1, 1, 1}}) == "'abc'");
  CHECK(is("1:0 'abcdef' @t; del 1:1+4", {}, {{1, 2, 1}, {1, 4, 1}}) == "'acef'");
  // What others typed beside it meanwhile stays.
  CHECK(is("1:0 'abc' @t; 2:0 'X' <1:1 >1:2; del 1:1+1", {}, {{1, 1, 1}}) == "'abXc'");
  // What came and went within the step does not come back, and what is there was not deleted.
  CHECK(is("1:0 'abc' @t; del 1:1+1", {{1, 1, 1}}, {{1, 1, 1}}) == "nothing: 'ac'");
  CHECK(is("1:0 'abc' @t", {}, {{1, 1, 1}}) == "nothing: 'abc'");
  CHECK(is("1:0 'abc' @t; del 1:0+3", {{1, 0, 3}}, {}) == "nothing: ");
  CHECK(is("1:0 'abc' @t", {{1, 2, 50}, {7, 0, 3}}, {{7, 0, 3}}) == "'ab'");
}

TEST_CASE("the value of a key comes back unless somebody else has set it since") {
  CHECK(taken_back("1:0 any(1) @t.k; 1:1 any(2) <1:0; del 1:0+1", {{1, 1, 1}}, {{1, 0, 1}}) == "{k:1}");
  CHECK(taken_back("1:0 any(1) @t.k; 1:1 any(2) <1:0; 2:0 any(3) <1:1; del 1:0+2", {{1, 1, 1}}, {{1, 0, 1}}) ==
        "nothing: {k:3}");
}

TEST_CASE("a type in which others have written stays") {
  const std::string notation = "1:0 array @t; 1:1 any(1) @1:0";
  CHECK(taken_back(notation, {{1, 0, 2}}, {}).empty());
  CHECK(taken_back(notation + "; 2:0 any(2) <1:1", {{1, 0, 2}}, {}) == "(2)");
  CHECK(taken_back(notation + "; 2:0 any(2) <1:1", {{2, 0, 1}, {1, 0, 2}}, {}).empty());
  CHECK(taken_back(notation + "; 2:0 map <1:1; 3:0 any(2) @2:0.k", {{1, 0, 2}, {2, 0, 1}}, {}) == "(({k:2}))");
}
