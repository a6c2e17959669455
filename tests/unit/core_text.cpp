// Local edits of a text, against a model that is a UTF-16 string; and replicas that exchange them.
#include <random>

#include "catch.hpp"
#include "core_notation.hpp"
#include "seed.hpp"

using namespace stet;
using namespace stet::test;

namespace {

const std::u16string_view words[] = {
    u"a", u"bc", u"\u00e9", u"\u20ac", u"\U0001f600", u"some longer words ", u"x\U0001f680y", u"\n"};

bool is_low(char16_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

std::string utf8(std::u16string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t point = text[i];
    if (i + 1 < text.size() && is_low(text[i + 1])) point = 0x10000 + ((point - 0xd800) << 10) + (text[++i] - 0xdc00U);
    const auto add = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (point < 0x80) {
      add(point);
    } else if (point < 0x800) {
      add(0xc0 | point >> 6);
      add(0x80 | (point & 63));
    } else if (point < 0x10000) {
      add(0xe0 | point >> 12);
      add(0x80 | (point >> 6 & 63));
      add(0x80 | (point & 63));
    } else {
      add(0xf0 | point >> 18);
      add(0x80 | (point >> 12 & 63));
      add(0x80 | (point >> 6 & 63));
      add(0x80 | (point & 63));
    }
  }
  return out;
}

// The position in a text of UTF-8, or the one behind it where that would cut a pair.
std::uint64_t whole(std::string_view text, std::uint64_t position) {
  std::uint64_t units = 0;
  for (std::size_t at = 0; at < text.size() && units < position;) {
    const auto lead = static_cast<unsigned char>(text[at]);
    at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    units += lead >= 0xf0 ? 2 : 1;
  }
  return units;
}

// A position that does not cut a pair.
std::size_t whole(const std::u16string& text, std::size_t position) {
  return position < text.size() && is_low(text[position]) ? position + 1 : position;
}

Doc with_client(std::uint64_t client) {
  DocOptions options;
  options.client_id = client;
  return Doc(options);
}

struct Author {
  explicit Author(std::uint64_t client) : replica(with_client(client)) {}

  // One random edit. Returns its update.
  Bytes edit(std::mt19937& random, std::u16string& model) {
    Bytes update;
    const Subscription watch =
        replica.on_update([&](ByteView bytes, const TransactionInfo&) { update.assign(bytes.begin(), bytes.end()); });
    Text text = replica.text("t");
    const std::size_t from = whole(model, random() % (model.size() + 1));
    if (random() % 3 || model.empty()) {
      const std::u16string_view word = words[random() % std::size(words)];
      model.insert(from, word);
      text.insert(from, utf8(word));
    } else {
      const std::size_t to = whole(model, std::min(model.size(), from + random() % 12));
      model.erase(from, to - from);
      text.erase(from, to - from);
    }
    return update;
  }

  Doc replica;
};

}  // namespace

TEST_CASE("core: positions are clamped to the text") {
  Doc doc = with_client(1);
  Text text = doc.text("t");
  text.insert(100, "abc");
  text.insert(~std::uint64_t{0}, "d");
  CHECK(text.to_string() == "abcd");
  text.erase(4, 1);
  text.erase(~std::uint64_t{0}, 1);
  CHECK(text.to_string() == "abcd");
  text.erase(3, ~std::uint64_t{0});
  text.erase(1, ~std::uint64_t{0} - 1);
  CHECK(text.to_string() == "a");
  text.insert(0, "");
  text.erase(0, 0);
  CHECK(text.length() == 1);
  CHECK(show(doc.encode_state()) == "1:0 'a' @t; 1:1 dead+3 <1:0; del 1:1+3");
}

TEST_CASE("core: local edits make the structs that Yjs makes") {
  Doc doc = with_client(1);
  Text text = doc.text("t");
  text.insert(0, "ad");
  text.insert(1, "bc");
  CHECK(show(doc.encode_state()) == "1:0 'a' @t; 1:1 'd' <1:0; 1:2 'bc' <1:0 >1:1");
  text.erase(1, 2);
  text.insert(1, "x");  // behind what is deleted
  CHECK(show(doc.encode_state()) == "1:0 'a' @t; 1:1 'd' <1:0; 1:2 dead+2 <1:0 >1:1; 1:4 'x' <1:3 >1:1; del 1:2+2");
  CHECK(text.to_string() == "axd");
}

