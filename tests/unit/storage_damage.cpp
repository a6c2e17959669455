// Bytes that are not what was written: the SQLite store refuses the document, or serves what was written.
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "seed.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

using Kind = StoreError::Kind;

std::unique_ptr<Store> store_with_two_docs(const std::filesystem::path& folder) {
  auto store = open_sqlite(folder);
  for (int i = 1; i <= 4; ++i) {
    for (const char* doc : {"good", "bad"}) {
      store->append(doc, 100 + i, "ann", 7, bytes(std::to_string(i)));
      if (i == 2 || i == 3) store->put_snapshot(doc, 100, bytes("to " + std::to_string(i)));
    }
  }
  settle(*store);
  return store;
}

const std::string of_bad = " WHERE doc = (SELECT id FROM documents WHERE name = CAST('bad' AS BLOB))";

TEST_CASE("a row of the log that is not as it was written makes its document refused") {
  const std::string change =
      GENERATE(as<std::string>(),  //
               "UPDATE segments SET data = CAST('5' AS BLOB)", "UPDATE segments SET data = x''",
               "UPDATE segments SET data = CAST(substr(data, 1, length(data) - 1) AS BLOB)",
               "UPDATE segments SET first_ms = 1", "UPDATE segments SET last_ms = 1", "UPDATE segments SET packed = 1",
               "UPDATE segments SET checksum = checksum + 1", "UPDATE segments SET first_seq = 2",
               "UPDATE segments SET last_seq = 9", "UPDATE segments SET last_seq = 3", "DELETE FROM segments");
  CAPTURE(change);
  const TempFolder temp;
  auto store = store_with_two_docs(temp / "data");
  Intruder intruder(temp / "data");
  intruder.run("DELETE FROM snapshots" + of_bad);
  intruder.run(change + of_bad);
  const StoreError refused = error(load(*store, "bad"));
  CHECK(refused.kind == Kind::corrupt);
  CHECK(refused.what.find("'bad'") != std::string::npos);
  CHECK(shown(value(load(*store, "good"))) == "[to 3] 4");
}

TEST_CASE("any byte of a segment that is not as it was written makes its document refused") {
  const TempFolder temp;
  auto store = store_with_two_docs(temp / "data");
  Intruder intruder(temp / "data");
  intruder.run("DELETE FROM snapshots" + of_bad);
  const std::int64_t size = intruder.integer("SELECT length(data) FROM segments" + of_bad);
  CHECK(size > 100);
  intruder.run("CREATE TABLE whole AS SELECT data, 0 AS at FROM segments" + of_bad);
  for (std::int64_t at = 1; at <= size; ++at) {
    CAPTURE(at);
    intruder.run(
        "UPDATE whole SET at = at + 1; UPDATE segments SET data = (SELECT CAST(substr(data, 1, at - 1) || "
        "CASE substr(data, at, 1) WHEN x'b5' THEN x'b4' ELSE x'b5' END || substr(data, at + 1) AS BLOB) FROM whole)" +
        of_bad);
    CHECK(intruder.integer("SELECT length(data) FROM segments" + of_bad) == size);
    CHECK(error(load(*store, "bad")).kind == Kind::corrupt);
  }
  intruder.run("UPDATE segments SET data = (SELECT data FROM whole)" + of_bad);
  CHECK(shown(value(load(*store, "bad"))) == "1 2 3 4");
}

TEST_CASE("a log whose end is gone is neither served nor continued") {
  const TempFolder temp;
  store_with_two_docs(temp / "data");
  Intruder(temp / "data").run("DELETE FROM segments" + of_bad);
  Reports reports;
  auto store = open_sqlite(temp / "data");
  reports.listen_to(*store);
  CHECK(error(load(*store, "bad")).kind == Kind::corrupt);
  store->append("bad", 1, "ann", 7, bytes("5"));
  const Commit commit = reports.wait_for(1).back();
  REQUIRE(commit.error);
  CHECK(commit.error->kind == Kind::corrupt);
  CHECK(error(create(*store, "bad")).kind == Kind::corrupt);
  store->append("good", 1, "ann", 7, bytes("5"));
  CHECK_FALSE(reports.wait_for(2).back().error);
  CHECK(shown(value(load(*store, "good"))) == "[to 3] 4 5");
}

TEST_CASE("the log counts, not the head that the list of documents tells") {
  const TempFolder temp;
  store_with_two_docs(temp / "data");
  Intruder(temp / "data").run("UPDATE documents SET head_seq = 2");
  auto store = open_sqlite(temp / "data");
  CHECK(value(load(*store, "bad")).head_seq == 4);
  store->append("bad", 1, "ann", 7, bytes("5"));
  CHECK(shown(value(load(*store, "bad"))) == "[to 3] 4 5");
}

