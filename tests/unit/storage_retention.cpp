// What becomes of old log and of deleted documents: packed, pruned, purged.
#include <atomic>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <string>

#include "seed.hpp"
#include "storage/log_reader.hpp"
#include "storage/segment.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

using Kind = StoreError::Kind;

// `count` updates 1, 2, 3 ... at the times 10, 20, 30 ...
void append(Store& store, const std::string& doc, int count, int from = 1) {
  for (int i = from; i < from + count; ++i) store.append(doc, i * 10, "ann", 7, bytes(std::to_string(i)), "t");
  value(load(store, doc));
}

// Packs as soon as there is something, in segments of so many updates.
SqliteOptions packing(std::uint64_t segment_updates) {
  SqliteOptions options;
  options.upkeep_interval_ms = 1;
  options.segment_updates = segment_updates;
  options.rest_ms = 0;
  options.deleted_keep_ms = 1'000'000'000'000'000;
  return options;
}

std::int64_t count(const std::filesystem::path& folder, const std::string& table) {
  return Intruder(folder).integer("SELECT count(*) FROM " + table);
}

void wait_until_packed(const std::filesystem::path& folder) {
  wait_until([&] { return count(folder, "recent") == 0 && sorted_in(folder, "packed = 0") == 0; });
}

// The same number of updates in each segment, as long as there are so many.
void pack(const std::filesystem::path& folder, std::uint64_t segment_updates) {
  const auto store = open_sqlite(folder, packing(segment_updates));
  wait_until_packed(folder);
}

std::string read_all(const std::filesystem::path& folder) {
  std::string bytes;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(in), {});
  }
  return bytes;
}

// --- segments --------------------------------------------------------------------------------------------------------

bool same(const LogEntry& a, const LogEntry& b) {
  return a.seq == b.seq && a.time_ms == b.time_ms && a.author == b.author && a.session == b.session &&
         a.tags == b.tags && a.update == b.update;
}

// Up to `most` entries, from 100 on.
std::vector<LogEntry> random_entries(std::mt19937_64& random, std::size_t most) {
  std::vector<LogEntry> entries(random() % (most + 1));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    LogEntry& entry = entries[i];
    entry.seq = 100 + i;
    entry.time_ms = random() % 4 == 0 ? static_cast<std::int64_t>(random()) : static_cast<std::int64_t>(1000 * i);
    entry.author = std::string(random() % 3, 'a');
    entry.session = random() % 2 == 0 ? random() : 7;
    entry.tags = random() % 3 == 0 ? "agent" : "";
    entry.update.resize(random() % 8 == 0 ? random() % 500 : random() % 6);
    for (auto& byte : entry.update) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : i);
  }
  return entries;
}

TEST_CASE("any entries come out of a packed segment as they went in") {
  const std::uint64_t seed = stet::test::run_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds(200); ++round) {
    const std::vector<LogEntry> entries = random_entries(random, 30);
    const Bytes packed = pack(entries);
    const auto again = unpack(packed, 100, entries.size());
    REQUIRE(again);
    CHECK(std::ranges::equal(*again, entries, same));
    CHECK_FALSE(unpack(packed, 100, entries.size() + 1));
    Bytes damaged = packed;
    damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    unpack(damaged, 100, entries.size());  // whatever it says, it says it
    damaged.resize(random() % damaged.size());
    CHECK_FALSE(unpack(damaged, 100, entries.size()));
  }
}

TEST_CASE("a segment that is not packed gives its entries from anywhere on, up to one that is damaged") {
  const std::uint64_t seed = stet::test::run_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds(200); ++round) {
    const std::vector<LogEntry> entries = random_entries(random, 20);
    if (entries.empty()) continue;
    const Segment segment{.doc = 3,
                          .first_seq = 100,
                          .last_seq = entries.back().seq,
                          .first_ms = entries.front().time_ms,
                          .last_ms = entries.back().time_ms};
    Bytes data = write_entries(segment, entries);
    const std::int64_t checksum = segment_checksum(segment, data);
    const std::uint64_t from = 100 + random() % entries.size();
    const auto expected = std::span(entries).subspan(from - 100);
    CHECK(std::ranges::equal(value(read_segment(segment, checksum, data, from)), expected, same));
    CHECK(error(read_segment(segment, checksum + 1, data, from)).kind == Kind::corrupt);

    data[random() % data.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    if (round % 3 == 0) data.resize(random() % data.size());
    const auto damaged = read_segment(segment, checksum, data, 100);
    if (std::holds_alternative<StoreError>(damaged)) continue;
    const auto& good = std::get<0>(damaged);
    REQUIRE(good.size() < entries.size());
    CHECK(std::ranges::equal(good, std::span(entries).first(good.size()), same));
    CHECK(error(read_segment(segment, checksum, data, 100 + good.size())).what ==
          "the checksum of update " + std::to_string(100 + good.size()) + " does not hold");
  }
}

