// What the tests of the stores share: stores that can be held and broken, and calls that wait for their completion.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store.hpp"

struct sqlite3;

namespace stet::storage::test {

// An empty folder for the length of a test.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// How often a random test tries: `usual` times STET_ROUNDS, which is 1 unless set.
int rounds(int usual);

SharedBytes bytes(std::string_view text);
std::string text_of(const Bytes& bytes);
// The updates of a document, joined by spaces, behind the snapshot in brackets: "[snapshot] update update".
std::string shown(const LoadedDoc& doc);
std::string shown(const std::vector<LogEntry>& entries);  // the updates, joined by spaces

template <class T>
T value(const StoreResult<T>& result) {
  if (const auto* error = std::get_if<StoreError>(&result)) FAIL("unexpected error: " << error->what);
  return std::get<T>(result);
}
template <class T>
StoreError error(const StoreResult<T>& result) {
  if (!std::holds_alternative<StoreError>(result)) FAIL("unexpected success");
  return std::get<StoreError>(result);
}

// Calls that wait for the answer. A test that hangs fails after a minute.
StoreResult<LoadedDoc> load(Store& store, const std::string& doc);
StoreResult<LoadedDoc> load_at(Store& store, const std::string& doc, Moment moment);
StoreResult<Version> put_version(Store& store, const std::string& doc, const Version& version, std::string_view state);
StoreResult<std::vector<Version>> versions(Store& store, const std::string& doc);
StoreResult<PrunePoint> prune(Store& store, const std::string& doc, std::uint64_t seq, std::string_view state);
std::string overdue(Store& store, Retention retention);  // `name@seq`, joined by spaces
StoreResult<DocInfo> remove(Store& store, const std::string& doc, std::int64_t time_ms = 1);
StoreResult<DocInfo> undelete(Store& store, const std::string& doc);
// Makes a SqliteStore sort its recent updates into the table `segments`.
void settle(Store& store);
// How many updates that table holds, in segments of which this is true.
std::int64_t sorted_in(const std::filesystem::path& folder, const std::string& condition = "true");
StoreResult<LogPage> read_log(Store& store, const std::string& doc, LogRange range = {});
StoreResult<DocInfo> create(Store& store, const std::string& doc, std::int64_t time_ms = 0,
                            const std::string& kind = {});
StoreResult<std::optional<DocInfo>> find(Store& store, const std::string& doc);
StoreResult<std::vector<DocInfo>> list(Store& store, const std::string& contains = "", std::size_t limit = 100);
std::string names(Store& store, const std::string& contains = "", std::size_t limit = 100);  // joined by spaces
std::string deleted_names(Store& store);

// Waits for what happens in the background. A test that hangs fails after a minute.
void wait_until(const std::function<bool()>& condition);

// The reports of a store, collected. It must outlive the store.
class Reports {
 public:
  void listen_to(Store& store);
  // Waits until so many appends have been reported, and returns all reports up to then.
  std::vector<Commit> wait_for(std::size_t appends);
  std::size_t appends() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Commit> commits_;
  std::size_t appends_ = 0;
};

// A store with a lever for each fault that the contract speaks of.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Store& store() = 0;
  virtual void hold() = 0;     // no commit gets through
  virtual void release() = 0;  // they do again
  virtual void break_commits() = 0;
  virtual void mend_commits() = 0;
  virtual void damage(const std::string& doc) = 0;  // a document with at least one update
  Reports reports;
};

using MakeSubject = std::unique_ptr<Subject> (*)();
std::unique_ptr<Subject> make_memory_subject();
std::unique_ptr<Subject> make_sqlite_subject();
std::unique_ptr<Subject> every_store();  // the test runs with each kind

std::unique_ptr<Store> open_sqlite(const std::filesystem::path& folder, SqliteOptions options = {});

// Copies the files of a store that may be running, as a crash would leave them.
void copy_files(const std::filesystem::path& from, const std::filesystem::path& to);

// Another process's hand on the database: a connection that belongs to no store.
class Intruder {
 public:
  explicit Intruder(const std::filesystem::path& folder);
  ~Intruder();
  Intruder(const Intruder&) = delete;
  Intruder& operator=(const Intruder&) = delete;
  void run(const std::string& sql);
  std::int64_t integer(const std::string& sql);

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace stet::storage::test
