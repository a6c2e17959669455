// Messages of stet.v1, whole and broken. In the broken ones MessagePack is written as bytes.
#include "net/protocols/thin_protocol.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "net/protocols/msgpack.hpp"

using namespace stet;
using namespace stet::net;
using namespace stet::net::thin;
using nlohmann::json;

namespace {

const Limits limits;

// What a client's message is taken for: its kind by index, or the error.
std::string taken(ByteView frame) {
  const auto request = decode_request(frame, limits);
  if (!request) return request.error().what;
  const char* kinds[] = {"unknown", "open", "edit", "presence", "close"};
  return kinds[request->what.index()];
}
std::string taken_json(const json& message) { return taken(encode_msgpack(message)); }

Bytes repeated(std::size_t times, std::initializer_list<std::uint8_t> bytes) {
  Bytes out;
  for (std::size_t i = 0; i < times; ++i) out.insert(out.end(), bytes);
  return out;
}

template <class Kind>
Kind through(const Kind& message) {
  const auto read = decode_event(*encode("doc", message));
  REQUIRE(read.ok());
  REQUIRE(read->first == "doc");
  return std::get<Kind>(read->second);
}

}  // namespace

TEST_CASE("requests come as they were sent") {
  Open open{"body", Known{5, 6, 4}, 0x8000000000000001};
  const auto read = decode_request(encode({"a/b", open}), limits);
  REQUIRE(read.ok());
  CHECK(read->doc == "a/b");
  const Open again = std::get<Open>(read->what);
  CHECK((again.root == "body" && again.session == open.session));
  CHECK((again.known->version == 5 && again.known->epoch == 6 && again.known->durable == 4));

  const TextEdit edit{7, 3, {{1, 2, "x\xf0\x9f\x98\x80"}, {9, 0, ""}}, "bot", "Ada"};
  const auto heard = decode_request(encode({"d", edit}), limits);
  const TextEdit same = std::get<TextEdit>(heard->what);
  CHECK((same.id == 7 && same.version == 3 && same.delta == edit.delta && same.agent == "bot"));
  CHECK(same.asked_by == "Ada");

  const auto shown = decode_request(encode({"d", SetPresence{"Ada", "#fff", Cursor{1, 2}}}), limits);
  CHECK(std::get<SetPresence>(shown->what).cursor == Cursor{1, 2});
  CHECK(taken(encode({"d", Leave{}})) == "close");
}

TEST_CASE("what the server says comes as it was sent") {
  const Opened opened = through(Opened{"text", 0xabc, 5, 6, 7, 4, std::nullopt, {{1, 1, "a"}}, 2});
  CHECK((opened.session == 0xabc && opened.you == 5 && opened.epoch == 6 && opened.version == 7));
  CHECK((opened.durable == 4 && !opened.text && opened.delta.size() == 1 && opened.applied == 2));
  CHECK(through(Opened{"text", 1, 1, 1, 1, 1, "whole", {}, 0}).text == "whole");
  CHECK(through(WholeText{1, 2, "t"}).text == "t");
  CHECK(through(Changed{3, {{0, 1, "y"}}}).delta == TextDelta{{0, 1, "y"}});
  CHECK(through(Accepted{1, 3, {}}).version == 3);
  CHECK(through(Durable{9}).version == 9);
  CHECK(through(People{1, {{7, "Ada", "#123456", Cursor{1, 2}}, {8, "", "", std::nullopt}}}).people.size() == 2);
  CHECK(through(Refused{4, Refusal::cut_pair}).code == Refusal::cut_pair);
  CHECK(through(Closed{CloseCode::forbidden, "no"}).reason == "no");
}

TEST_CASE("a message is open to fields and kinds that are not known yet") {
  CHECK(taken_json({{"t", "dance"}, {"with", {1, 2}}}) == "unknown");
  CHECK(taken_json({{"t", "open"}, {"doc", "a"}, {"later", true}}) == "open");
  CHECK(taken_json({{"t", "open"}, {"doc", "a"}, {"version", nullptr}}) == "open");
}

TEST_CASE("39 a key __proto__ is plain data") {
  CHECK(taken_json({{"t", "open"}, {"doc", "a"}, {"__proto__", {{"x", 1}}}}) == "open");
}

