// Updates without a document: inspected, merged, cut and converted; and state vectors.
#include "catch.hpp"
#include "core_notation.hpp"
#include "stet/update.hpp"

using namespace stet;
using namespace stet::test;

namespace {

// Merged from these in both encodings, with the same result.
std::string merged(std::initializer_list<const char*> parts) {
  std::string results[2];
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    std::vector<Bytes> updates;
    for (const char* part : parts) updates.push_back(update(part, encoding));
    const std::vector<ByteView> views(updates.begin(), updates.end());
    const Result<Bytes> result = core::merge_updates(views, encoding);
    REQUIRE(result.ok());
    results[encoding == Encoding::v2] = show(*result, encoding);
  }
  REQUIRE(results[0] == results[1]);
  return results[0];
}

// What a peer with that state lacks.
std::string cut(const char* notation, const core::StateVector& state) {
  const Result<Bytes> in_v1 = core::diff_update(update(notation), state, Encoding::v1, true);
  const Result<Bytes> in_v2 = core::diff_update(update(notation, Encoding::v2), state, Encoding::v2, true);
  REQUIRE((in_v1.ok() && in_v2.ok()));
  REQUIRE(show(*in_v1) == show(*in_v2, Encoding::v2));
  return show(*in_v1);
}

Bytes vector_of(const core::StateVector& state) {
  Writer out;
  out.varuint(state.size());
  for (const auto& [client, clock] : state) {
    out.varuint(client);
    out.varuint(clock);
  }
  return out.take();
}

const char* everything =
    "7:0 'a\xf0\x9f\x98\x80' @t; 7:3 any(1,\"x\",[true,null],{\"a\":1.5}) <7:2; 7:7 json({\"a\":1},undefined) <7:6; "
    "7:9 bin(xyz) <7:8; 7:10 embed({\"src\":1}) <7:9; 7:11 fmt(bold,true) <7:10 >5:3; 7:12 doc(guid) <7:11; "
    "7:13 dead+2 >5:1; 7:15 gc+3; 5:0 array @r.k; 5:1 map @5:0; 5:2 text @5:1.k; 5:3 elem(p) <5:1; 5:4 frag @5:1.j; "
    "5:5 hook(h) <5:3; 5:6 xtext <5:5; 5:7 skip+3; 5:10 'late' <5:9; del 7:3+2 7:13+2 5:1+1";

}  // namespace

TEST_CASE("core: the notation says what it reads") {
  for (const Encoding encoding : {Encoding::v1, Encoding::v2})
    CHECK(show(update(everything, encoding), encoding) == everything);
}

TEST_CASE("core: updates as stock Yjs writes them") {
  CHECK(update("") == Bytes{0, 0});
  CHECK(update("", Encoding::v2) == Bytes{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  CHECK(update("1:0 'a' @t; 1:1 'b' <1:0 >1:0; del 1:0+1") ==
        Bytes{1, 2, 1, 0, 4, 1, 1, 't', 1, 'a', 0xc4, 1, 0, 1, 0, 1, 'b', 1, 1, 1, 0, 1});
}

TEST_CASE("core: from one encoding to the other and back") {
  const Bytes in_v1 = update(everything);
  const Bytes in_v2 = update(everything, Encoding::v2);
  CHECK(*core::convert_update(in_v1, Encoding::v1, Encoding::v1) == in_v1);
  CHECK(*core::convert_update(in_v2, Encoding::v2, Encoding::v2) == in_v2);
  CHECK(show(*core::convert_update(in_v1, Encoding::v1, Encoding::v2), Encoding::v2) == everything);
  CHECK(show(*core::convert_update(in_v2, Encoding::v2, Encoding::v1)) == everything);
}

TEST_CASE("core: what an update holds") {
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    const Result<UpdateInfo> info = inspect_update(update(everything, encoding), encoding);
    REQUIRE(info.ok());
    REQUIRE(info->clients.size() == 2);
    CHECK(info->clients[0].id == 7);
    CHECK(info->clients[0].structs == 9);
    CHECK(info->clients[0].first_clock == 0);
    CHECK(info->clients[0].end_clock == 18);
    CHECK(info->clients[1].end_clock == 14);
    CHECK(info->structs == 18);
    CHECK(info->gc == 1);
    CHECK(info->skip == 1);
    CHECK(info->delete_ranges == 3);
    CHECK(info->deleted == 5);
    CHECK(info->roots == std::vector<std::string>{"t", "r"});
  }
}

TEST_CASE("core: merging") {
  CHECK(merged({}) == "");
  CHECK(merged({"1:0 'a' @t"}) == "1:0 'a' @t");
  CHECK(merged({"1:0 'a' @t", "1:1 'b' <1:0"}) == "1:0 'a' @t; 1:1 'b' <1:0");
  CHECK(merged({"1:1 'b' <1:0", "1:0 'a' @t"}) == "1:0 'a' @t; 1:1 'b' <1:0");
  CHECK(merged({"1:0 'a' @t", "2:0 'b' @t"}) == "2:0 'b' @t; 1:0 'a' @t");
  CHECK(merged({"1:0 'a' @t", "1:0 'a' @t"}) == "1:0 'a' @t");
  CHECK(merged({"1:0 'abc' @t", "1:1 'bcd' <1:0"}) == "1:0 'abc' @t; 1:3 'd' <1:2");
  CHECK(merged({"1:0 'abc' @t", "1:1 'b' <1:0"}) == "1:0 'abc' @t");
  CHECK(merged({"1:0 gc+2", "1:1 gc+3"}) == "1:0 gc+4");
}

TEST_CASE("core: merging leaves skips for holes") {
  CHECK(merged({"1:0 'a' @t", "1:3 'd' <1:2"}) == "1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2");
  CHECK(merged({"1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2", "1:1 'bc' <1:0"}) == "1:0 'a' @t; 1:1 'bc' <1:0; 1:3 'd' <1:2");
  CHECK(merged({"1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2", "1:1 'b' <1:0"}) ==
        "1:0 'a' @t; 1:1 'b' <1:0; 1:2 skip+1; 1:3 'd' <1:2");
  CHECK(merged({"1:5 'f' <1:4"}) == "1:5 'f' <1:4");
}

TEST_CASE("core: merging delete sets") {
  CHECK(merged({"del 1:0+1", "del 1:1+2 1:5+1", "del 2:0+1"}) == "del 2:0+1 1:0+3 1:5+1");
  CHECK(merged({"del 1:0+10", "del 1:3+2"}) == "del 1:0+10");
  CHECK(merged({"1:0 'a' @t; del 1:0+1", "2:0 'b' <1:0"}) == "2:0 'b' <1:0; 1:0 'a' @t; del 1:0+1");
}

TEST_CASE("core: merging and applying come to the same in any order") {
  const char* parts[] = {
      "1:0 'ab' @t",     "2:0 'x' <1:0 >1:1", "1:2 'c' <1:1; del 2:0+1", "3:0 map @m.k; 3:1 any(1) @3:0.j",
      "4:0 any(2) <3:1", "del 3:0+1"};
  Doc applied;
  for (const char* part : parts) REQUIRE(applied.apply_update(update(part)).ok());
  for (std::size_t first = 0; first < std::size(parts); ++first) {
    std::vector<Bytes> updates;
    for (std::size_t i = 0; i < std::size(parts); ++i)
      updates.push_back(update(parts[(first + 5 * i) % std::size(parts)]));
    const std::vector<ByteView> views(updates.begin(), updates.end());
    Doc merged;
    REQUIRE(merged.apply_update(*core::merge_updates(views, Encoding::v1)).ok());
    CHECK(show(merged.encode_state()) == show(applied.encode_state()));
  }
}

TEST_CASE("core: of bad updates nothing is merged") {
  const Bytes good = update("1:0 'a' @t");
  const Bytes bad{1, 1, 1};
  for (const auto& updates : {std::vector<ByteView>{good, bad}, {bad, good}, {bad}}) {
    const Result<Bytes> result = core::merge_updates(updates, Encoding::v1);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == ErrorCode::truncated);
  }
}