// --- packing ---------------------------------------------------------------------------------------------------------

TEST_CASE("a packed log reads as it did before") {
  const TempFolder temp;
  const std::uint64_t segment = GENERATE(1, 4, 64);
  auto store = open_sqlite(temp / "data", packing(segment));
  append(*store, "d", 20);
  wait_until_packed(temp / "data");
  CHECK(count(temp / "data", "segments") >= (segment == 64 ? 1 : static_cast<std::int64_t>(20 / segment)));
  for (int start = 0; start < 2; ++start) {
    CHECK(shown(value(load(*store, "d"))) == "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
    CHECK(shown(value(load_at(*store, "d", {.seq = 7}))) == "1 2 3 4 5 6 7");
    CHECK(value(load_at(*store, "d", {.seq = 0})).tail.empty());
    CHECK(value(load_at(*store, "d", {.time_ms = 9})).tail.empty());
    for (int i = 1; i <= 20; ++i) {
      CHECK(value(load_at(*store, "d", {.time_ms = 10 * i})).seq() == static_cast<std::uint64_t>(i));
      CHECK(value(load_at(*store, "d", {.time_ms = 10 * i + 9})).seq() == static_cast<std::uint64_t>(i));
    }
    const LogPage page = value(read_log(*store, "d", {.after_seq = 3, .limit = 6}));
    CHECK(shown(page.entries) == "4 5 6 7 8 9");
    CHECK(page.entries[0].tags == "t");
    CHECK(page.entries[0].time_ms == 40);
    store.reset();
    store = open_sqlite(temp / "data");
  }
  append(*store, "d", 2, 21);
  CHECK(value(load(*store, "d")).head_seq == 22);
  CHECK(shown(value(read_log(*store, "d", {.after_seq = 18})).entries) == "19 20 21 22");
}

TEST_CASE("the newest updates of a document that is being edited stay unpacked") {
  const TempFolder temp;
  SqliteOptions options = packing(16);
  options.rest_ms = 1'000'000'000'000'000;
  auto store = open_sqlite(temp / "data", options);
  append(*store, "d", 50);
  wait_until([&] { return sorted_in(temp / "data", "packed = 0") == 18; });
  append(*store, "d", 1, 51);
  wait_until([&] { return count(temp / "data", "segments WHERE packed = 1") == 2; });
  CHECK(shown(value(read_log(*store, "d", {.after_seq = 30, .limit = 4})).entries) == "31 32 33 34");
}

TEST_CASE("snapshots and versions live with a packed log") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data", packing(4));
  append(*store, "d", 9);
  store->put_snapshot("d", 1, bytes("to nine"));
  value(put_version(*store, "d", {"v", 5, 5, "ann"}, "to five"));
  append(*store, "d", 3, 10);
  wait_until_packed(temp / "data");
  CHECK(shown(value(load(*store, "d"))) == "[to nine] 10 11 12");
  CHECK(shown(value(load_at(*store, "d", {.seq = 7}))) == "[to five] 6 7");
}

TEST_CASE("a damaged segment is told by its sequences, and all else stays usable") {
  const TempFolder temp;
  {
    auto store = open_sqlite(temp / "data");
    append(*store, "good", 12);
    append(*store, "bad", 12);
    store->put_snapshot("bad", 1, bytes("to twelve"));
  }
  pack(temp / "data", 4);
  const std::string change = GENERATE("data = zeroblob(20)", "first_ms = first_ms + 1", "checksum = checksum + 1");
  Intruder(temp / "data")
      .run("UPDATE segments SET " + change +
           " WHERE first_seq = 5 AND doc = (SELECT id FROM documents WHERE name = "
           "CAST('bad' AS BLOB))");
  auto store = open_sqlite(temp / "data");
  const StoreError refused = error(read_log(*store, "bad"));
  CHECK(refused.kind == Kind::corrupt);
  CHECK(refused.what == "document 'bad': the segment of updates 5 to 8: its checksum does not hold");
  CHECK(shown(value(read_log(*store, "bad", {.after_seq = 8})).entries) == "9 10 11 12");
  CHECK(shown(value(read_log(*store, "bad", {.limit = 4})).entries) == "1 2 3 4");
  CHECK(shown(value(load_at(*store, "bad", {.seq = 3}))) == "1 2 3");
  CHECK(shown(value(load(*store, "bad"))) == "[to twelve]");
  CHECK(value(read_log(*store, "good")).entries.size() == 12);
}