TEST_CASE("fields that are missing or of another kind") {
  CHECK(taken_json(json::array({1})) == "a message is a map");
  CHECK(taken_json({{"doc", "a"}}) == "a field is missing");
  CHECK(taken_json({{"t", "open"}}) == "a field is missing");
  CHECK(taken_json({{"t", "open"}, {"doc", 5}}) == "a field is no text");
  CHECK(taken_json({{"t", "edit"}, {"doc", "a"}, {"id", -1}, {"version", 1}}) ==
        "a field is no number from 0 to 2^53 - 1");
  CHECK(taken_json({{"t", "edit"}, {"doc", "a"}, {"id", 1.5}, {"version", 1}}) ==
        "a field is no number from 0 to 2^53 - 1");
  const auto with = [](json splices) {
    return taken_json({{"t", "edit"}, {"doc", "a"}, {"id", 1}, {"version", 1}, {"splices", std::move(splices)}});
  };
  CHECK(with({{0, 0, "x"}}) == "edit");
  CHECK(with("x") == "splices are no list, or too many");
  CHECK(with({{0, 0}}) == "a splice is not [position, erased, text]");
  CHECK(with({{0, -1, "x"}}) == "a field is no number from 0 to 2^53 - 1");
  CHECK(with(json::array({1})) == "a splice is not [position, erased, text]");
  CHECK(taken_json({{"t", "open"}, {"doc", "a"}, {"session", "12"}}) == "a session is not 16 hexadecimal digits");
  CHECK(taken_json({{"t", "presence"}, {"doc", "a"}, {"cursor", {1}}}) == "a cursor is not [anchor, head]");
}

TEST_CASE("36 MessagePack nested 100,000 deep is refused") {
  CHECK(taken(repeated(100'000, {0x91})) == "nested too deeply");
  CHECK(taken(repeated(100'000, {0x81, 0xa1, 'a'})) == "nested too deeply");
}

TEST_CASE("37 an array or map that claims 2^32 - 1 entries, a text of 4 GiB: nothing is reserved") {
  CHECK(taken(Bytes{0xdd, 0xff, 0xff, 0xff, 0xff}) == "unexpected end");
  CHECK(taken(Bytes{0xdf, 0xff, 0xff, 0xff, 0xff}) == "unexpected end");
  CHECK(taken(Bytes{0xdb, 0xff, 0xff, 0xff, 0xff}) == "unexpected end");
  Bytes long_one = repeated(100'000, {0xc0});
  long_one.insert(long_one.begin(), {0xdd, 0xff, 0xff, 0xff, 0xff});
  CHECK(taken(long_one) == "too many values");
}

TEST_CASE("38 truncated, with an extension, NaN, or a key twice") {
  const Bytes whole = encode({"doc", TextEdit{1, 1, {{0, 0, "text"}}, "", ""}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK(taken(ByteView(whole).subspan(0, size)) == "unexpected end");
  }
  CHECK(taken(Bytes{0xd4, 0x01, 0x00}) == "an extension type");
  CHECK(taken(Bytes{0xc4, 0x01, 0x00}) == "binary data");
  CHECK(taken(Bytes{0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0}) == "a number that is none");
  CHECK(taken(Bytes{0xca, 0x7f, 0x80, 0, 0}) == "a number that is none");
  CHECK(taken(Bytes{0x82, 0xa1, 't', 0x01, 0xa1, 't', 0x01}) == "a key that occurs twice");
  CHECK(taken(Bytes{0x81, 0x01, 0x01}) == "a key that is no text");
  CHECK(taken(Bytes{0x81, 0x91, 0x01, 0x01}) == "a key that is no text");
  CHECK(taken(Bytes{0xa1, 0xff}) == "invalid UTF-8");
  CHECK(taken(Bytes{0xc1}) == "not MessagePack");
  CHECK(taken(Bytes{0x80, 0x80}) == "bytes behind the message");
}

TEST_CASE("96 whatever a text holds, a server-sent event is one field a line") {
  const Frame frame = encode_sse("do\nc", WholeText{1, 2, "a\r\nevent: b\n\ndata: c\r"}, "7");
  CHECK(as_text(*frame) ==
        "event: text\nid: 7\n"
        R"(data: {"doc":"do\nc","epoch":1,"text":"a\r\nevent: b\n\ndata: c\r","version":2})"
        "\n\n");
}