TEST_CASE("58 a local edit within a surrogate pair") {
  Doc doc = with_client(1);
  Text text = doc.text("t");
  text.insert(0, "a\xf0\x9f\x98\x80z");
  text.erase(2, 0);
  text.insert(2, "");
  CHECK(text.to_string() == "a\xf0\x9f\x98\x80z");
  text.insert(2, "x");
  CHECK(text.to_string() == "a\xef\xbf\xbdx\xef\xbf\xbdz");
  CHECK(text.length() == 5);
  text.erase(1, 1);
  CHECK(text.to_string() == "ax\xef\xbf\xbdz");
  verify(doc);
}

TEST_CASE("core: a text against a UTF-16 string") {
  for (std::size_t round = 0; round < 4; ++round) {
    std::mt19937 random(seed("text", round));
    Author writer(1);
    Doc follower;
    std::u16string model;
    for (int step = 0; step < 400; ++step) {
      const Bytes update = writer.edit(random, model);
      REQUIRE(writer.replica.check() == "");
      REQUIRE(writer.replica.text("t").length() == model.size());
      REQUIRE(writer.replica.text("t").to_string() == utf8(model));
      if (update.empty()) continue;
      const Result<Applied> applied = follower.apply_update(update);
      REQUIRE(applied.ok());
      REQUIRE(applied->exact);
    }
    REQUIRE(follower.text("t").to_string() == utf8(model));
    REQUIRE(follower.encode_state() == writer.replica.encode_state());
    verify(writer.replica);
  }
}

TEST_CASE("core: replicas that exchange their updates in any order become the same") {
  for (std::size_t round = 0; round < 4; ++round) {
    std::mt19937 random(seed("replicas", round));
    std::vector<Author> writers;
    for (std::uint64_t client = 1; client <= 3; ++client) writers.emplace_back(client);
    std::vector<std::vector<Bytes>> inbox(writers.size());
    const auto deliver = [&](std::size_t to) {
      if (inbox[to].empty()) return;
      const std::size_t which = random() % inbox[to].size();
      const Encoding encoding = random() % 2 ? Encoding::v1 : Encoding::v2;
      const Bytes update = *core::convert_update(inbox[to][which], Encoding::v1, encoding);
      REQUIRE(writers[to].replica.apply_update(update, encoding).ok());
      REQUIRE(writers[to].replica.check() == "");
      if (random() % 8) inbox[to].erase(inbox[to].begin() + static_cast<std::ptrdiff_t>(which));
    };
    for (int step = 0; step < 300; ++step) {
      const std::size_t who = random() % writers.size();
      if (random() % 2) {
        deliver(who);
        continue;
      }
      // Where to edit is taken from what the text is now.
      Text text = writers[who].replica.text("t");
      Bytes update;
      const Subscription watch = writers[who].replica.on_update(
          [&](ByteView bytes, const TransactionInfo&) { update.assign(bytes.begin(), bytes.end()); });
      const std::string now = text.to_string();
      const std::uint64_t from = whole(now, random() % (text.length() + 1));
      if (random() % 3) {
        text.insert(from, utf8(words[random() % std::size(words)]));
      } else {
        text.erase(from, whole(now, from + random() % 6) - from);
      }
      REQUIRE(writers[who].replica.check() == "");
      if (update.empty()) continue;
      for (std::size_t to = 0; to < writers.size(); ++to) {
        if (to != who) inbox[to].push_back(update);
      }
    }
    for (std::size_t to = 0; to < writers.size(); ++to) {
      while (!inbox[to].empty()) deliver(to);
      REQUIRE_FALSE(writers[to].replica.has_pending());
    }
    for (Author& writer : writers) {
      REQUIRE(writer.replica.text("t").to_string() == writers[0].replica.text("t").to_string());
      REQUIRE(show(writer.replica.encode_state()) == show(writers[0].replica.encode_state()));
    }
    verify(writers[0].replica);
  }
}
