// Splices and their history. Notation: `3-2+ab` erases 2 units at 3 and inserts "ab".
#include "net/rooms/text_delta.hpp"

#include <charconv>
#include <random>
#include <sstream>

#include "catch.hpp"
#include "net/rooms/text_history.hpp"
#include "seed.hpp"
#include "stet/doc.hpp"
#include "stet/lib0.hpp"

using namespace stet;
using namespace stet::net;

namespace {

TextDelta parse(const std::string& text) {
  TextDelta delta;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    Splice splice;
    const char* end = word.data() + word.size();
    const char* at = std::from_chars(word.data(), end, splice.position).ptr;
    if (at != end && *at == '-') at = std::from_chars(at + 1, end, splice.erased).ptr;
    if (at != end && *at == '+') splice.inserted.assign(at + 1, end);
    delta.push_back(splice);
  }
  return delta;
}

std::string show(const TextDelta& delta) {
  std::string out;
  for (const Splice& splice : delta) {
    out += (out.empty() ? "" : " ") + std::to_string(splice.position);
    if (splice.erased > 0) out += '-' + std::to_string(splice.erased);
    if (!splice.inserted.empty()) out += '+' + splice.inserted;
  }
  return out;
}

std::string transformed(const std::string& edit, const std::string& over) {
  return show(transform(parse(edit), parse(over)));
}
std::string composed(const std::string& first, const std::string& second) {
  return show(compose(parse(first), parse(second)));
}

