// The attributes in force at a place, found through the position index, are those that a walk from the start collects.
#include "catch.hpp"
#include "core/src/rich_text.hpp"
#include "core_notation.hpp"
#include "seed.hpp"

using namespace stet;

namespace {

// "key=value" of each, in order.
std::string show(const core::Store& store, const core::AttributeList& list) {
  std::string line;
  for (const core::Attribute& attribute : list) {
    line += std::string(store.key(attribute.key)) + "=" + attribute.value.to_json() + "@" +
            std::to_string(attribute.source) + " ";
  }
  return line;
}

void require_as_walked(Text text) {
  core::Store& store = text.impl()->store;
  core::AttributeList walked;
  for (core::ItemIndex at = store.types[text.index()].start; at; at = store.items[at].right) {
    if (store.items[at].kind == core::Kind::format && !store.items[at].deleted())
      walked.pass(core::format_of(store, at));
    REQUIRE(show(store, core::attributes_at(store, text.index(), at)) == show(store, walked));
  }
}

}  // namespace

TEST_CASE("attributes are found where a walk from the start finds them") {
  const std::size_t many_keys = 70;  // more than an index has bits for
  for (std::size_t part = 0; part < 12; ++part) {
    const std::uint32_t seed = test::seed("formats", part);
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::uint64_t bound) { return random() % bound; };
    Doc doc({.client_id = 1});
    Text text = doc.text("t");
    text.insert(0, std::string(200, 'x'));
    const std::size_t keys = part % 3 == 0 ? many_keys : 5;
    for (int step = 0; step < 250; ++step) {
      const std::string key = "k" + std::to_string(below(keys));
      const Any value = below(3) ? Any(static_cast<double>(below(3))) : Any(Null{});
      const std::uint64_t at = below(text.length());
      switch (below(4)) {
        case 0:
          text.insert(at, "new");
          break;
        case 1:
          text.insert(at, "new", {{key, value}});
          break;
        case 2:
          text.erase(at, 1 + below(3));
          break;
        default:
          text.format(at, 1 + below(30), {{key, value}});
      }
      REQUIRE(doc.check().empty());
    }
    require_as_walked(text);
    // An index that is built at once says the same.
    Doc copy;
    REQUIRE(copy.apply_update(doc.encode_state()));
    require_as_walked(copy.text("t"));
    REQUIRE(copy.check().empty());
  }
}

TEST_CASE("an edit behind a retain at the beginning of a delta is the edit at that position") {
  const auto operation = [](DeltaOp::Kind kind, std::uint64_t length) {
    DeltaOp op;
    op.kind = kind;
    op.length = length;
    return op;
  };
  for (std::size_t part = 0; part < 10; ++part) {
    const std::uint32_t seed = test::seed("retain", part);
    CAPTURE(seed);
    std::mt19937 random(seed);
    Doc direct({.client_id = 1});
    Doc by_delta({.client_id = 1});
    for (int step = 0; step < 100; ++step) {
      Text text = direct.text("t");
      const std::uint64_t at = random() % (text.length() + 1);
      const std::uint64_t units = std::min<std::uint64_t>(1 + random() % 9, text.length() - at);
      const Attributes attributes = {{"k" + std::to_string(random() % 3), random() % 2 ? Any(1.0) : Any(Null{})}};
      DeltaOp op;
      if (random() % 3 == 0 || units == 0) {
        op.text = "ab";
        text.insert(at, op.text, attributes);
      } else if (random() % 4 == 0) {
        op = operation(DeltaOp::Kind::erase, units);
        text.erase(at, units);
      } else {
        op = operation(DeltaOp::Kind::retain, units);
        text.format(at, units, attributes);
      }
      if (op.kind != DeltaOp::Kind::erase) op.attributes = attributes;
      by_delta.text("t").apply_delta({operation(DeltaOp::Kind::retain, at), op});
      REQUIRE(test::show(by_delta.encode_state()) == test::show(direct.encode_state()));
    }
  }
}
