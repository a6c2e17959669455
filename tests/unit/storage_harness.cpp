#include "storage_harness.hpp"

#include <sqlite3.h>
#include <chrono>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "storage/memory_store.hpp"
#include "storage_faulty_disk.hpp"

namespace stet::storage::test {
namespace {

constexpr std::chrono::minutes patience{1};

template <class T>
struct Answer {
  std::shared_ptr<std::promise<T>> promise = std::make_shared<std::promise<T>>();
  std::function<void(T)> done() const {
    return [promise = promise](T result) { promise->set_value(std::move(result)); };
  }
  T get() const {
    auto future = promise->get_future();
    if (future.wait_for(patience) != std::future_status::ready) throw std::runtime_error("the store does not answer");
    return future.get();
  }
};

class MemorySubject final : public Subject {
 public:
  MemorySubject() { reports.listen_to(store_); }
  ~MemorySubject() override { store_.close(); }
  Store& store() override { return store_; }
  void hold() override { store_.hold(); }
  void release() override { store_.release(); }
  void break_commits() override { store_.fail_next(1'000'000); }
  void mend_commits() override { store_.fail_next(0); }
  void damage(const std::string& doc) override { store_.damage(doc); }

 private:
  MemoryStore store_;
};

class SqliteSubject final : public Subject {
 public:
  SqliteSubject() {
    SqliteOptions options;
    options.close_timeout_ms = 100;
    store_ = open_sqlite(folder_ / "data", options);
    intruder_ = std::make_unique<Intruder>(folder_ / "data");
    reports.listen_to(*store_);
  }
  ~SqliteSubject() override { store_.reset(); }
  Store& store() override { return *store_; }
  void hold() override { intruder_->run("BEGIN IMMEDIATE"); }
  void release() override { intruder_->run("ROLLBACK"); }
  void break_commits() override { disk_.fill_up(); }
  void mend_commits() override { disk_.mend(); }
  void damage(const std::string& doc) override {
    settle(*store_);
    intruder_->run(
        "UPDATE segments SET first_ms = first_ms + 1 WHERE doc = (SELECT id FROM documents WHERE name = CAST('" + doc +
        "' AS BLOB))");
  }

 private:
  TempFolder folder_;
  FaultyDisk disk_;
  std::unique_ptr<Intruder> intruder_;
  std::unique_ptr<Store> store_;
};

}  // namespace

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "stet-storage-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int rounds(int usual) {
  const char* given = std::getenv("STET_ROUNDS");
  return given != nullptr ? usual * std::stoi(given) : usual;
}

SharedBytes bytes(std::string_view text) { return std::make_shared<const Bytes>(text.begin(), text.end()); }

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

std::string shown(const LoadedDoc& doc) {
  const std::string snapshot = doc.snapshot_seq == 0 ? "" : "[" + text_of(doc.snapshot) + "]";
  return snapshot + (snapshot.empty() || doc.tail.empty() ? "" : " ") + shown(doc.tail);
}

std::string shown(const std::vector<LogEntry>& entries) {
  std::string text;
  for (const LogEntry& entry : entries) text += (text.empty() ? "" : " ") + text_of(entry.update);
  return text;
}

StoreResult<LoadedDoc> load(Store& store, const std::string& doc) {
  const Answer<StoreResult<LoadedDoc>> answer;
  store.load(doc, answer.done());
  return answer.get();
}

StoreResult<LoadedDoc> load_at(Store& store, const std::string& doc, Moment moment) {
  const Answer<StoreResult<LoadedDoc>> answer;
  store.load_at(doc, moment, answer.done());
  return answer.get();
}

StoreResult<Version> put_version(Store& store, const std::string& doc, const Version& version, std::string_view state) {
  const Answer<StoreResult<Version>> answer;
  store.put_version(doc, version, bytes(state), answer.done());
  return answer.get();
}

StoreResult<std::vector<Version>> versions(Store& store, const std::string& doc) {
  const Answer<StoreResult<std::vector<Version>>> answer;
  store.versions(doc, answer.done());
  return answer.get();
}

StoreResult<PrunePoint> prune(Store& store, const std::string& doc, std::uint64_t seq, std::string_view state) {
  const Answer<StoreResult<PrunePoint>> answer;
  store.prune(doc, seq, bytes(state), bytes("vector of " + std::string(state)), answer.done());
  return answer.get();
}

std::string overdue(Store& store, Retention retention) {
  const Answer<StoreResult<std::vector<PrunePoint>>> answer;
  store.overdue(retention, answer.done());
  std::string joined;
  for (const PrunePoint& point : value(answer.get())) {
    joined += (joined.empty() ? "" : " ") + point.doc + "@" + std::to_string(point.seq);
  }
  return joined;
}

