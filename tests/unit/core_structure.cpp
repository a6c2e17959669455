// Updates of a hostile or merely large structure. The sizes are such that anything quadratic would take minutes, and
// recursion would end the program.
#include <numeric>

#include "catch.hpp"
#include "core/src/update_encoder.hpp"
#include "core_notation.hpp"

using namespace stet;
using namespace stet::test;
using core::Kind;
using core::ParentInfo;
using core::WireStruct;

namespace {

WireStruct make(std::uint64_t client, std::uint64_t clock, Kind kind) {
  WireStruct s;
  s.client = client;
  s.clock = clock;
  s.kind = kind;
  s.info = static_cast<std::uint8_t>(kind);
  s.length = 1;
  s.parent_info = ParentInfo::root;
  s.root = "r";
  return s;
}

WireStruct text_of(std::uint64_t client, std::uint64_t clock, std::string_view text) {
  WireStruct s = make(client, clock, Kind::string);
  s.text = text;
  s.length = utf16_length(text);
  return s;
}

WireStruct within(WireStruct s, core::WireId parent, std::string_view key = {}) {
  s.parent_info = ParentInfo::id;
  s.parent = parent;
  s.key = key;
  if (!key.empty()) s.info |= core::info_key;
  return s;
}

WireStruct between(WireStruct s, core::WireId left, core::WireId right) {
  s.info |= core::info_origin | core::info_right_origin;
  s.origin = left;
  s.right_origin = right;
  return s;
}

WireStruct map_type(std::uint64_t client, std::uint64_t clock) {
  WireStruct s = make(client, clock, Kind::type);
  s.type_ref = 1;
  return s;
}

// Structs sorted by client, and deletions, as an update v1.
Bytes encode(const std::vector<WireStruct>& structs, const std::vector<core::DeleteRange>& deletes = {}) {
  std::vector<std::size_t> sections;
  for (std::size_t i = 0; i < structs.size(); ++i) {
    if (i == 0 || structs[i].client != structs[i - 1].client) sections.push_back(i);
  }
  core::EncoderV1 out;
  out.rest.varuint(sections.size());
  sections.push_back(structs.size());
  for (std::size_t section = 0; section + 1 < sections.size(); ++section) {
    const WireStruct& first = structs[sections[section]];
    out.rest.varuint(sections[section + 1] - sections[section]);
    out.client(first.client);
    out.rest.varuint(first.clock);
    for (std::size_t i = sections[section]; i < sections[section + 1]; ++i) core::write_struct(out, structs[i], 0);
  }
  core::write_deletes(out, deletes);
  return out.finish();
}

std::string refusal(Doc& doc, const Bytes& update) {
  const Bytes before = doc.encode_state();
  const Result<Applied> applied = doc.apply_update(update);
  REQUIRE(doc.encode_state() == before);
  REQUIRE(doc.check() == "");
  return applied.ok() ? "taken" : name(applied.error().code);
}

void take(Doc& doc, const Bytes& update) {
  const Result<Applied> applied = doc.apply_update(update);
  REQUIRE(applied.ok());
}

}  // namespace

