// The primitive encodings: varints, UTF-8, Any values and JSON.
#include <algorithm>
#include <random>
#include <vector>

#include "catch.hpp"
#include "core/src/any.hpp"
#include "core/src/update_columns.hpp"
#include "core/src/update_encoder.hpp"
#include "core/src/utf8.hpp"
#include "core_notation.hpp"
#include "seed.hpp"

using namespace stet;
using namespace stet::test;

namespace {

std::string read_varuint(const Bytes& bytes) {
  Reader in(bytes);
  const std::uint64_t value = in.varuint();
  return in.ok() ? std::to_string(value) : name(in.error().code);
}

std::string read_varint(const Bytes& bytes) {
  Reader in(bytes);
  const Reader::SignedInteger value = in.varint();
  return in.ok() ? (value.negative ? "-" : "") + std::to_string(value.magnitude) : name(in.error().code);
}

Bytes written(std::uint64_t value) {
  Writer out;
  out.varuint(value);
  return out.take();
}

Bytes written(std::uint64_t magnitude, bool negative) {
  Writer out;
  out.varint(magnitude, negative);
  return out.take();
}

// The JSON of what becomes of a JSON text on its way through the Any encoding.
std::string through(std::string_view json) {
  REQUIRE(valid_json(json, 128));
  return core::any_to_json(core::json_to_any(json));
}

std::string json_of(std::initializer_list<int> any) {
  Bytes bytes;
  for (const int byte : any) bytes.push_back(static_cast<std::uint8_t>(byte));
  Reader in(bytes);
  core::read_any(in);
  if (!in.ok()) return name(in.error().code);
  REQUIRE(in.at_end());
  return core::any_to_json(bytes);
}

// A column of differences, run by run (lib0: IntDiffOptRleEncoder).
Bytes differences(const std::vector<std::uint64_t>& values) {
  Writer out;
  for (std::size_t i = 0; i < values.size();) {
    const auto diff = static_cast<std::int64_t>(values[i] - (i > 0 ? values[i - 1] : 0));
    std::size_t count = 1;
    while (i + count < values.size() && values[i + count] - values[i + count - 1] == static_cast<std::uint64_t>(diff))
      ++count;
    const std::int64_t encoded = diff * 2 + (count > 1 ? 1 : 0);
    out.varint(static_cast<std::uint64_t>(encoded < 0 ? -encoded : encoded), encoded < 0);
    if (count > 1) out.varuint(count - 2);
    i += count;
  }
  return out.take();
}

// The runs of a column of equal values; of the last one no count is written where `bytes`.
Bytes runs(const std::vector<std::uint64_t>& values, bool bytes) {
  Writer out;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t count = 1;
    while (i + count < values.size() && values[i + count] == values[i]) ++count;
    const bool last = i + count == values.size();
    if (bytes) {
      out.byte(static_cast<std::uint8_t>(values[i]));
      if (!last) out.varuint(count - 1);
    } else {
      out.varint(values[i], count > 1);
      if (count > 1) out.varuint(count - 2);
    }
    i += count;
  }
  return out.take();
}

// Written one by one, and again some at once.
template <class Runs>
Bytes in_column(const std::vector<std::uint64_t>& values) {
  using Value = typename Runs::Value;
  core::Column<Runs> column;
  core::Column<Runs> filled;
  std::size_t size = 0;
  for (std::size_t i = 0; i < values.size(); i += size) {
    size = std::min<std::size_t>({core::column_room, values.size() - i, 1 + i * 7 % 50});
    Value* to = filled.room();
    for (std::size_t j = i; j < i + size; ++j) {
      column.write(static_cast<Value>(values[j]));
      *to++ = static_cast<Value>(values[j]);
    }
    filled.wrote(to);
  }
  const ByteView written = column.finish();
  const ByteView at_once = filled.finish();
  CHECK(std::equal(written.begin(), written.end(), at_once.begin(), at_once.end()));
  return {written.begin(), written.end()};
}

Bytes bytes(std::initializer_list<int> list) {
  Bytes out;
  for (const int byte : list) out.push_back(static_cast<std::uint8_t>(byte));
  return out;
}

}  // namespace

