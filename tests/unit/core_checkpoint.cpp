#include "catch.hpp"
#include "core/src/xxh64.hpp"
#include "core_notation.hpp"
#include "stet/checkpoint.hpp"
#include "stet/lib0.hpp"

using namespace stet;
using test::name;

namespace {

Doc sample() {
  Doc doc({.client_id = 5});
  doc.text("plain").insert(0, "one \xf0\x9f\x98\x80 two");
  doc.text("plain").erase(0, 2);
  doc.text("rich").insert(0, "bold", {{"bold", Any(true)}});
  doc.map("map").set("k", Any(1.0));
  doc.array("array").push_back(Any(2.0));
  return doc;
}

// A well-formed frame around any texts and any state.
Bytes sealed(ByteView texts, ByteView state) {
  Writer out;
  out.raw(as_bytes("stetckp\x01"));
  for (const ByteView part : {texts, state}) {
    const std::uint64_t checksum = core::xxh64(part);
    for (unsigned shift = 0; shift < 64; shift += 8) out.byte(static_cast<std::uint8_t>(checksum >> shift));
  }
  out.var_bytes(texts);
  out.raw(state);
  return out.take();
}

std::string opened(const Bytes& bytes) {
  const auto checkpoint = Checkpoint::open(bytes);
  if (!checkpoint) return name(checkpoint.error().code);
  const auto doc = checkpoint->load();
  return doc ? "ok" : name(doc.error().code) + " state";
}

}  // namespace

TEST_CASE("checkpoint: texts at once, the document when it is needed") {
  const Doc doc = sample();
  const Bytes bytes = write_checkpoint(doc);
  const auto checkpoint = Checkpoint::open(bytes);
  REQUIRE(checkpoint);
  CHECK(checkpoint->text("plain") == "e \xf0\x9f\x98\x80 two");
  CHECK(checkpoint->text("rich") == "bold");
  CHECK(!checkpoint->text("map"));
  CHECK(!checkpoint->text("nothing"));
  auto loaded = checkpoint->load({.client_id = 6});
  REQUIRE(loaded);
  CHECK(loaded->client_id() == 6);
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    CHECK(loaded->encode_state(encoding) == doc.encode_state(encoding));
  }
  CHECK(write_checkpoint(*loaded) == bytes);
  CHECK(opened(write_checkpoint(Doc())) == "ok");
}

TEST_CASE("checkpoint: what waits for missing parts stays") {
  test::Replica replica;
  replica.with("1:0 'abc' @text").with("2:5 'x' <2:4").with("del 3:0+2");
  REQUIRE(replica.doc.has_pending());
  const Bytes bytes = write_checkpoint(replica.doc);
  const auto loaded = Checkpoint::open(bytes)->load();
  REQUIRE(loaded);
  CHECK(loaded->has_pending());
  CHECK(loaded->encode_state() == replica.doc.encode_state());
  CHECK(loaded->encode_state(Encoding::v2) == replica.doc.encode_state(Encoding::v2));
}

TEST_CASE("checkpoint: any damage is found") {
  const Bytes bytes = write_checkpoint(sample());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    Bytes damaged = bytes;
    damaged[at] ^= 0x10;
    CAPTURE(at);
    CHECK(opened(damaged) != "ok");
    CHECK(opened(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at))) != "ok");
  }
}

TEST_CASE("checkpoint: hostile ones") {
  const Bytes empty = {0, 0};
  const Bytes state = Doc().encode_state(Encoding::v2);
  CHECK(opened({}) == "truncated");
  CHECK(opened(Bytes(40, 'x')) == "malformed");
  Bytes later = sealed(Bytes{0}, state);
  CHECK(opened(later) == "ok");
  later[7] = 2;
  CHECK(opened(later) == "unsupported");
  CHECK(opened(sealed(Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07}, state)) == "truncated");  // 2^45 texts
  CHECK(opened(sealed(Bytes{1, 1, 'a', 1, 0xff}, state)) == "malformed");                        // not UTF-8
  CHECK(opened(sealed(Bytes{2, 1, 'b', 0, 1, 'a', 0}, state)) == "malformed");                   // out of order
  CHECK(opened(sealed(Bytes{0, 0}, state)) == "malformed");                                      // something behind
  CHECK(opened(sealed(Bytes{1, 1, 'a', 1, 'x'}, state)) == "malformed state");  // not what the state says
  CHECK(opened(sealed(Bytes{0}, Bytes{9, 9, 9})) != "ok");
}

TEST_CASE("xxh64 as published") {
  CHECK(core::xxh64({}) == 0xEF46DB3751D8E999);
  CHECK(core::xxh64(as_bytes("abc")) == 0x44BC2CF5AD770999);
  CHECK(core::xxh64(as_bytes("Nobody inspects the spammish repetition")) == 0xFBCEA83C8A378BF1);
}
