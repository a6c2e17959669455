// What the SQLite store does when its folder, its disk or another process is in the way.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "storage_faulty_disk.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

std::string refusal(const std::filesystem::path& folder) {
  const auto opened = SqliteStore::open(folder);
  const auto* error = std::get_if<StoreError>(&opened);
  if (error == nullptr) FAIL("the store opened");
  CHECK(error->what.find('\n') == std::string::npos);
  return error->what;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The diagnostics of a store, collected.
class Warnings {
 public:
  SqliteOptions options() {
    SqliteOptions options;
    options.warn = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_ += line + "\n";
    };
    return options;
  }
  std::string lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::string lines_;
};

TEST_CASE("the data folder is made, for its owner only") {
  const TempFolder temp;
  const auto folder = temp / "deep/data/";
  auto store = open_sqlite(folder);
  struct stat status{};
  REQUIRE(::stat(folder.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("commits keep their distance, but for the first one, a large group and the end") {
  const TempFolder temp;
  SqliteOptions options;
  options.commit_interval_ms = 3'600'000;
  auto store = open_sqlite(temp / "data", std::move(options));
  Reports reports;
  reports.listen_to(*store);
  const auto append = [&store](int count) {
    for (int i = 0; i < count; ++i) store->append("doc", 0, "", 1, bytes("update"));
  };
  append(1);
  CHECK(reports.wait_for(1).size() == 1);
  append(1'000);
  CHECK(reports.wait_for(1'001).size() == 2);
  append(1);
  store->close();
  CHECK(reports.appends() == 1'002);
}

TEST_CASE("a second opening of a data folder is refused, until the first is closed") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  const std::string line = refusal(temp / "data");
  CHECK(contains(line, (temp / "data").string()));
  CHECK(contains(line, "in use by another process"));
  store->close();
  CHECK_NOTHROW(open_sqlite(temp / "data"));
}

TEST_CASE("a data folder that cannot be written is refused with a line that names it") {
  const TempFolder temp;
  std::ofstream(temp / "file") << "not a folder";
  CHECK(contains(refusal(temp / "file"), (temp / "file").string()));
  CHECK(contains(refusal(temp / "file/below"), (temp / "file/below").string()));
  if (::geteuid() == 0) return;  // root writes everywhere
  std::filesystem::create_directory(temp / "read-only");
  ::chmod((temp / "read-only").c_str(), 0500);
  CHECK(contains(refusal(temp / "read-only"), "not writable"));
}

TEST_CASE("a database of a newer schema, or of someone else, is refused and left as it is") {
  const TempFolder temp;
  open_sqlite(temp / "newer");
  Intruder(temp / "newer").run("PRAGMA user_version = 77");
  CHECK(contains(refusal(temp / "newer"), "newer"));
  CHECK(Intruder(temp / "newer").integer("PRAGMA user_version") == 77);

  std::filesystem::create_directory(temp / "foreign");
  Intruder(temp / "foreign").run("CREATE TABLE recipes(id); INSERT INTO recipes VALUES(1)");
  CHECK(contains(refusal(temp / "foreign"), "not a database of Stet"));
  CHECK(Intruder(temp / "foreign").integer("SELECT count(*) FROM recipes") == 1);

  std::filesystem::create_directory(temp / "text");
  std::ofstream(temp / "text/stet.db") << std::string(5000, 'x');
  CHECK(contains(refusal(temp / "text"), "stet.db"));
}

TEST_CASE("a store that is opened again goes on where it was") {
  const TempFolder temp;
  for (int round = 1; round <= 3; ++round) {
    Reports reports;
    auto store = open_sqlite(temp / "data");
    reports.listen_to(*store);
    store->append("d", round, "ann", 1, bytes(std::to_string(round)));
    CHECK(reports.wait_for(1).back().seq == static_cast<std::uint64_t>(round));
    if (round == 2) store->put_snapshot("d", 2, bytes("1 2"));
  }
  auto store = open_sqlite(temp / "data");
  CHECK(shown(value(load(*store, "d"))) == "[1 2] 3");
  CHECK(sorted_in(temp / "data") == 3);  // the log stays whole
}

TEST_CASE("of snapshots that are larger than the log between them, the two newest are kept") {
  const TempFolder temp;
  auto store = open_sqlite(temp / "data");
  for (int i = 1; i <= 5; ++i) {
    store->append("d", 1, "ann", 1, bytes("x"));
    store->put_snapshot("d", 1, bytes(std::to_string(i) + " large"));
    CHECK(shown(value(load(*store, "d"))) == "[" + std::to_string(i) + " large]");
  }
  CHECK(Intruder(temp / "data").integer("SELECT count(*) FROM snapshots") == 2);
  CHECK(Intruder(temp / "data").integer("SELECT min(seq) FROM snapshots") == 4);
}

TEST_CASE("after a failed fsync nothing is acknowledged until a commit succeeds anew") {
  const TempFolder temp;
  FaultyDisk disk;
  Warnings warnings;
  Reports reports;
  auto store = open_sqlite(temp / "data", warnings.options());
  reports.listen_to(*store);
  store->append("d", 1, "ann", 1, bytes("1"));
  reports.wait_for(1);
  disk.break_syncs();
  for (std::size_t i = 2; i <= 4; ++i) {
    store->append("d", 1, "ann", 1, bytes("lost"));
    CHECK(reports.wait_for(i).back().error);
  }
  disk.mend();
  store->append("d", 1, "ann", 1, bytes("2"));
  const Commit commit = reports.wait_for(5).back();
  CHECK_FALSE(commit.error);
  CHECK(commit.seq == 2);
  store->close();
  CHECK(contains(warnings.lines(), "commits fail"));
  CHECK(contains(warnings.lines(), "commits work again"));
  store = open_sqlite(temp / "data");
  CHECK(shown(value(load(*store, "d"))) == "1 2");
}

TEST_CASE("a disk that is full by the system's own word fails commits until there is room") {
  const TempFolder temp;
  Reports reports;
  auto store = open_sqlite(temp / "data");
  reports.listen_to(*store);
  store->append("d", 1, "ann", 1, bytes("1"));
  reports.wait_for(1);

  const auto default_action = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = 200'000;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  store->append("d", 1, "ann", 1, std::make_shared<const Bytes>(1'000'000));
  const Commit failed = reports.wait_for(2).back();
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, default_action);

  REQUIRE(failed.error);
  CHECK(failed.error->kind == StoreError::Kind::unavailable);
  store->append("d", 1, "ann", 1, bytes("2"));
  CHECK_FALSE(reports.wait_for(3).back().error);
  CHECK(shown(value(load(*store, "d"))) == "1 2");
}

TEST_CASE("a snapshot that cannot be written is a warning") {
  const TempFolder temp;
  FaultyDisk disk;
  Warnings warnings;
  auto store = open_sqlite(temp / "data", warnings.options());
  store->append("d", 1, "ann", 1, bytes("1"));
  value(load(*store, "d"));
  disk.fill_up();
  store->put_snapshot("d", 1, bytes("lost"));
  CHECK(shown(value(load(*store, "d"))) == "1");
  disk.mend();
  CHECK(contains(warnings.lines(), "no snapshot"));
  store->append("d", 1, "ann", 1, bytes("2"));
  CHECK(shown(value(load(*store, "d"))) == "1 2");
}

TEST_CASE("a checkpoint that fails loses nothing") {
  const TempFolder temp;
  FaultyDisk disk;
  Warnings warnings;
  const auto large = std::make_shared<const Bytes>(3'000'000, 'x');
  {
    Reports reports;
    auto store = open_sqlite(temp / "data", warnings.options());
    reports.listen_to(*store);
    disk.break_database();
    for (std::size_t i = 1; i <= 5; ++i) {
      store->append("d", 1, "ann", 1, large);
      CHECK_FALSE(reports.wait_for(i).back().error);
    }
    CHECK(value(load(*store, "d")).tail.size() == 5);
    CHECK(contains(warnings.lines(), "checkpoint"));
    disk.mend();
    store->append("d", 1, "ann", 1, large);
    CHECK_FALSE(reports.wait_for(6).back().error);
  }
  auto store = open_sqlite(temp / "data");
  const LoadedDoc doc = value(load(*store, "d"));
  REQUIRE(doc.tail.size() == 6);
  for (const LogEntry& entry : doc.tail) CHECK(entry.update == *large);
}

TEST_CASE("a lock that another process holds delays the commit, and not the opening") {
  const TempFolder temp;
  open_sqlite(temp / "data");
  Intruder intruder(temp / "data");
  intruder.run("BEGIN IMMEDIATE");
  Reports reports;
  auto store = open_sqlite(temp / "data");
  reports.listen_to(*store);
  store->append("d", 1, "ann", 1, bytes("1"));
  CHECK_FALSE(value(load(*store, "other")).exists);
  CHECK(reports.appends() == 0);
  intruder.run(
      "INSERT INTO documents(name, created_ms, modified_ms, head_seq, kind) "
      "VALUES(CAST('theirs' AS BLOB), 0, 0, 0, '')");
  intruder.run("COMMIT");
  CHECK_FALSE(reports.wait_for(1).back().error);
  CHECK(names(*store) == "d theirs");
}

}  // namespace
}  // namespace stet::storage::test