TEST_CASE("core: varuint") {
  for (const std::uint64_t value :
       {0ULL, 1ULL, 127ULL, 128ULL, 16383ULL, 16384ULL, 0xffffffffULL, 1ULL << 52, (1ULL << 53) - 1}) {
    CHECK(read_varuint(written(value)) == std::to_string(value));
  }
  CHECK(written(300) == bytes({0xac, 0x02}));
  CHECK(read_varuint(written(1ULL << 53)) == "too_large");
  CHECK(read_varuint({}) == "truncated");
  CHECK(read_varuint({0x80}) == "truncated");
  CHECK(read_varuint({0x80, 0x00}) == "malformed");
  CHECK(read_varuint({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f}) == "9007199254740991");
  CHECK(read_varuint({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f}) == "too_large");
  CHECK(read_varuint(Bytes(12, 0xff)) == "too_large");
}

TEST_CASE("core: varint, where minus zero counts") {
  for (const std::uint64_t magnitude : {0ULL, 1ULL, 63ULL, 64ULL, 8191ULL, 8192ULL, (1ULL << 53) - 1}) {
    CHECK(read_varint(written(magnitude, false)) == std::to_string(magnitude));
    CHECK(read_varint(written(magnitude, true)) == "-" + std::to_string(magnitude));
  }
  CHECK(written(0, true) == bytes({0x40}));
  CHECK(written(64, true) == bytes({0xc0, 0x01}));
  CHECK(read_varint(written(1ULL << 53, true)) == "too_large");
  CHECK(read_varint({0xc0}) == "truncated");
}

TEST_CASE("core: a reader fails once, and then gives nothing") {
  const Bytes input{5, 'a', 'b'};
  Reader in(input);
  CHECK(in.var_bytes().empty());
  CHECK(in.error().code == ErrorCode::truncated);
  CHECK(in.error().offset == 1);
  CHECK(in.varuint() == 0);
  CHECK(in.byte() == 0);
  in.fail(ErrorCode::conflict, "later");
  CHECK(in.error().message() == "length exceeds input at byte 1");
  CHECK(in.at_end());
}

TEST_CASE("core: a column is written run by run") {
  CHECK(in_column<core::IntDiffOptRuns>({}).empty());
  for (const std::size_t count : {1, 2, 31, 32, 33, 47, 48, 49, 96, 97, 127, 128, 129, 130, 1000}) {
    const std::vector<std::uint64_t> same(count, 7);
    CHECK(in_column<core::IntDiffOptRuns>(same) == differences(same));
    CHECK(in_column<core::UintOptRuns>(same) == runs(same, false));
    CHECK(in_column<core::ByteRuns>(same) == runs(same, true));
  }
  std::mt19937 random(seed("columns"));
  for (int round = 0; round < 300; ++round) {
    // Each value stays, goes on as before, or jumps within so many bits.
    const std::uint64_t bits = 1 + random() % 40;
    const std::uint64_t jumps = 1 + random() % 100;
    const auto jump = [&] { return ((std::uint64_t{random()} << 32) | random()) & ((std::uint64_t{1} << bits) - 1); };
    std::vector<std::uint64_t> values;
    std::vector<std::uint64_t> repeated;
    std::vector<std::uint64_t> bytes;
    std::uint64_t value = 0;
    std::uint64_t step = 0;
    for (int i = 0; i < 600; ++i) {
      const bool jumps_now = random() % 100 < jumps;
      if (jumps_now) {
        step = random() % 3 == 0 ? 0 : jump() - value;
      } else if (value + step > std::uint64_t{1} << 41) {
        step = 0;
      }
      values.push_back(value += step);
      repeated.push_back(i == 0 || jumps_now ? jump() : repeated.back());
      bytes.push_back(repeated.back() & 0xff);
    }
    CHECK(in_column<core::IntDiffOptRuns>(values) == differences(values));
    CHECK(in_column<core::UintOptRuns>(repeated) == runs(repeated, false));
    CHECK(in_column<core::ByteRuns>(bytes) == runs(bytes, true));
  }
}

