// Edits of a text are made in place where nobody looks; under observation they make items that are joined later. Both
// must come to the same state, byte for byte.
#include "catch.hpp"
#include "core_notation.hpp"
#include "seed.hpp"
#include "stet/lib0.hpp"

using namespace stet;

namespace {

// Somebody types: mostly on where he was, forwards, or deleting backwards or forwards; now and then elsewhere.
class Typist {
 public:
  explicit Typist(std::uint32_t seed) : random_(seed) {}

  void edit(Text a, Text b) {
    const auto below = [&](std::uint64_t bound) { return random_() % bound; };
    const std::uint64_t length = a.length();
    if (below(12) == 0 || at_ > length) at_ = below(length + 1);
    const auto habit = below(10);
    if (habit == 0) going_ = static_cast<int>(below(3));
    if (going_ == 0 || length == 0) {
      static const std::string_view words[] = {
          "a", "b", "xyz", "\xc3\xa9", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80", "a longer piece of text"};
      const std::string_view word = words[below(2) ? below(2) : below(7)];
      for (Text text : {a, b}) text.insert(at_, word);
      at_ += utf16_length(word);
    } else if (going_ == 1 && at_ > 0) {
      const std::uint64_t units = std::min<std::uint64_t>(at_, 1 + below(2));
      at_ -= units;
      for (Text text : {a, b}) text.erase(at_, units);
    } else {
      const std::uint64_t units = 1 + below(below(8) ? 3 : 30);
      for (Text text : {a, b}) text.erase(at_, units);
    }
  }

  std::mt19937& random() { return random_; }

 private:
  std::mt19937 random_;
  std::uint64_t at_ = 0;
  int going_ = 0;  // 0 types, 1 deletes backwards, 2 deletes forwards
};

}  // namespace

TEST_CASE("edits in place leave what items joined later leave") {
  for (std::size_t part = 0; part < 40; ++part) {
    const std::uint32_t seed = test::seed("in place", part);
    CAPTURE(seed);
    const bool gc = part % 4 != 0;
    Doc quick({.client_id = 7, .gc = gc});
    Doc watched({.client_id = 7, .gc = gc});
    Doc follower({.gc = gc});
    std::vector<Bytes> updates;
    const auto heard = quick.on_update(
        [&](ByteView update, const TransactionInfo&) { updates.emplace_back(update.begin(), update.end()); });
    const auto seen = watched.text("t").observe([](const Event&) {});
    Typist typist(seed);
    for (int step = 0; step < 150; ++step) {
      if (typist.random()() % 8 == 0) {
        // Several edits in one transaction.
        quick.transact([&] {
          watched.transact([&] {
            for (int i = 0; i < 3; ++i) typist.edit(quick.text("t"), watched.text("t"));
          });
        });
      } else if (typist.random()() % 40 == 0) {
        // Somebody else writes in between.
        Doc other({.client_id = 8 + typist.random()() % 2 * 1000U + static_cast<unsigned>(step)});
        REQUIRE(other.apply_update(quick.encode_state()));
        other.text("t").insert(typist.random()() % (other.text("t").length() + 1), "other");
        if (typist.random()() % 2) other.text("t").format(0, 3, {{"bold", Any(true)}});
        const Bytes theirs = *other.encode_diff(quick.encode_state_vector());
        REQUIRE(quick.apply_update(theirs));
        REQUIRE(watched.apply_update(theirs));
      } else {
        typist.edit(quick.text("t"), watched.text("t"));
      }
      REQUIRE(quick.check().empty());
      for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
        REQUIRE(test::show(quick.encode_state(encoding), encoding) ==
                test::show(watched.encode_state(encoding), encoding));
      }
    }
    for (const Bytes& update : updates) REQUIRE(follower.apply_update(update));
    // What is cut out of a surrogate pair leaves its trace only where the content is kept, as in Yjs.
    if (gc) REQUIRE(test::show(follower.encode_state()) == test::show(quick.encode_state()));
    test::verify(quick, gc);
  }
}

// The replica compares with a document that gets the same updates in v2, where everything is decoded into items.
TEST_CASE("an update that goes on where its client was needs no item of its own") {
  test::Replica replica;
  const auto items = [&] { return replica.doc.stats().items; };
  replica.with("1:0 'abc' @text").with("1:3 'd' <1:2");
  CHECK(items() == 1);
  replica.with("2:0 'X' <1:3").with("1:4 'e' <1:3 >2:0");
  CHECK(items() == 3);  // its right origin is another than that of "abcd"
  replica.with("1:5 'f' <1:4 >2:0").with("1:6 '\xc3\xa9' <1:5 >2:0");
  CHECK(items() == 3);
  replica.with("del 1:6+1").with("del 1:5+1");
  CHECK(items() == 4);  // the second one went on with what the first one deleted
  CHECK(replica.text("text") == "abcdeX");
  CHECK(replica.apply("del 1:5+2") == "nothing new");
  CHECK(replica.apply("1:4 'e' <1:3 >2:0") == "nothing new");
  CHECK(replica.apply("1:7 'g' <1:6 >9:0") == "nothing new +pending");
  CHECK(replica.apply("2:1 'Y' <2:0") == "exact +pending");
  CHECK(replica.text("text") == "abcdeXY");
}