TEST_CASE("core: cutting to what a state vector lacks") {
  const char* whole = "2:0 'xy' @t; 1:0 'abc' @t; 1:3 any(1,2) <1:2; 1:5 gc+3; del 1:1+1";
  CHECK(cut(whole, {}) == whole);
  CHECK(cut(whole, {{1, 8}, {2, 2}}) == "del 1:1+1");
  CHECK(cut(whole, {{1, 2}}) == "2:0 'xy' @t; 1:2 'c' <1:1; 1:3 any(1,2) <1:2; 1:5 gc+3; del 1:1+1");
  CHECK(cut(whole, {{1, 4}, {2, 1}}) == "2:1 'y' <2:0; 1:4 any(2) <1:3; 1:5 gc+3; del 1:1+1");
  CHECK(cut(whole, {{1, 6}, {2, 9}, {3, 1}}) == "1:6 gc+2; del 1:1+1");
  CHECK(cut("1:0 'a\xf0\x9f\x98\x80z' @t", {{1, 2}}) == "1:2 '\xef\xbf\xbdz' <1:1");
  CHECK(cut("1:0 'a' @t; 1:1 skip+2; 1:3 'd' <1:2", {{1, 1}}) == "1:3 'd' <1:2");
}

TEST_CASE("core: what a document encodes against a state vector") {
  Replica a;
  a.with("1:0 'abc' @t").with("2:0 'xy' <1:0 >1:1").with("del 1:2+1").with("1:5 'late' <1:4");
  const auto diff = [&](const core::StateVector& state) { return show(*a.doc.encode_diff(vector_of(state))); };
  CHECK(diff({}) == a.state());
  CHECK(diff({{1, 3}, {2, 2}}) == "1:5 'late' <1:4; del 1:2+1");
  CHECK(diff({{1, 1}, {2, 1}}) ==
        "2:1 'y' <2:0 >1:1; 1:1 'b' <1:0; 1:2 dead+1 <1:1; 1:3 skip+2; 1:5 'late' <1:4; del 1:2+1");
  CHECK(diff({{1, 7}, {2, 2}}) == "1:7 'te' <1:6; del 1:2+1");
  CHECK(diff({{1, max_safe_integer}, {2, 50}, {9, 1}}) == "del 1:2+1");
}

TEST_CASE("42 state vectors") {
  Doc doc;
  CHECK(doc.encode_state_vector() == Bytes{0});
  REQUIRE(doc.apply_update(update("7:0 'abc' @t; 300:0 'x' @t; 5:4 'waits' <5:3")).ok());
  CHECK(doc.encode_state_vector() == Bytes{2, 0xac, 2, 1, 7, 3});
  const auto refusal = [&](const Bytes& vector) {
    const Result<Bytes> diff = doc.encode_diff(vector);
    return diff.ok() ? "taken" : name(diff.error().code);
  };
  CHECK(refusal({0}) == "taken");
  CHECK(refusal({}) == "truncated");
  CHECK(refusal({1}) == "truncated");
  CHECK(refusal({1, 7}) == "truncated");
  CHECK(refusal({1, 7, 0x80, 0}) == "malformed");
  CHECK(refusal({0, 0}) == "malformed");
  CHECK(refusal({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1}) == "truncated");
  CHECK(refusal({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}) == "too_large");
}
