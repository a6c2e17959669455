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

// The data folder that tests/golden/schema-1.sql tells of.
void write_schema_1(const std::filesystem::path& folder) {
  std::ifstream file(STET_SOURCE_DIR "/tests/golden/schema-1.sql");
  std::filesystem::create_directories(folder);
  Intruder(folder).run({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

TEST_CASE("a database of schema 1 is brought up to date, and nothing of it is lost") {
  const TempFolder temp;
  write_schema_1(temp / "data");
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
  CHECK(Intruder(temp / "data").integer("PRAGMA user_version") == 3);
}

TEST_CASE("a reader refuses what it cannot read, and says what to do") {
  const TempFolder temp;
  const auto refusal = [&] { return error(LogReader::open(temp / "data", [](const std::string&) {})); };
  CHECK(refusal().kind == Kind::absent);
  CHECK(refusal().what.find("stet.db") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(temp / "data"));
  write_schema_1(temp / "data");
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
    store->append("d", 1, "ann", 7, bytes("1234567890"));
    store->put_snapshot("d", 1, bytes("a state of 25 bytes......"));
  }
  value(load(*store, "d"));
  store.reset();
  Intruder intruder(temp / "data");
  CHECK(intruder.integer("SELECT group_concat(seq, '') FROM (SELECT seq FROM snapshots ORDER BY seq)") == 3691112);
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
