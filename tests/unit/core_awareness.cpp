// Presence: messages, and whose state is the newest.
#include <algorithm>

#include "awareness_notation.hpp"
#include "catch.hpp"
#include "core_notation.hpp"

using namespace stet;
using namespace stet::test;

namespace {

std::string show_entries(std::vector<AwarenessEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.client < b.client; });
  return show(entries);
}

std::string decoded(const Bytes& message, const AwarenessLimits& limits = {}) {
  const auto entries = decode_awareness(message, limits);
  return entries.ok() ? show_entries(*entries) : name(entries.error().code);
}

Bytes one(std::uint64_t clock, std::string_view state) {
  Writer out;
  out.varuint(1);
  out.varuint(7);
  out.varuint(clock);
  out.var_string(state);
  return out.take();
}

}  // namespace

TEST_CASE("core: awareness messages") {
  const std::vector<AwarenessEntry> entries{entry(7, 1, "x"), entry(300, 0, "-")};
  const Bytes message = encode_awareness(entries);
  CHECK(message == Bytes{2, 7, 1, 3, '"', 'x', '"', 0xac, 2, 0, 4, 'n', 'u', 'l', 'l'});
  CHECK(decoded(message) == "7@1x 300@0-");
  CHECK(decoded({0}) == "");
  CHECK(decoded({0, 1, 2, 3}) == "");  // protocols grow by appending
  CHECK(decoded({}) == "truncated");
  for (std::size_t size = 0; size < message.size(); ++size) {
    CHECK(decoded(Bytes(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size))) == "truncated");
  }
}

TEST_CASE("69 clocks over 2^32 - 1") {
  CHECK(decoded(one(0xffffffff, "\"x\"")) == "7@4294967295x");
  CHECK(decoded(one(0x100000000, "\"x\"")) == "too_large");
}

TEST_CASE("70 many states in one message") {
  CHECK(decoded({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f}) == "too_large");
  AwarenessLimits limits;
  limits.states = 2;
  CHECK(decoded(encode_awareness(std::vector<AwarenessEntry>(2, entry(1, 1, "x"))), limits) == "1@1x 1@1x");
  CHECK(decoded(encode_awareness(std::vector<AwarenessEntry>(3, entry(1, 1, "x"))), limits) == "too_large");
}

TEST_CASE("71 states that are too long, too deep or no JSON") {
  CHECK(decoded(one(1, '"' + std::string(65'534, 'x') + '"')) != "too_large");
  CHECK(decoded(one(1, '"' + std::string(65'535, 'x') + '"')) == "too_large");
  CHECK(decoded(one(1, std::string(128, '[') + std::string(128, ']'))) != "malformed");
  CHECK(decoded(one(1, std::string(129, '[') + std::string(129, ']'))) == "malformed");
  for (const char* bad : {"", "{", "undefined", "\"\xff\"", "1 2"}) CHECK(decoded(one(1, bad)) == "malformed");
}

TEST_CASE("core: the newest clock wins") {
  Awareness awareness;
  CHECK(awareness.apply(entry(7, 3, "x"), 0));
  CHECK_FALSE(awareness.apply(entry(7, 3, "y"), 0));
  CHECK_FALSE(awareness.apply(entry(7, 2, "-"), 0));
  CHECK(awareness.apply(entry(7, 3, "-"), 0));  // a removal at an equal clock
  CHECK_FALSE(awareness.apply(entry(7, 3, "-"), 0));
  CHECK_FALSE(awareness.apply(entry(7, 3, "x"), 0));
  CHECK(awareness.present_count() == 0);
  CHECK(awareness.apply(entry(7, 4, "z"), 0));
  CHECK(show_entries(awareness.present()) == "7@4z");
  CHECK(awareness.find(7)->clock == 4);
  CHECK(awareness.find(8) == nullptr);
}

TEST_CASE("core: removing") {
  Awareness awareness;
  awareness.apply(entry(7, 3, "x"), 0);
  awareness.apply(entry(8, 1, "y"), 0);
  CHECK(show_entries({awareness.remove(7, 0)}) == "7@4-");
  CHECK(show_entries(awareness.present()) == "8@1y");
  CHECK_FALSE(awareness.apply(entry(7, 4, "x"), 0));
}

TEST_CASE("73 who was not renewed for 30 s is gone") {
  Awareness awareness;
  awareness.apply(entry(7, 1, "x"), 0);
  awareness.apply(entry(8, 1, "y"), 20'000);
  CHECK(awareness.expire(29'999).empty());
  CHECK(show_entries(awareness.expire(30'000)) == "7@2-");
  CHECK(show_entries(awareness.present()) == "8@1y");
  CHECK_FALSE(awareness.apply(entry(7, 2, "x"), 40'000));  // a late message brings nobody back …
  CHECK(show_entries(awareness.expire(60'000)) == "8@2-");
  CHECK(awareness.find(7) == nullptr);  // … but is not remembered for ever
}