// `position`, or one less where that is within a surrogate pair.
std::uint64_t between_characters(const std::string& text, std::uint64_t position) {
  std::uint64_t units = 0;
  for (const char byte : text) {
    const auto lead = static_cast<std::uint8_t>(byte);
    if ((lead & 0xc0) == 0x80) continue;
    const std::uint64_t next = units + (lead >= 0xf0 ? 2 : 1);
    if (next > position) return units;
    units = next;
  }
  return units;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }

  // ASCII, two bytes, three bytes, a pair.
  std::string text(std::uint64_t most) {
    std::string out;
    for (std::uint64_t i = below(most + 1); i > 0; --i) {
      const char* letters[] = {"a", "b", "\n", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
      out += letters[below(6)];
    }
    return out;
  }
  std::uint64_t position(const std::string& in, std::uint64_t from = 0) {
    return std::max(from, between_characters(in, from + below(utf16_length(in) - from + 1)));
  }
  TextDelta delta(const std::string& of) {
    TextDelta out;
    std::uint64_t at = 0;
    for (std::uint64_t i = below(4); i > 0; --i) {
      at = position(of, at);
      const std::uint64_t end = std::max(at, between_characters(of, at + below(5)));
      out.push_back({at, end - at, text(3)});
      at = end;
    }
    return out;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace

TEST_CASE("splices of the same text, one carried over the other") {
  CHECK(transformed("5+x", "2+abc") == "8+x");
  CHECK(transformed("5+x", "2-2") == "3+x");
  CHECK(transformed("5+x", "5+abc") == "8+x");   // behind what was there first
  CHECK(transformed("5+x", "4-3+ab") == "6+x");  // its place is gone
  CHECK(transformed("5+x", "6+abc") == "5+x");
  CHECK(transformed("2-4", "3-2") == "2-2");        // erased once
  CHECK(transformed("2-4", "4+new") == "2-2 7-2");  // what is new stays
  CHECK(transformed("2-4+x", "2+new") == "5-4+x");
  CHECK(transformed("2-4+x", "0-9+y") == "1+x");
  CHECK(transformed("2-4", "0-9").empty());
  CHECK(transformed("0+a 3+b", "1-1+xyz") == "0+a 5+b");
}

TEST_CASE("splices one after the other, in one") {
  CHECK(composed("2+abc", "3-1+X") == "2+aXc");
  CHECK(composed("2+abc", "2-3").empty());
  CHECK(composed("2-2", "2+x") == "2-2+x");
  CHECK(composed("5+x", "0+y") == "0+y 5+x");
  CHECK(composed("1-1", "1-1") == "1-2");
  CHECK(composed("0+\xf0\x9f\x98\x80", "1-1") == "0+\xef\xbf\xbd");  // half a pair is left
}

TEST_CASE("a position is carried along") {
  const auto moved = [](std::uint64_t position, const std::string& delta) { return transform(position, parse(delta)); };
  CHECK(moved(3, "3+ab") == 5);
  CHECK(moved(3, "4+ab") == 3);
  CHECK(moved(3, "1-5+x") == 2);
  CHECK(moved(9, "1-5+x") == 5);
}

TEST_CASE("what is no change of a text") {
  CHECK(is_text_delta(parse("0+a 0-3 3+b"), 3));
  CHECK_FALSE(is_text_delta(parse("4+a"), 3));
  CHECK_FALSE(is_text_delta(parse("2-2"), 3));
  CHECK_FALSE(is_text_delta(parse("0-2 1+a"), 3));
  CHECK_FALSE(is_text_delta({{1, ~std::uint64_t{0}, ""}}, 3));
  CHECK_FALSE(is_text_delta({{~std::uint64_t{0}, 0, "x"}}, 3));
}

TEST_CASE("random splices: applied, composed and transformed they agree") {
  for (std::uint32_t round = 0; round < 3'000; ++round) {
    Random random(test::seed("splices", round));
    INFO("round " << round);
    const std::string text = random.text(12);
    const TextDelta a = random.delta(text);
    const std::string after_a = spliced(text, a);
    const TextDelta b = random.delta(after_a);
    REQUIRE(is_text_delta(a, utf16_length(text)));
    INFO(text << " | " << show(a) << " | " << show(b));
    REQUIRE(spliced(text, compose(a, b)) == spliced(after_a, b));

    // Another edit of the same text: all of it that a has not erased goes, and all that either inserts is there.
    const TextDelta c = random.delta(text);
    const TextDelta carried = transform(c, a);
    INFO(show(c) << " -> " << show(carried));
    REQUIRE(is_text_delta(carried, utf16_length(after_a)));
    const std::string both = spliced(after_a, carried);
    std::uint64_t inserted = 0;
    for (const Splice& splice : a) inserted += utf16_length(splice.inserted);
    for (const Splice& splice : c) inserted += utf16_length(splice.inserted);
    std::uint64_t kept = 0;
    for (std::uint64_t unit = 0; unit < utf16_length(text); ++unit) {
      const auto erases = [&](const TextDelta& delta) {
        return std::any_of(delta.begin(), delta.end(), [&](const Splice& splice) {
          return unit >= splice.position && unit < splice.position + splice.erased;
        });
      };
      kept += !erases(a) && !erases(c);
    }
    REQUIRE(utf16_length(both) == kept + inserted);
  }
}

TEST_CASE("random edits of a document: its events as splices lead from each text to the next") {
  Random random(test::seed("events of a text"));
  Doc doc({.client_id = 1});
  Text text = doc.text("text");
  std::string shadow;
  const Subscription heard =
      text.observe([&](const Event& event) { shadow = spliced(shadow, text_delta(event.delta())); });
  for (int step = 0; step < 2'000; ++step) {
    const std::uint64_t at = random.position(shadow);
    const std::uint64_t length = std::max(at, between_characters(shadow, at + random.below(5))) - at;
    switch (random.below(6)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.format(at, length, {{"bold", true}});
        break;
      case 2:
        text.insert_embed(at, Any(1));
        break;
      default:
        text.insert(at, random.text(4));
    }
    REQUIRE(shadow == plain_text(text));
    REQUIRE(utf16_length(shadow) == text.length());
  }
}

TEST_CASE("a history tells what came since a version, and forgets the oldest") {
  TextHistory history(10, 10 * bytes_of(parse("0+x")));
  CHECK(history.since(10)->empty());
  CHECK_FALSE(history.since(9));
  CHECK_FALSE(history.since(11));
  history.push(11, parse("0+a"));
  history.push(13, parse("1+b"));
  history.push(14, {});
  CHECK(history.newest() == 14);
  CHECK(show(*history.since(10)) == "0+ab");
  CHECK(show(*history.since(12)) == "1+b");
  CHECK(show(*history.rebase(parse("0+x"), 10)) == "2+x");
  CHECK(show(*history.rebase(parse("0+x"), 13)) == "0+x");
  for (std::uint64_t version = 15; version < 30; ++version) history.push(version, parse("0+x"));
  CHECK_FALSE(history.since(13));
  CHECK_FALSE(history.rebase(parse("0+x"), 13));
  CHECK(show(*history.since(27)) == "0+xx");
}