TEST_CASE("a damaged snapshot is passed over: the one before it serves, or the log") {
  const TempFolder temp;
  std::string warnings;
  {
    store_with_two_docs(temp / "data");
    Intruder intruder(temp / "data");
    SqliteOptions options;
    options.warn = [&](const std::string& line) { warnings += line; };
    auto store = open_sqlite(temp / "data", options);
    intruder.run("UPDATE snapshots SET data = CAST('to 4' AS BLOB)" + of_bad + " AND seq = 3");
    CHECK(shown(value(load(*store, "bad"))) == "[to 2] 3 4");
    intruder.run("UPDATE snapshots SET checksum = 0" + of_bad);
    CHECK(shown(value(load(*store, "bad"))) == "1 2 3 4");
    intruder.run("UPDATE snapshots SET seq = seq + 10" + of_bad);
    CHECK(shown(value(load(*store, "bad"))) == "1 2 3 4");
  }
  CHECK(warnings.find("'bad': a snapshot is damaged") != std::string::npos);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST_CASE("a document that a damaged list does not find is refused, never taken for a new one") {
  const std::string name = "a name that stands out";
  const TempFolder temp;
  {
    auto store = store_with_two_docs(temp / "data");
    store->append(name, 1, "ann", 7, bytes("1"));
  }
  const std::string whole = read_file(temp / "data/stet.db");
  int occurrences = 0;
  for (std::size_t at = whole.find(name); at != std::string::npos; at = whole.find(name, at + 1)) {
    ++occurrences;
    std::string flipped = whole;
    flipped[at] = 'X';
    write_file(temp / "data/stet.db", flipped);
    Reports reports;
    auto store = open_sqlite(temp / "data");
    reports.listen_to(*store);
    for (const std::string& doc : {name, "X" + name.substr(1), std::string("never made")}) {
      CHECK(error(load(*store, doc)).kind == Kind::corrupt);
      CHECK(error(create(*store, doc)).kind == Kind::corrupt);
    }
    store->append(name, 1, "ann", 7, bytes("2"));
    CHECK(reports.wait_for(1).back().error);
    CHECK(shown(value(load(*store, "good"))) == "[to 3] 4");
  }
  CHECK(occurrences == 2);
}

// Documents d0 to d9 with updates that tell their number, in a random order; `expected` shows each of them in full.
void fill(Store& store, std::mt19937_64& random, std::map<std::string, std::string>& expected) {
  std::map<std::string, int> heads;
  for (int i = 0; i < 600; ++i) {
    const std::string doc = "d" + std::to_string(random() % 10);
    const std::string update = doc + "/" + std::to_string(++heads[doc]);
    store.append(doc, 1, "ann", 7, bytes(update));
    expected[doc] += (expected[doc].empty() ? "" : " ") + update;
  }
}

TEST_CASE("a flipped byte anywhere in the database never yields content that was not written") {
  const std::uint64_t seed = stet::test::run_seed();
  std::mt19937_64 random(seed);
  CAPTURE(seed);
  const TempFolder temp;
  std::map<std::string, std::string> expected;
  std::string whole;
  {
    auto store = open_sqlite(temp / "full");
    fill(*store, random, expected);
    for (const auto& [doc, text] : expected) value(load(*store, doc));
    const bool crashes = GENERATE(false, true);  // then all is in the table `recent`
    CAPTURE(crashes);
    if (!crashes) store->close();
    copy_files(temp / "full", temp / "data");
    Intruder(temp / "data").run("PRAGMA wal_checkpoint(TRUNCATE)");
    whole = read_file(temp / "data/stet.db");
  }
  int refused_docs = 0;
  for (int round = 0; round < rounds(80); ++round) {
    std::string flipped = whole;
    const std::size_t at = random() % whole.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    CAPTURE(round, at);
    write_file(temp / "data/stet.db", flipped);
    auto opened = SqliteStore::open(temp / "data");
    if (std::holds_alternative<StoreError>(opened)) continue;  // the header or the schema
    Store& store = *std::get<0>(opened);
    Reports reports;
    reports.listen_to(store);
    std::map<std::string, std::string> now = expected;
    const auto check = [&] {
      for (const auto& [doc, text] : now) {
        const auto loaded = load(store, doc);
        if (const auto* failed = std::get_if<StoreError>(&loaded)) {
          CHECK(failed->kind == Kind::corrupt);
          ++refused_docs;
        } else {
          CHECK(shown(std::get<LoadedDoc>(loaded)) == text);
        }
      }
    };
    check();
    for (const auto& [doc, text] : expected) store.append(doc, 1, "ann", 7, bytes("more"));
    for (const Commit& commit : reports.wait_for(expected.size())) now[commit.doc] += commit.error ? "" : " more";
    check();
    std::get<0>(opened).reset();
    for (const char* left : {"stet.db-wal", "stet.db-shm"}) std::filesystem::remove(temp / "data" / left);
  }
  CHECK(refused_docs > 0);
}

// Documents 'bad' and 'good' of so many updates. In the place of the segment that the next `rows` updates of 'bad' will
// be in there is something else, which shows only when they are sorted in.
std::unique_ptr<Store> store_with_taken_place(const std::filesystem::path& folder, int updates, int rows,
                                              const SqliteOptions& options = {}) {
  auto store = open_sqlite(folder, options);
  for (const char* doc : {"bad", "good"}) {
    for (int i = 1; i <= updates; ++i) store->append(doc, 1, "ann", 7, bytes("1"));
  }
  settle(*store);
  Intruder(folder).run("INSERT INTO segments SELECT NULL, id, " + std::to_string(updates + 1) + ", " +
                       std::to_string(updates + rows) +
                       ", 1, 1, 0, x'00', 0 FROM documents WHERE name = CAST('bad' AS BLOB)");
  return store;
}

TEST_CASE("after a large commit that has met damage the other documents go on") {
  const TempFolder temp;
  constexpr int before = 20;
  constexpr int rows = 400;
  SqliteOptions options;
  options.recent_updates = 20;
  options.commit_interval_ms = 50;  // what comes meanwhile is one commit
  Reports reports;
  auto store = store_with_taken_place(temp / "data", before, rows, options);
  reports.listen_to(*store);
  for (int i = 0; i < rows; ++i) {
    for (const char* doc : {"bad", "good"}) store->append(doc, 1, "ann", 7, bytes("1"));
  }
  reports.wait_for(2 * rows);
  const std::uint64_t committed = value(load(*store, "good")).head_seq;
  for (int i = 0; i < rows; ++i) store->append("good", 1, "ann", 7, bytes("1"));
  for (const Commit& commit : reports.wait_for(3 * rows)) {
    if (commit.seq > committed) CHECK_FALSE(commit.error);
  }
  store.reset();
  store = open_sqlite(temp / "data");
  CHECK(value(load(*store, "good")).head_seq == committed + rows);
  CHECK(error(load(*store, "bad")).kind == Kind::corrupt);
}

TEST_CASE("damage that only sorting in meets is laid to its document, and others that are sorted in with it go on") {
  const TempFolder temp;
  constexpr int before = 20;
  constexpr int rows = 400;
  Reports reports;
  auto store = store_with_taken_place(temp / "data", before, rows);
  reports.listen_to(*store);
  for (int i = 0; i < rows; ++i) {
    for (const char* doc : {"bad", "good"}) store->append(doc, 1, "ann", 7, bytes("1"));
  }
  for (const Commit& commit : reports.wait_for(2 * rows)) CHECK_FALSE(commit.error);
  settle(*store);
  for (const char* doc : {"bad", "good"}) store->append(doc, 1, "ann", 7, bytes("1"));
  std::string refused;
  for (const Commit& commit : reports.wait_for(2 * rows + 2)) {
    if (commit.error) refused += commit.error->what;
  }
  CHECK(refused == "document 'bad': its recent updates cannot be sorted into its log");
  for (const bool is_new : {false, true}) {
    if (is_new) store.reset();
    if (is_new) store = open_sqlite(temp / "data");
    CHECK(value(load(*store, "good")).head_seq == before + rows + 1);
    CHECK(error(load(*store, "bad")).kind == Kind::corrupt);
  }
  store.reset();
  CHECK(Intruder(temp / "data").integer("SELECT count(*) FROM recent") == 1);  // those of the damaged one
  CHECK(sorted_in(temp / "data", "doc = 2") == before + rows + 1);
}

TEST_CASE("a torn write-ahead log ends at a commit") {
  const std::uint64_t seed = stet::test::run_seed();
  std::mt19937_64 random(seed);
  CAPTURE(seed);
  const TempFolder temp;
  Reports reports;
  auto store = open_sqlite(temp / "data");
  reports.listen_to(*store);
  std::vector<std::string> docs;  // of each commit
  for (std::size_t i = 1; i <= 60; ++i) {
    docs.push_back("d" + std::to_string(random() % 5));
    store->append(docs.back(), 1, "ann", 7, bytes(std::to_string(i)));
    reports.wait_for(i);
  }
  const std::string database = read_file(temp / "data/stet.db");
  const std::string log = read_file(temp / "data/stet.db-wal");
  store->close();
  std::filesystem::create_directory(temp / "copy");
  for (int round = 0; round < rounds(60); ++round) {
    std::string torn = log.substr(0, 32 + random() % (log.size() - 32));
    if (round % 2 == 1) torn.back() = static_cast<char>(~torn.back());
    CAPTURE(round, torn.size());
    write_file(temp / "copy/stet.db", database);
    write_file(temp / "copy/stet.db-wal", torn);
    auto copy = open_sqlite(temp / "copy");
    std::map<std::string, std::string> found;
    std::size_t commits = 0;
    for (const DocInfo& info : value(list(*copy))) {
      found[info.name] = shown(value(load(*copy, info.name)));
      commits += info.head_seq;
    }
    std::map<std::string, std::string> expected;
    for (std::size_t i = 0; i < commits; ++i) {
      std::string& text = expected[docs[i]];
      text += (text.empty() ? "" : " ") + std::to_string(i + 1);
    }
    CHECK(found == expected);
    copy->close();
    std::filesystem::remove(temp / "copy/stet.db-shm");
  }
}

}  // namespace
}  // namespace stet::storage::test