TEST_CASE("an update goes on before what others wrote meanwhile") {
  test::Replica replica;
  const auto items = [&] { return replica.doc.stats().items; };
  replica.with("5:0 'a' @text").with("6:0 'x' @text").with("5:1 'b' <5:0");
  CHECK(items() == 2);
  CHECK(replica.text("text") == "abx");
  replica.with("7:0 'y' <5:1").with("3:0 'z' <5:1");  // behind the same unit: the ids decide
  CHECK(replica.apply("5:2 'c' <5:1") == "exact");
  CHECK(replica.text("text") == "abzcyx");
  replica.with("5:3 'd' <5:2");
  CHECK(items() == 5);
  CHECK(replica.text("text") == "abzcdyx");

  test::Replica between;
  between.with("9:0 '[]' @t").with("1:0 'a' <9:0 >9:1").with("2:0 'x' <9:0 >9:1").with("1:1 'b' <1:0 >9:1");
  CHECK(between.doc.stats().items == 4);
  CHECK(between.text("t") == "[abx]");
}

TEST_CASE("an update does not go on where its right origin is gone, or lies within an item") {
  // (A document that holds such an item is loaded as another one, so this is not for a Replica.)
  Doc doc;
  for (const char* one : {"1:0 text @map.k; 1:1 'r' @1:0", "3:0 'l' @t", "2:0 'a' <3:0 >1:1", "4:0 'x' <3:0",
                          "del 1:0+1", "2:1 'b' <2:0 >1:1"}) {
    REQUIRE(doc.apply_update(test::update(one)));
  }
  CHECK(test::show(doc.encode_state()).find("2:0 'a' <3:0 >1:1; 2:1 gc+1") != std::string::npos);

  test::Replica within;
  within.with("1:0 'l' @t")
      .with("9:0 'mn' @t")
      .with("2:0 'a' <1:0 >9:1")
      .with("4:0 'x' <1:0")
      .with("2:1 'b' <2:0 >9:1");
  CHECK(within.text("t") == "labxmn");
}

TEST_CASE("several who type at once come to what they come to item by item") {
  for (std::size_t part = 0; part < 20; ++part) {
    const std::uint32_t seed = test::seed("typing at once", part);
    CAPTURE(seed);
    std::mt19937 random(seed);
    test::Replica replica;
    struct Typing {
      Doc doc;
      Bytes update;
      std::uint64_t at = 0;
      Subscription heard;
    };
    std::vector<Typing> typists(4);
    for (std::size_t i = 0; i < typists.size(); ++i) {
      Typing& each = typists[i];
      each.doc = Doc({.client_id = i + 1});
      each.heard = each.doc.on_update(
          [&each](ByteView update, const TransactionInfo&) { each.update.assign(update.begin(), update.end()); });
    }
    for (int step = 0; step < 200; ++step) {
      Typing& each = typists[random() % typists.size()];
      Text text = each.doc.text("t");
      if (random() % 8 == 0) {
        REQUIRE(each.doc.apply_update(*replica.doc.encode_diff(each.doc.encode_state_vector())));
        if (random() % 2) each.at = random() % (text.length() + 1);
        continue;
      }
      if (random() % 8 == 0 && each.at > 0) {
        text.erase(--each.at, 1);
      } else {
        text.insert(each.at++, std::string(1, static_cast<char>('a' + step % 26)));
      }
      replica.apply(each.update);
    }
  }
}

// Text that is typed on behind what others wrote moves to a block of 16 bytes, which is full when others write again.
TEST_CASE("text outgrows its block while others write") {
  Doc doc({.client_id = 7});
  Doc other({.client_id = 8});
  std::string typed;
  for (const std::size_t letters : {3, 14, 5, 40, 1}) {
    for (std::size_t i = 0; i < letters; ++i) {
      const char letter = static_cast<char>('a' + typed.size() % 26);
      doc.text("t").insert(typed.size(), std::string_view(&letter, 1));
      typed += letter;
    }
    other.text("other").insert(0, "other");
    REQUIRE(doc.apply_update(other.encode_state()));
    CHECK(doc.text("t").to_string() == typed);
    CHECK(doc.text("other").to_string() == other.text("other").to_string());
  }
}
