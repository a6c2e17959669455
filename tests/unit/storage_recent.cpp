// The newest part of the log, in the order of commits: it reads as the rest does, survives a crash, and damage in it is
// told from what is whole.
#include <string>

#include "storage/log_reader.hpp"
#include "storage/recent_log.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

using Kind = StoreError::Kind;

std::int64_t count(const std::filesystem::path& folder, const std::string& table) {
  return Intruder(folder).integer("SELECT count(*) FROM " + table);
}

// "a" has three updates, "b" two; each of them is a commit of its own, but for the last two.
std::unique_ptr<Store> store_with_recent(const std::filesystem::path& folder, SqliteOptions options = {}) {
  auto store = open_sqlite(folder, std::move(options));
  for (int i = 1; i <= 3; ++i) {
    store->append("a", 10 * i, "ann", 7, bytes("a" + std::to_string(i)), "t");
    value(load(*store, "a"));
    if (i < 3) store->append("b", 10 * i + 5, "ben", 8, bytes("b" + std::to_string(i)));
    value(load(*store, "b"));
  }
  return store;
}

TEST_CASE("recent updates read as others do, also beside the store") {
  const TempFolder temp;
  const std::uint64_t recent_updates = GENERATE(0, 2, 100);
  CAPTURE(recent_updates);
  SqliteOptions options;
  options.recent_updates = recent_updates;
  const auto store = store_with_recent(temp / "data", options);
  if (recent_updates == 100) CHECK(sorted_in(temp / "data") == 0);
  const auto beside = std::get<0>(LogReader::open(temp / "data", [](const std::string&) {}));

  for (const LoadedDoc& doc : {value(load(*store, "a")), value(beside->load("a"))}) {
    CHECK(shown(doc) == "a1 a2 a3");
    CHECK(doc.head_seq == 3);
    CHECK(doc.tail[1].time_ms == 20);
    CHECK(doc.tail[1].author == "ann");
    CHECK(doc.tail[1].session == 7);
    CHECK(doc.tail[1].tags == "t");
  }
  CHECK(shown(value(load_at(*store, "a", {.seq = 2}))) == "a1 a2");
  CHECK(shown(value(load_at(*store, "a", {.time_ms = 29}))) == "a1 a2");
  CHECK(shown(value(load_at(*store, "a", {.time_ms = 30}))) == "a1 a2 a3");
  CHECK(value(load_at(*store, "a", {.time_ms = 9})).tail.empty());
  CHECK(shown(value(read_log(*store, "b", {.after_seq = 1})).entries) == "b2");
  CHECK(names(*store) == "a b");
  CHECK(names(*store, "", 1) == "a");
  CHECK(names(*store, "B") == "b");
  CHECK(value(find(*store, "b"))->modified_ms == 25);
  CHECK(value(list(*store))[1].head_seq == 2);
  CHECK(overdue(*store, {.bytes = 4}) == "a@1");
  CHECK(overdue(*store, {.before_ms = 25}) == "a@2 b@1");
}

TEST_CASE("they are sorted in once there are many, when the store is idle, and at its end") {
  const TempFolder temp;
  SqliteOptions options;
  SECTION("many") {
    options.recent_updates = 3;
    const auto store = store_with_recent(temp / "data", options);
    wait_until([&] { return sorted_in(temp / "data") == 3; });
    CHECK(shown(value(load(*store, "a"))) == "a1 a2 a3");
    CHECK(count(temp / "data", "recent") == 2);
  }
  SECTION("idle") {
    options.upkeep_interval_ms = 1;
    const auto store = store_with_recent(temp / "data", options);
    wait_until([&] { return count(temp / "data", "recent") == 0; });
    CHECK(sorted_in(temp / "data") == 5);
  }
  SECTION("end") {
    store_with_recent(temp / "data");
    CHECK(count(temp / "data", "recent") == 0);
    CHECK(sorted_in(temp / "data") == 5);
    CHECK(Intruder(temp / "data").integer("SELECT sum(head_seq) FROM documents") == 5);
  }
  SECTION("large") {
    const auto store = open_sqlite(temp / "data");
    store->append("a", 1, "ann", 7, std::make_shared<const Bytes>(2'000'000));
    wait_until([&] { return sorted_in(temp / "data") == 1; });
  }
}

TEST_CASE("after a crash they are there, and the log goes on behind them") {
  const TempFolder temp;
  const auto crashed = store_with_recent(temp / "data");
  copy_files(temp / "data", temp / "copy");
  Reports reports;
  const auto store = open_sqlite(temp / "copy");
  reports.listen_to(*store);
  CHECK(count(temp / "copy", "recent") == 0);
  store->append("b", 99, "ben", 8, bytes("b3"));
  CHECK(reports.wait_for(1).back().seq == 3);
  CHECK(shown(value(load(*store, "b"))) == "b1 b2 b3");
  CHECK(shown(value(load(*store, "a"))) == "a1 a2 a3");
}