TEST_CASE("a missing segment is told") {
  const TempFolder temp;
  append(*open_sqlite(temp / "data"), "d", 12);
  pack(temp / "data", 4);
  auto store = open_sqlite(temp / "data");
  Intruder(temp / "data").run("DELETE FROM segments WHERE first_seq = 5");
  CHECK(error(load(*store, "d")).what == "document 'd': update 5 is missing");
}

TEST_CASE("a damaged update is never packed") {
  const TempFolder temp;
  {
    auto store = open_sqlite(temp / "data");
    append(*store, "d", 8);
  }
  Intruder(temp / "data")
      .run(
          // What update 6 has of its own are 19 bytes, the last one of them Yjs'; before those of 1 there are 9 of
          // each.
          "UPDATE segments SET data = CAST(substr(data, 1, 185) || x'7f' || substr(data, 187) AS BLOB)");
  SqliteOptions options = packing(8);
  std::mutex mutex;
  std::string warning;
  options.warn = [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    warning += line;
  };
  auto store = open_sqlite(temp / "data", options);
  wait_until([&] {
    const std::lock_guard lock(mutex);
    return !warning.empty();
  });
  store.reset();
  CHECK(warning == "document 'd': the checksum of update 6 does not hold; it stays unpacked");
  CHECK(sorted_in(temp / "data", "packed = 0") == 8);
}

// --- pruning ---------------------------------------------------------------------------------------------------------

TEST_CASE("a pruned log begins at its base, and what was before is refused by name") {
  const auto subject = every_store();
  Store& store = subject->store();
  append(store, "d", 9);
  value(put_version(store, "d", {"v", 2, 5, "ann"}, "to two"));
  CHECK(value(prune(store, "d", 6, "to six")).seq == 6);
  const LoadedDoc loaded = value(load(store, "d"));
  CHECK(shown(loaded) == "[to six] 7 8 9");
  CHECK(text_of(loaded.state_vector) == "vector of to six");
  CHECK(shown(value(load_at(store, "d", {.seq = 6}))) == "[to six]");
  CHECK(shown(value(load_at(store, "d", {.time_ms = 75}))) == "[to six] 7");
  const StoreError refused = error(load_at(store, "d", {.seq = 5}));
  CHECK(refused.kind == Kind::pruned);
  CHECK(refused.what.find("'d': its history begins at sequence 6") != std::string::npos);
  CHECK(error(load_at(store, "d", {.time_ms = 55})).kind == Kind::pruned);
  CHECK(shown(value(load_at(store, "d", {.seq = 0}))).empty());
  CHECK(shown(value(load_at(store, "d", {.seq = 2}))) == "[to two]");  // a version keeps its state
  CHECK(value(versions(store, "d")).size() == 1);

  const LogPage page = value(read_log(store, "d", {.after_seq = 0}));
  CHECK(shown(page.entries) == "to six 7 8 9");
  CHECK(page.entries[0].is_base);
  CHECK(page.entries[0].seq == 6);
  CHECK(page.entries[0].time_ms == 60);
  CHECK_FALSE(page.entries[1].is_base);
  CHECK(shown(value(read_log(store, "d", {.after_seq = 6})).entries) == "7 8 9");
  CHECK(shown(value(read_log(store, "d", {.after_seq = 0, .limit = 1})).entries) == "to six");
  append(store, "d", 1, 10);
  CHECK(value(load(store, "d")).head_seq == 10);
}

TEST_CASE("what cannot be pruned is told") {
  const auto subject = every_store();
  Store& store = subject->store();
  append(store, "d", 5);
  CHECK(error(prune(store, "nothing", 1, "x")).kind == Kind::absent);
  CHECK(error(prune(store, "d", 0, "x")).kind == Kind::absent);
  CHECK(error(prune(store, "d", 6, "x")).kind == Kind::absent);
  value(prune(store, "d", 3, "to three"));
  CHECK(error(prune(store, "d", 3, "x")).kind == Kind::pruned);
  CHECK(error(prune(store, "d", 2, "x")).kind == Kind::pruned);
  CHECK(value(prune(store, "d", 5, "to five")).seq == 5);
  CHECK(shown(value(load(store, "d"))) == "[to five]");
}

