// What the SQLite store keeps of the past: databases of older versions, checkpoints, and readers beside a server.
#include <fstream>
#include <iterator>
#include <string>

#include "storage/log_reader.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

using Kind = StoreError::Kind;

std::unique_ptr<LogReader> open_reader(const std::filesystem::path& folder) {
  auto opened = LogReader::open(folder, [](const std::string&) {});
  if (const auto* refused = std::get_if<StoreError>(&opened)) throw std::runtime_error(refused->what);
  return std::get<std::unique_ptr<LogReader>>(std::move(opened));
}

// The data folder that tests/golden/schema-N.sql tells of.
void write_schema(int version, const std::filesystem::path& folder) {
  std::ifstream file(STET_SOURCE_DIR "/tests/golden/schema-" + std::to_string(version) + ".sql");
  std::filesystem::create_directories(folder);
  Intruder(folder).run({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

TEST_CASE("a database of schema 1 is brought up to date, and nothing of it is lost") {
  const TempFolder temp;
  write_schema(1, temp / "data");
  for (int start = 0; start < 2; ++start) {
    auto store = open_sqlite(temp / "data");
    CHECK(names(*store) == "plan notes/a empty");
    const LoadedDoc plan = value(load(*store, "plan"));
    CHECK(shown(plan) == std::string("[of two] th\0ird", 15));
    CHECK(plan.tail[0].tags.empty());
    CHECK(value(find(*store, "empty"))->kind.empty());
    const LogPage log = value(read_log(*store, "plan"));
    REQUIRE(log.entries.size() == 3);
    CHECK(log.entries[0].author == "ann");
    CHECK(log.entries[1].author == "b\xc3\xb6rje");
    CHECK(log.entries[1].session == 18446744073709551615ULL);
    CHECK(shown(value(load(*store, "notes/a"))) == (start == 0 ? "x" : "x y"));
    if (start == 0) store->append("notes/a", 1600, "ann", 7, bytes("y"), "agent");
  }
  CHECK(Intruder(temp / "data").integer("PRAGMA user_version") == 6);
}

TEST_CASE("a database of schema 3 is brought up to date, with its snapshots and versions, and is packed") {
  const TempFolder temp;
  write_schema(3, temp / "data");
  SqliteOptions options;
  options.upkeep_interval_ms = 1;
  options.rest_ms = 0;
  options.segment_updates = 4;
  auto store = open_sqlite(temp / "data", options);
  wait_until([&] { return sorted_in(temp / "data", "packed = 0") == 0; });
  for (int start = 0; start < 2; ++start) {
    CHECK(names(*store) == "empty plan");
    CHECK(value(find(*store, "empty"))->kind == "rich");
    CHECK(value(find(*store, "plan"))->deleted_ms == 0);
    const LoadedDoc plan = value(load(*store, "plan"));
    CHECK(plan.snapshot_seq == 4);
    CHECK(plan.snapshot.size() == 36);  // as it was, not packed
    CHECK(plan.tail.empty());
    CHECK(value(load_at(*store, "plan", {.seq = 2})).snapshot_seq == 2);
    CHECK(value(versions(*store, "plan"))[0].name == "draft");
    const LogPage log = value(read_log(*store, "plan"));
    REQUIRE(log.entries.size() == 4);
    CHECK(log.entries[1].author == "Ann");
    CHECK(log.entries[1].time_ms == 1795364007925);
    CHECK(log.entries[1].session == static_cast<std::uint64_t>(-4438868290139628795));
    store.reset();
    store = open_sqlite(temp / "data", options);
  }
  store->append("plan", 1, "Ben", 7, bytes("x"));
  CHECK(value(load(*store, "plan")).head_seq == 5);
}

TEST_CASE("a database of schema 4 is brought up to date, and its log goes on") {
  const TempFolder temp;
  write_schema(4, temp / "data");
  auto store = open_sqlite(temp / "data");
  store->append("plan", 1795374200000, "Ann", 7, bytes("x"));
  CHECK(value(load(*store, "plan")).head_seq == 6);
  const LogPage log = value(read_log(*store, "plan", {.after_seq = 4}));
  REQUIRE(log.entries.size() == 2);
  CHECK(log.entries[0].author == "Ben");
  CHECK(log.entries[0].tags == "thin-edit=7971408949908582900/1\nagent=quill");
  CHECK(shown({log.entries[1]}) == "x");
  CHECK(names(*store) == "plan other empty");
  CHECK(Intruder(temp / "data").integer("SELECT count(*) FROM recent") == 1);
  store.reset();
  CHECK(Intruder(temp / "data").integer("SELECT count(*) FROM recent") == 0);
  CHECK(sorted_in(temp / "data", "doc = 1") == 6);
}

TEST_CASE("a database of schema 5 that a crash left is brought up to date, and its log goes on") {
  const TempFolder temp;
  write_schema(5, temp / "data");
  auto store = open_sqlite(temp / "data");
  store->append("plan", 1795412400000, "Ann", 7, bytes("x"));
  const LogPage log = value(read_log(*store, "plan"));
  REQUIRE(log.entries.size() == 4);
  CHECK(log.entries[0].tags == "thin-edit=6666232704371138330/1");
  CHECK(log.entries[1].author == "Ann");
  CHECK(log.entries[1].time_ms == 1795412314527);
  CHECK(log.entries[1].session == 2958586454120341265);
  CHECK(log.entries[2].author == "Ben");
  CHECK(shown({log.entries[3]}) == "x");
  CHECK(value(load(*store, "other")).head_seq == 2);
  CHECK(Intruder(temp / "data").integer("SELECT count(*) FROM sqlite_schema WHERE name = 'updates'") == 0);
}

TEST_CASE(
    "a damaged update of an old database makes its document refused once it is brought up to date, and no other") {
  const TempFolder temp;
  write_schema(4, temp / "data");
  const auto [change, says] = GENERATE(table<std::string, std::string>(
      {{"UPDATE updates SET time_ms = 1 WHERE position = 2", "the checksum of update 2 does not hold"},
       {"UPDATE updates SET checksum = checksum + 1 WHERE position = 4", "the checksum of update 4 does not hold"},
       {"DELETE FROM updates WHERE position = 3", "update 3 is missing"},
       {"DELETE FROM updates WHERE position = 5", "the log ends at 4, 5 was committed"}}));
  Intruder(temp / "data").run("DELETE FROM snapshots; " + change);
  const auto store = open_sqlite(temp / "data");
  CHECK(error(load(*store, "plan")).what == "document 'plan': " + says);
  CHECK(value(load(*store, "other")).head_seq == 1);
}

TEST_CASE("a long log of an old database is brought up to date in segments of a bounded size") {
  const TempFolder temp;
  write_schema(4, temp / "data");
  {
    Intruder intruder(temp / "data");
    intruder.run(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
        "INSERT INTO updates SELECT NULL, 3, i, i, '', 0, 0, x'0000', '' FROM n; "
        "UPDATE documents SET head_seq = 10000 WHERE id = 3");
  }
  const auto store = open_sqlite(temp / "data");
  CHECK(sorted_in(temp / "data", "doc = 3") == 10'000);
  CHECK(Intruder(temp / "data").integer("SELECT max(last_seq - first_seq + 1) FROM segments") == 1'024);
  CHECK(value(load(*store, "plan")).head_seq == 5);
  CHECK(error(load(*store, "other")).what == "document 'other': the checksum of update 2 does not hold");
}

TEST_CASE("a reader refuses what it cannot read, and says what to do") {
  const TempFolder temp;
  const auto refusal = [&] { return error(LogReader::open(temp / "data", [](const std::string&) {})); };
  CHECK(refusal().kind == Kind::absent);
  CHECK(refusal().what.find("stet.db") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(temp / "data"));
  write_schema(1, temp / "data");
  CHECK(refusal().what.find("schema version 1 is older than this Stet: `stet serve`") != std::string::npos);
  Intruder(temp / "data").run("PRAGMA user_version = 77");
  CHECK(refusal().what.find("schema version 77 was made by a newer Stet") != std::string::npos);
  Intruder(temp / "data").run("PRAGMA application_id = 1");
  CHECK(refusal().kind == Kind::corrupt);
}

TEST_CASE("a reader reads beside a server, sees what is committed, and leaves no trace") {
  const TempFolder temp;
  Reports reports;
  auto store = open_sqlite(temp / "data");
  reports.listen_to(*store);
  store->append("d", 1, "ann", 7, bytes("1"));
  reports.wait_for(1);
  auto reader = open_reader(temp / "data");
  CHECK(shown(value(reader->load("d"))) == "1");
  for (int i = 2; i <= 3000; ++i) store->append("d", i, "ann", 7, bytes(std::to_string(i)));
  reports.wait_for(3000);
  CHECK(value(reader->load("d")).head_seq == 3000);
  CHECK(value(reader->load("d", {.time_ms = 2000})).seq() == 2000);
  value(put_version(*store, "d", {"v", 2, 5, "ann"}, "12"));
  CHECK(value(reader->versions("d")).size() == 1);
  CHECK(value(reader->read_log("d", {.after_seq = 10, .limit = 2})).entries.size() == 2);
  store.reset();  // with the reader still there, which must neither write nor keep the next server out
  CHECK(value(reader->load("d")).head_seq == 3000);
  store = open_sqlite(temp / "data");
  store->append("d", 1, "ann", 7, bytes("x"));
  CHECK(value(load(*store, "d")).head_seq == 3001);
  store.reset();
  reader.reset();
  CHECK(value(open_reader(temp / "data")->load("d")).head_seq == 3001);
}

TEST_CASE("old snapshots stay as checkpoints where the log between them makes up for their size") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  for (int i = 1; i <= 12; ++i) {
    store->append("d", 1, "ann", 7, bytes(std::string(80, '.')));  // counts as 10, packed
    store->put_snapshot("d", 1, bytes("a state of 25 bytes......"));
  }
  value(load(*store, "d"));
  store.reset();
  Intruder intruder(temp / "data");
  // Packed, such a state takes 34 bytes.
  CHECK(intruder.integer("SELECT group_concat(seq, '') FROM (SELECT seq FROM snapshots ORDER BY seq)") == 481112);
}

TEST_CASE("a version whose row is not as it was written is told, not shown") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  store->append("d", 1, "ann", 7, bytes("1"));
  value(put_version(*store, "d", {"v", 1, 5, "ann"}, "1"));
  Intruder(temp / "data").run("UPDATE versions SET author = 'eve'");
  CHECK(error(versions(*store, "d")).kind == Kind::corrupt);
}

}  // namespace
}  // namespace stet::storage::test