TEST_CASE("a store that forgets its records knows where logs end") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  Reports reports;
  reports.listen_to(*store);
  SqliteOptions options;
  constexpr int docs = 10'050;  // more records than are kept
  for (int i = 0; i < docs; ++i) store->create("d" + std::to_string(i), "", 1, [](const auto&) {});
  store->append("a", 1, "ann", 7, bytes("a1"));
  reports.wait_for(1);
  for (int i = 0; i < docs; ++i) store->create("e" + std::to_string(i), "", 1, [](const auto&) {});
  value(load(*store, "e" + std::to_string(docs - 1)));
  store->append("a", 1, "ann", 7, bytes("a2"));
  CHECK(reports.wait_for(2).back().seq == 2);
  CHECK(sorted_in(temp / "data") == 0);
}

TEST_CASE("a recent update that is damaged makes its document refused, and no other") {
  const TempFolder temp;
  const auto crashed = store_with_recent(temp / "data");
  copy_files(temp / "data", temp / "copy");
  const std::string bytes_to = GENERATE("'XX'", "substr(data, 1, 4)", "substr(data, 1, length(data) - 1)");
  Intruder(temp / "copy").run("UPDATE recent SET data = CAST(" + bytes_to + " AS BLOB) WHERE position = 3");
  const auto beside = std::get<0>(LogReader::open(temp / "copy", [](const std::string&) {}));
  CHECK(error(beside->load("a")).kind == Kind::corrupt);
  CHECK(shown(value(beside->load("b"))) == "b1 b2");
  const auto store = open_sqlite(temp / "copy");
  const StoreError refused = error(load(*store, "a"));
  CHECK(refused.kind == Kind::corrupt);
  CHECK(refused.what == "document 'a': the checksum of update 2 does not hold");
  CHECK(shown(value(load(*store, "b"))) == "b1 b2");
}

TEST_CASE("a directory of recent updates that is damaged or missing is never passed over") {
  const TempFolder temp;
  const auto crashed = store_with_recent(temp / "data");
  copy_files(temp / "data", temp / "copy");
  const std::string change =
      GENERATE("DELETE FROM recent WHERE position = 5", "DELETE FROM recent WHERE position = 2", "DELETE FROM recent",
               "UPDATE recent SET checksum = checksum + 1 WHERE position = 4",
               "UPDATE recent SET directory = substr(directory, 2) WHERE position = 1");
  Intruder(temp / "copy").run(change);
  const auto refused = SqliteStore::open(temp / "copy");
  REQUIRE(std::holds_alternative<StoreError>(refused));
  CHECK(std::get<StoreError>(refused).kind == Kind::corrupt);
  CHECK(std::get<StoreError>(refused).what.find("the newest part of the log, commit ") != std::string::npos);
  const auto beside = std::get<0>(LogReader::open(temp / "copy", [](const std::string&) {}));
  CHECK(error(beside->load("a")).kind == Kind::corrupt);
}

TEST_CASE("a document whose log takes no rows keeps its recent ones, and the others go on") {
  const TempFolder temp;
  Reports reports;
  auto store = store_with_recent(temp / "data");
  reports.listen_to(*store);
  Intruder(temp / "data").run("INSERT INTO segments VALUES(1, 1, 1, 3, 10, 30, 0, x'00', 0)");  // in their place
  settle(*store);
  CHECK(count(temp / "data", "recent") == 1);
  CHECK(error(load(*store, "a")).kind == Kind::corrupt);
  store->append("a", 1, "ann", 7, bytes("a4"));
  store->append("b", 1, "ben", 8, bytes("b3"));
  for (const Commit& commit : reports.wait_for(2)) CHECK(commit.error.has_value() == (commit.doc == "a"));
  store.reset();
  CHECK(sorted_in(temp / "data", "doc = 2") == 3);

  store = open_sqlite(temp / "data");
  CHECK(error(load(*store, "a")).kind == Kind::corrupt);
  CHECK(shown(value(load(*store, "b"))) == "b1 b2 b3");
  store.reset();
  CHECK(count(temp / "data", "recent") == 1);
  Intruder(temp / "data").run("DELETE FROM segments WHERE doc = 1");
  store = open_sqlite(temp / "data");
  CHECK(shown(value(load(*store, "a"))) == "a1 a2 a3");  // once its log is mended
}

}  // namespace
}  // namespace stet::storage::test