TEST_CASE("57 maps in one another are made, deleted and destroyed without recursion; 20,000 are refused") {
  const auto nested = [](std::uint64_t depth) {
    std::vector<WireStruct> structs{map_type(1, 0)};
    for (std::uint64_t i = 1; i < depth; ++i) structs.push_back(within(map_type(1, i), {1, i - 1}, "k"));
    return encode(structs);
  };
  Doc kept;
  take(kept, nested(9'000));
  verify(kept);
  Doc doc;
  take(doc, nested(9'000));
  CHECK(refusal(doc, nested(20'000)) == "too_large");
  take(doc, encode({}, {{1, 0, 1}}));
  verify(doc);
  CHECK(show(doc.encode_state()) == "1:0 dead+1 @r; 1:1 gc+8999; del 1:0+9000");
}

TEST_CASE("57 100,000 types beside one another") {
  constexpr std::uint64_t count = 100'000;
  std::vector<WireStruct> structs{map_type(1, 0)};
  for (std::uint64_t i = 1; i < count; ++i) structs.push_back(within(map_type(1, i), {1, 0}));
  Doc doc;
  take(doc, encode(structs));
  REQUIRE(doc.check() == "");
  take(doc, encode({}, {{1, 0, 1}}));
  REQUIRE(doc.check() == "");
  CHECK(doc.stats().items == 2);
}

TEST_CASE("57 types deleted from the inside out, and by clients of their own") {
  constexpr std::uint64_t count = 9'000;
  std::vector<WireStruct> structs;
  std::vector<core::DeleteRange> deletes;
  for (std::uint64_t client = count; client-- > 1;) {
    structs.push_back(within(map_type(client + 1, 0), {client, 0}, "k"));
    deletes.push_back({client + 1, 0, 1});
  }
  structs.push_back(within(map_type(2, 0), {1, 0}, "k"));
  structs.push_back(map_type(1, 0));
  Doc doc;
  take(doc, encode(structs));
  REQUIRE(doc.check() == "");
  take(doc, encode({}, deletes));
  REQUIRE(doc.check() == "");
  CHECK(doc.stats().clients == count);
}

TEST_CASE("59 100,000 root types are refused") {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < 100'000; ++i) names.push_back("root " + std::to_string(i));
  const auto roots = [&](std::uint64_t count) {
    std::vector<WireStruct> structs;
    for (std::uint64_t i = 0; i < count; ++i) {
      structs.push_back(text_of(1, i, "x"));
      structs.back().root = names[i];
    }
    return encode(structs);
  };
  Doc doc;
  take(doc, roots(9'000));
  verify(doc);
  CHECK(refusal(doc, roots(100'000)) == "too_large");
}

TEST_CASE("65 a delete set of 10^6 ranges") {
  constexpr std::uint64_t count = 1'000'000;
  std::vector<core::DeleteRange> deletes;
  for (std::uint64_t i = 0; i < count; ++i) deletes.push_back({1, 2 * i, 1});
  Doc doc;
  take(doc, encode({text_of(1, 0, std::string(2 * count, 'x'))}));
  take(doc, encode({}, deletes));
  REQUIRE(doc.check() == "");
  CHECK(doc.text("r").length() == count);
}

TEST_CASE("65 a delete set of 10^5 ranges in disorder, which has to wait") {
  constexpr std::uint64_t count = 100'000;
  std::vector<core::DeleteRange> deletes;
  for (std::uint64_t i = 0; i < count; ++i) deletes.push_back({1, 2 * (i * 7'919 % count), 1});
  Doc doc;
  take(doc, encode({}, deletes));
  CHECK(doc.has_pending());
  take(doc, encode({text_of(1, 0, std::string(2 * count, 'x'))}));
  CHECK_FALSE(doc.has_pending());
  REQUIRE(doc.check() == "");
  CHECK(doc.text("r").length() == count);
}

TEST_CASE("65 10^5 ranges of as many clients, of which only the last is there") {
  constexpr std::uint64_t count = 100'000;
  std::vector<core::DeleteRange> deletes;
  for (std::uint64_t client = count; client > 0; --client) deletes.push_back({client, 0, 1});
  Doc doc;
  take(doc, encode({text_of(1, 0, "x")}));
  take(doc, encode({}, deletes));
  verify(doc);
  CHECK(doc.text("r").length() == 0);
}

TEST_CASE("66 concurrent inserts with the same origins") {
  constexpr std::uint64_t count = 100'000;
  const auto insert = [](std::uint64_t client) { return between(text_of(client, 0, "x"), {1, 0}, {1, 1}); };
  std::vector<std::uint64_t> clients(count);
  std::iota(clients.begin(), clients.end(), 2);
  Doc together;
  {
    std::vector<WireStruct> structs;
    for (std::uint64_t i = count; i-- > 0;) structs.push_back(insert(clients[i]));
    structs.push_back(text_of(1, 0, "()"));
    take(together, encode(structs));
  }
  for (const bool ascending : {true, false}) {
    Doc doc;
    doc.limit_work(30'000'000);
    take(doc, encode({text_of(1, 0, "()")}));
    for (std::uint64_t i = 0; i < count; ++i) take(doc, encode({insert(clients[ascending ? i : count - 1 - i])}));
    REQUIRE(doc.check() == "");
    REQUIRE(doc.encode_state() == together.encode_state());
  }
  verify(together);
}

TEST_CASE("66 conflicts that would cost the square of their number are refused before anything is changed") {
  constexpr std::uint64_t count = 2'000;
  Doc doc;
  take(doc, encode({text_of(1, 0, std::string(count, 'x'))}));
  // All of them at the front, as if none had seen more of the text than one later place in it.
  std::vector<WireStruct> structs;
  for (std::uint64_t i = 0; i < count; ++i) {
    WireStruct s = text_of(count + 1 - i, 0, "y");
    s.info |= core::info_right_origin;
    s.right_origin = {1, i * 7 % count};
    structs.push_back(s);
  }
  const Bytes conflicts = encode(structs);
  doc.limit_work(1'000'000);
  CHECK(refusal(doc, conflicts) == "too_large");
  take(doc, encode({between(text_of(9'000, 0, "honest"), {1, 7}, {1, 8})}));
  verify(doc);
  doc.limit_work(100'000'000);
  take(doc, conflicts);
  REQUIRE(doc.check() == "");
  CHECK(doc.text("r").length() == 2 * count + 6);
}

TEST_CASE("66 parts that have waited and would cost too much go on waiting") {
  constexpr std::uint64_t count = 2'000;
  Doc doc;
  doc.limit_work(1'000'000);
  take(doc, encode({text_of(1, 0, std::string(count, 'x'))}));
  std::vector<WireStruct> structs;
  for (std::uint64_t i = 0; i < count; ++i) {
    WireStruct s = text_of(count + 2 - i, 0, "y");
    s.info |= core::info_right_origin;
    s.right_origin = {1, i * 7 % count};
    structs.push_back(s);
  }
  // The first one of all needs what is missing, and each of the others would come after it.
  for (WireStruct& s : structs) s.right_origin.clock += count;
  take(doc, encode(structs));
  CHECK(doc.has_pending());
  take(doc, encode({text_of(1, count, std::string(count, 'x'))}));
  CHECK(doc.has_pending());
  CHECK(doc.text("r").length() > 2 * count);
  CHECK(doc.text("r").length() < 3 * count);
  REQUIRE(doc.check() == "");
}

TEST_CASE("50 what waits takes no addresses") {
  Doc doc;
  for (std::uint64_t client = 1; client <= 100; ++client) {
    WireStruct late = make(client, 1, Kind::deleted);
    late.length = 1U << 30;
    late.info |= core::info_origin;
    late.origin = {7'000, 0};
    take(doc, encode({text_of(client, 0, "a"), late}));
  }
  take(doc, encode({text_of(200, 0, "b")}));
  CHECK(doc.text("r").length() == 101);
}

TEST_CASE("65 a large delete set that waits is not walked by every update") {
  constexpr std::uint64_t count = 200'000;
  std::vector<core::DeleteRange> deletes;
  for (std::uint64_t i = 0; i < count; ++i) deletes.push_back({5, 2 * i + 10, 1});
  Doc doc;
  take(doc, encode({}, deletes));
  for (std::uint64_t clock = 0; clock < 20'000; ++clock) take(doc, encode({text_of(1, clock, "x")}));
  CHECK(doc.text("r").length() == 20'000);
  take(doc, encode({text_of(5, 0, std::string(count, 'y'))}));
  CHECK(doc.text("r").length() == 20'000 + count / 2 + 5);
  CHECK(doc.has_pending());
  verify(doc);
}

TEST_CASE("62 a transaction that collects what 10^5 clients have brought is told in linear time") {
  constexpr std::uint64_t count = 100'000;
  std::vector<WireStruct> structs;
  for (std::uint64_t client = count + 1; client > 1; --client) {
    structs.push_back(within(make(client, 0, Kind::deleted), {1, 0}));
  }
  structs.push_back(map_type(1, 0));
  Doc doc;
  take(doc, encode({map_type(1, 0)}));  // so that the update brings something known, and is not relayed as it is
  const Result<Applied> applied = doc.apply_update(encode(structs, {{1, 0, 1}}));
  REQUIRE(applied.ok());
  CHECK(applied->changed);
  CHECK_FALSE(applied->exact);
  verify(doc);
}

TEST_CASE("core: what comes again and again leaves nothing behind") {
  const std::string text(10'000, 'x');
  Doc::Impl doc;
  const Bytes state = encode({text_of(2, 0, text), map_type(1, 0), within(map_type(1, 1), {1, 0}, "k")});
  for (int i = 0; i < 500; ++i) REQUIRE(core::apply(doc, state, Encoding::v1, {}).ok());
  CHECK(doc.store.data.size() < 20 * text.size());
  CHECK(doc.store.types.size() < 10);
  CHECK(doc.store.items.size() < 20);
}

TEST_CASE("core: what waits and is tried again leaves nothing behind") {
  const std::string text(10'000, 'x');
  Doc::Impl doc;
  WireStruct late = text_of(2, 0, text);
  late.info |= core::info_origin;
  late.origin = {1, 600};
  REQUIRE(core::apply(doc, encode({late}), Encoding::v1, {}).ok());
  for (std::uint64_t clock = 0; clock < 500; ++clock) {
    REQUIRE(core::apply(doc, encode({text_of(1, clock, "y")}), Encoding::v1, {}).ok());
  }
  CHECK(doc.store.data.size() < 20 * text.size());
}