TEST_CASE("a retention tells which logs are overdue") {
  const auto subject = every_store();
  Store& store = subject->store();
  append(store, "a", 9);
  append(store, "b", 3);
  CHECK(overdue(store, {}).empty());
  CHECK(overdue(store, {.before_ms = 10}).empty());
  CHECK(overdue(store, {.before_ms = 31}) == "a@3 b@3");
  CHECK(overdue(store, {.bytes = 3}) == "a@6");
  CHECK(overdue(store, {.before_ms = 71, .bytes = 3}) == "a@7 b@3");
  value(prune(store, "a", 7, "to seven"));
  CHECK(overdue(store, {.before_ms = 71}) == "b@3");
  remove(store, "b");
  CHECK(overdue(store, {.before_ms = 71}).empty());
}

TEST_CASE("what was pruned leaves the database, packed or not") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data", packing(4));
  append(*store, "d", 18);
  wait_until_packed(temp / "data");
  value(prune(*store, "d", 10, "to ten"));
  wait_until([&] { return count(temp / "data", "segments WHERE first_seq <= 10") == 0; });
  CHECK(shown(value(load(*store, "d"))) == "[to ten] 11 12 13 14 15 16 17 18");
  CHECK(value(load_at(*store, "d", {.time_ms = 135})).seq() == 13);
  store.reset();
  store = open_sqlite(temp / "data");
  append(*store, "d", 3, 19);
  value(prune(*store, "d", 20, "to twenty"));
  store.reset();
  store = open_sqlite(temp / "data", packing(4));
  wait_until([&] { return sorted_in(temp / "data") == 1; });
  CHECK(shown(value(load(*store, "d"))) == "[to twenty] 21");
  CHECK(count(temp / "data", "snapshots") == 1);
}

TEST_CASE("of a segment in which the base is, only what follows it stays") {
  const TempFolder temp;
  const bool packed = GENERATE(false, true);
  CAPTURE(packed);
  append(*open_sqlite(temp / "data"), "d", 9);
  if (packed) pack(temp / "data", 100);
  CHECK(count(temp / "data", "segments") == 1);
  SqliteOptions options = packing(100);
  options.rest_ms = 1'000'000'000'000'000;  // nothing is packed
  auto store = open_sqlite(temp / "data", options);
  value(prune(*store, "d", 6, "to six"));
  wait_until([&] { return sorted_in(temp / "data") == 3; });
  CHECK(sorted_in(temp / "data", packed ? "packed = 1" : "packed = 0") == 3);
  CHECK(shown(value(load(*store, "d"))) == "[to six] 7 8 9");
  CHECK(value(load_at(*store, "d", {.time_ms = 80})).seq() == 8);
  append(*store, "d", 1, 10);
  CHECK(shown(value(load(*store, "d"))) == "[to six] 7 8 9 10");
}

TEST_CASE("a damaged base is told, since nothing is left that could replace it") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  append(*store, "d", 5);
  value(prune(*store, "d", 3, "to three"));
  const auto [change, says] = GENERATE(table<std::string, std::string>(
      {{"UPDATE snapshots SET time_ms = 1", "its base at sequence 3 is damaged, and what was before is pruned"},
       {"UPDATE bases SET state_vector = x'00'", "the checksum of its base does not hold"}}));
  Intruder(temp / "data").run(change);
  CHECK(error(load(*store, "d")).kind == Kind::corrupt);
  CHECK(error(load(*store, "d")).what == "document 'd': " + says);
  CHECK(error(read_log(*store, "d")).kind == Kind::corrupt);
}

// --- deletion --------------------------------------------------------------------------------------------------------