TEST_CASE("core: a column of differences read ahead gives what reading it integer by integer does") {
  for (std::size_t part = 0; part < 400; ++part) {
    const std::uint32_t seed = test::seed("ahead", part);
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::uint64_t bits = 1 + random() % 34;
    const std::uint64_t runs_in_100 = random() % 3 * 30;
    Writer out;
    for (std::uint64_t i = random() % 300; i > 0; --i) {
      const std::uint64_t any = (std::uint64_t{random()} << 32 | random()) >> (64 - 1 - random() % bits);
      const bool run = random() % 100 < runs_in_100;
      out.varint(any * 2 + (run ? 1 : 0), random() % 2 == 0);
      if (run) out.varuint(random() >> (31 - random() % 10));
    }
    Bytes column = out.take();
    // Cut short, or spoiled: a zero group at the end of an integer, an integer that does not end.
    if (!column.empty() && random() % 3 == 0) {
      const std::size_t at = random() % column.size();
      if (random() % 2 == 0) column.resize(at);
      const std::size_t spoiled = std::min(at, column.size());
      const Bytes bad = random() % 2 == 0 ? Bytes{0x80, 0} : Bytes(10, 0xff);
      column.insert(column.begin() + static_cast<std::ptrdiff_t>(spoiled), bad.begin(), bad.end());
    }
    Reader in(column);
    Reader failed(column);
    const auto most = static_cast<std::uint32_t>(16 + random() % 300);
    std::vector<std::uint64_t> memory(most + core::put_at_once);
    core::ReadAhead<core::IntDiffOptRle> ahead(in, failed, memory.data(), most);
    core::IntDiffOptRle one;
    std::uint64_t left = 20'000;  // what is spoiled may be read as a run of any length
    while (!in.at_end() && left > 0) {
      std::uint64_t count = std::min(one.read(in), left);
      if (!in.ok()) break;
      for (left -= count; count > 0; --count) REQUIRE(ahead.next() == one.next());
    }
    REQUIRE(failed.ok());
    if (left == 0) continue;
    CHECK(ahead.next() == 0);
    if (in.ok()) in.byte();
    CHECK(failed.error().offset == in.error().offset);
    CHECK(failed.error().message() == in.error().message());
  }
}

TEST_CASE("core: UTF-8") {
  for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "eight bytes and \xe2\x82\xac"}) {
    CHECK(valid_utf8(good));
  }
  for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe2\x82",
                          "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "\xfe", "eight bytes and \xff", "12345678\x80"}) {
    CHECK_FALSE(valid_utf8(bad));
  }
  CHECK(utf16_length("") == 0);
  CHECK(utf16_length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == 5);
  CHECK(utf16_length("0123456789\xf0\x9f\x98\x80"
                     "0123456789") == 22);
}

TEST_CASE("core: numbers of JSON come back as JavaScript writes them") {
  const std::pair<const char*, const char*> table[] = {
      {"0", "0"},
      {"-0", "0"},
      {"1", "1"},
      {"-1", "-1"},
      {"1.0", "1"},
      {"1e2", "100"},
      {"2147483647", "2147483647"},
      {"2147483648", "2147483648"},
      {"-2147483648", "-2147483648"},
      {"9007199254740993", "9007199254740992"},
      {"123456789012345678", "123456789012345680"},
      {"100000000000000000000", "100000000000000000000"},
      {"1e21", "1e+21"},
      {"1.5e300", "1.5e+300"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"1e400", "null"},
      {"-1e400", "null"},
      {"0.1", "0.1"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"1.25e-7", "1.25e-7"},
      {"5e-324", "5e-324"},
      {"1e-400", "0"},
      {"1.5", "1.5"},
      {"16777217", "16777217"},
  };
  for (const auto& [in, out] : table) {
    INFO(in);
    CHECK(through(in) == out);
  }
  CHECK(through("0." + std::string(400, '0') + "1") == "0");
  CHECK(through(std::string(400, '9')) == "null");
  CHECK(through(std::string(400, '9') + "e-400") == "1");
}

TEST_CASE("core: JSON through Any") {
  for (const char* same :
       {"null", "true", "false", "\"\"", "[]", "{}", "[[],{},[{}]]", "{\"a\":{\"b\":[1,\"x\",null]}}",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\\\"\\\\\\n\\u0001\"", "[\"\x7f\"]"}) {
    CHECK(through(same) == same);
  }
  CHECK(through(" [ 1 , { \"a\" : 2 } ] ") == "[1,{\"a\":2}]");
  CHECK(through("\"\\u00e9\\u20AC\\ud83d\\ude00\\/\\b\\f\\r\\t\"") ==
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\\b\\f\\r\\t\"");
  // Half of a pair cannot be written in UTF-8.
  CHECK(through("\"\\ud83dx\"") == "\"\xef\xbf\xbdx\"");
  CHECK(through("\"\\ude00\"") == "\"\xef\xbf\xbd\"");
  CHECK(through("\"\\ud83d\\ud83d\\ude00\"") == "\"\xef\xbf\xbd\xf0\x9f\x98\x80\"");
}