StoreResult<DocInfo> remove(Store& store, const std::string& doc, std::int64_t time_ms) {
  const Answer<StoreResult<DocInfo>> answer;
  store.remove(doc, time_ms, answer.done());
  return answer.get();
}

StoreResult<DocInfo> undelete(Store& store, const std::string& doc) {
  const Answer<StoreResult<DocInfo>> answer;
  store.undelete(doc, answer.done());
  return answer.get();
}

// As everything does that is rare.
void settle(Store& store) { error(undelete(store, "a document that nobody has made")); }

StoreResult<LogPage> read_log(Store& store, const std::string& doc, LogRange range) {
  const Answer<StoreResult<LogPage>> answer;
  store.read_log(doc, range, answer.done());
  return answer.get();
}

std::int64_t sorted_in(const std::filesystem::path& folder, const std::string& condition) {
  return Intruder(folder).integer("SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM segments WHERE " + condition);
}

StoreResult<DocInfo> create(Store& store, const std::string& doc, std::int64_t time_ms, const std::string& kind) {
  const Answer<StoreResult<DocInfo>> answer;
  store.create(doc, kind, time_ms, answer.done());
  return answer.get();
}

StoreResult<std::optional<DocInfo>> find(Store& store, const std::string& doc) {
  const Answer<StoreResult<std::optional<DocInfo>>> answer;
  store.find(doc, answer.done());
  return answer.get();
}

StoreResult<std::vector<DocInfo>> list(Store& store, const std::string& contains, std::size_t limit) {
  const Answer<StoreResult<std::vector<DocInfo>>> answer;
  store.list({.contains = contains, .limit = limit}, answer.done());
  return answer.get();
}

std::string names(Store& store, const std::string& contains, std::size_t limit) {
  std::string joined;
  for (const DocInfo& info : value(list(store, contains, limit))) joined += (joined.empty() ? "" : " ") + info.name;
  return joined;
}

std::string deleted_names(Store& store) {
  const Answer<StoreResult<std::vector<DocInfo>>> answer;
  store.list({.deleted = true}, answer.done());
  std::string joined;
  for (const DocInfo& info : value(answer.get())) joined += (joined.empty() ? "" : " ") + info.name;
  return joined;
}

void wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it does not come about");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void Reports::listen_to(Store& store) {
  store.on_commits([this](std::vector<Commit> commits) {
    const std::lock_guard lock(mutex_);
    for (Commit& commit : commits) {
      appends_ += commit.count;
      commits_.push_back(std::move(commit));
    }
    changed_.notify_all();
  });
}

std::vector<Commit> Reports::wait_for(std::size_t appends) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return appends_ >= appends; })) {
    throw std::runtime_error("the store does not report its commits");
  }
  return commits_;
}

std::size_t Reports::appends() const {
  const std::lock_guard lock(mutex_);
  return appends_;
}

std::unique_ptr<Subject> make_memory_subject() { return std::make_unique<MemorySubject>(); }
std::unique_ptr<Subject> make_sqlite_subject() { return std::make_unique<SqliteSubject>(); }
std::unique_ptr<Subject> every_store() {
  const MakeSubject make = GENERATE(&make_memory_subject, &make_sqlite_subject);
  return make();
}

std::unique_ptr<Store> open_sqlite(const std::filesystem::path& folder, SqliteOptions options) {
  auto opened = SqliteStore::open(folder, std::move(options));
  if (const auto* error = std::get_if<StoreError>(&opened)) throw std::runtime_error(error->what);
  return std::get<std::unique_ptr<Store>>(std::move(opened));
}

void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  for (const char* file : {"stet.db", "stet.db-wal"}) {
    if (std::filesystem::exists(from / file)) std::filesystem::copy_file(from / file, to / file);
  }
}

Intruder::Intruder(const std::filesystem::path& folder) {
  if (sqlite3_open((folder / "stet.db").c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("no database");
  sqlite3_busy_timeout(handle_, 60'000);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Intruder::~Intruder() { sqlite3_close(handle_); }

void Intruder::run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
  }
}

std::int64_t Intruder::integer(const std::string& sql) {
  std::int64_t result = 0;
  const auto keep = [](void* target, int, char** values, char**) {
    *static_cast<std::int64_t*>(target) = std::stoll(values[0]);
    return 0;
  };
  if (sqlite3_exec(handle_, sql.c_str(), keep, &result, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
  }
  return result;
}

}  // namespace stet::storage::test