TEST_CASE("a deleted document is refused until it is brought back") {
  const auto subject = every_store();
  Store& store = subject->store();
  append(store, "d", 2);
  append(store, "other", 1);
  CHECK(error(undelete(store, "d")).kind == Kind::exists);
  CHECK(error(undelete(store, "nothing")).kind == Kind::absent);
  CHECK(error(remove(store, "nothing")).kind == Kind::absent);
  const DocInfo info = value(remove(store, "d", 77));
  CHECK(info.deleted_ms == 77);
  CHECK(info.head_seq == 2);
  CHECK(names(store) == "other");
  CHECK(deleted_names(store) == "d");
  CHECK(error(load(store, "d")).kind == Kind::deleted);
  CHECK(error(read_log(store, "d")).kind == Kind::deleted);
  CHECK(error(versions(store, "d")).kind == Kind::deleted);
  CHECK(error(find(store, "d")).kind == Kind::deleted);
  CHECK(error(create(store, "d")).kind == Kind::deleted);
  CHECK(error(remove(store, "d")).kind == Kind::deleted);
  CHECK(error(prune(store, "d", 1, "1")).kind == Kind::deleted);
  store.append("d", 1, "ann", 7, bytes("3"));
  const auto reports = subject->reports.wait_for(4);
  REQUIRE(reports.back().error);
  CHECK(reports.back().error->kind == Kind::deleted);

  CHECK(value(undelete(store, "d")).deleted_ms == 0);
  CHECK(names(store) == "d other");
  CHECK(deleted_names(store).empty());
  CHECK(shown(value(load(store, "d"))) == "1 2");
  append(store, "d", 1, 3);
  CHECK(shown(value(load(store, "d"))) == "1 2 3");
}

TEST_CASE("a deleted document stays deleted over a restart, for as long as it is kept") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  append(*store, "d", 2);
  value(remove(*store, "d"));
  store.reset();
  store = open_sqlite(temp / "data", packing(4));
  CHECK(error(load(*store, "d")).kind == Kind::deleted);
  CHECK(shown((value(undelete(*store, "d")), value(load(*store, "d")))) == "1 2");
}

TEST_CASE("a purged document is gone from every file, and its name is free") {
  const TempFolder temp;
  const std::uint64_t seed = stet::test::run_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const bool is_packed = GENERATE(true, false);
  SqliteOptions options = packing(16);
  if (!is_packed) options.upkeep_interval_ms = 0;
  auto store = open_sqlite(temp / "data", options);
  const auto mark = [](int doc) { return "mark-of-" + std::to_string(doc) + "."; };
  for (int i = 1; i <= 600; ++i) {
    const int doc = static_cast<int>(random() % 6);
    std::string update;
    for (std::uint64_t n = random() % 40; n > 0; --n) update += mark(doc);
    store->append(mark(doc), i, mark(doc), 7, bytes(update), mark(doc));
    if (i % 7 == 0) store->put_snapshot(mark(doc), i, bytes(update));
    if (i % 60 == 0) put_version(*store, mark(doc), {mark(doc) + std::to_string(i), 1, i, mark(doc)}, update);
  }
  const auto others = shown(value(load(*store, mark(1)))) + shown(value(load(*store, mark(3))));
  for (const int doc : {0, 2, 5}) value(remove(*store, mark(doc)));
  CHECK(read_all(temp / "data").find(mark(2)) != std::string::npos);
  store.reset();
  options = packing(16);
  options.deleted_keep_ms = 0;
  std::atomic<bool> gone = false;
  options.say = [&](const std::string& line) { gone = gone || line == "3 purged documents have left the files"; };
  store = open_sqlite(temp / "data", options);
  wait_until([&] { return gone.load(); });
  const std::string files = read_all(temp / "data");
  for (const int doc : {0, 2, 5}) CHECK(files.find(mark(doc)) == std::string::npos);
  CHECK(files.find(mark(1)) != std::string::npos);
  CHECK(shown(value(load(*store, mark(1)))) + shown(value(load(*store, mark(3)))) == others);
  CHECK(deleted_names(*store).empty());
  CHECK_FALSE(value(load(*store, mark(2))).exists);
  append(*store, mark(2), 1);
  CHECK(shown(value(load(*store, mark(2)))) == "1");
  CHECK(value(versions(*store, mark(2))).empty());
}

TEST_CASE("a purge that was interrupted goes on, and takes nothing of a new document of that name") {
  const TempFolder temp;
  {
    auto store = open_sqlite(temp / "data");
    append(*store, "d", 5);
  }
  // As it is found after a crash between two portions.
  Intruder(temp / "data").run("INSERT INTO purges SELECT id FROM documents; DELETE FROM documents;");
  auto store = open_sqlite(temp / "data");
  append(*store, "d", 1, 9);
  CHECK(shown(value(load(*store, "d"))) == "9");
  store.reset();
  store = open_sqlite(temp / "data", packing(4));
  wait_until([&] { return count(temp / "data", "purges") == 0; });
  CHECK(shown(value(load(*store, "d"))) == "9");
  wait_until([&] { return sorted_in(temp / "data", "packed = 0") == 0; });
  CHECK(count(temp / "data", "segments") == 1);
}

}  // namespace
}  // namespace stet::storage::test