TEST_CASE("core: Any as lib0 writes it") {
  CHECK(core::json_to_any("undefined") == bytes({127}));
  CHECK(core::json_to_any("null") == bytes({126}));
  CHECK(core::json_to_any("-0") == bytes({125, 0x40}));
  CHECK(core::json_to_any("2147483647") == bytes({125, 0xbf, 0xff, 0xff, 0xff, 0x0f}));
  CHECK(core::json_to_any("2147483648") == bytes({124, 0x4f, 0, 0, 0}));
  CHECK(core::json_to_any("0.5") == bytes({124, 0x3f, 0, 0, 0}));
  CHECK(core::json_to_any("0.1") == bytes({123, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a}));
  CHECK(core::json_to_any("true") == bytes({120}));
  CHECK(core::json_to_any("false") == bytes({121}));
  CHECK(core::json_to_any("\"a\"") == bytes({119, 1, 'a'}));
  CHECK(core::json_to_any("{\"a\":[]}") == bytes({118, 1, 1, 'a', 117, 0}));
}

TEST_CASE("core: Any values that JSON does not know") {
  CHECK(json_of({122, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}) == "-2");
  CHECK(json_of({122, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) == "9223372036854775807");
  CHECK(json_of({116, 2, 0, 255}) == "{\"0\":0,\"1\":255}");
  CHECK(json_of({117, 2, 127, 125, 1}) == "[null,1]");
  CHECK(json_of({118, 2, 1, 'a', 127, 1, 'b', 125, 1}) == "{\"b\":1}");
  CHECK(json_of({123, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0}) == "null");
  CHECK(json_of({115}) == "malformed");
  CHECK(json_of({}) == "truncated");
  CHECK(json_of({119, 3, 'a'}) == "truncated");
  CHECK(json_of({119, 1, 0xff}) == "malformed");
}

TEST_CASE("core: valid JSON") {
  for (const char* good : {"0", "-0.5e+10", " null ", "[1,2]", "{\"a\":1,\"a\":2}", "\"\\u12aB\"", "[[[]]]"}) {
    CHECK(valid_json(good, 3));
  }
  for (const char* bad : {"",         " ",          "-",         "01",   "1.",       ".5",          "1e",     "+1",
                          "0x1",      "tru",        "nulll",     "\"",   "\"\\x\"",  "\"\\u12g4\"", "\"\n\"", "[",
                          "]",        "[1",         "[1,]",      "[,1]", "[1 2]",    "{",           "{1:2}",  "{\"a\"}",
                          "{\"a\":}", "{\"a\":1,}", "{\"a\":1]", "1 2",  "[[[[]]]]", "undefined",   "NaN",    "'a'"}) {
    INFO(bad);
    CHECK_FALSE(valid_json(bad, 3));
  }
}

TEST_CASE("UTF-16 units of long UTF-8 are counted and found as one by one") {
  for (std::size_t part = 0; part < 60; ++part) {
    const std::uint32_t seed = test::seed("units", part);
    CAPTURE(seed);
    std::mt19937 random(seed);
    static const std::string_view letters[] = {"a", "\xc3\xa9", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80"};
    const unsigned kinds = 1 + static_cast<unsigned>(part) % 4;
    std::string text;
    std::vector<core::Cut> expected;  // for each unit where it begins
    while (text.size() < 300) {
      const std::string_view letter = letters[random() % 3 == 0 ? 0 : random() % kinds];
      expected.push_back({text.size(), false});
      if (letter.size() == 4) expected.push_back({text.size(), true});
      text += letter;
    }
    expected.push_back({text.size(), false});
    REQUIRE(valid_utf8(text));
    REQUIRE(utf16_length(text) == expected.size() - 1);
    for (std::size_t unit = 0; unit < expected.size(); ++unit) {
      const core::Cut cut = core::find_unit(text, unit);
      REQUIRE(cut.bytes == expected[unit].bytes);
      REQUIRE(cut.inside_character == expected[unit].inside_character);
    }
  }
}
