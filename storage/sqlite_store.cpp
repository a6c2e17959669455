//   append, create, snapshot ... ─> writes ──> writer thread: all that is queued = one transaction = one report
//                                  │ reads that have to see a group: passed on after its report
//   load, find, read_log, list ────────────> reads ──> reader thread: a connection of its own, waits for no commit
//
// The writer's connection does all writes and all checkpoints: before 3.51.3, SQLite can damage a database where two
// connections write and checkpoint at once.
#include "storage/sqlite_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/data_folder.hpp"
#include "storage/log_reader.hpp"
#include "storage/log_writer.hpp"
#include "storage/upkeep.hpp"

namespace stet::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds open_timeout{5};  // for another process that holds the write lock at the start
constexpr std::chrono::seconds silence{5};       // a lock that is held for longer is reported
constexpr std::chrono::milliseconds retry_interval{5};
constexpr std::size_t large_group = 1'000;    // of requests: does not wait for more
constexpr std::size_t idle_records = 10'000;  // this many records of documents are kept without a look at their use

// Waits for a lock that another process holds: for ever, unless close() has set a deadline.
class LockWait {
 public:
  LockWait(const std::atomic<Clock::time_point>& deadline, std::string file, Warn warn)
      : deadline_(deadline), file_(std::move(file)), warn_(std::move(warn)) {}

  bool operator()(int attempt) {
    const auto now = Clock::now();
    if (attempt == 0) {
      since_ = now;
      warned_ = false;
    }
    if (now >= deadline_.load()) return false;
    if (now - since_ > silence && !warned_) {
      warned_ = true;
      warn_("commits wait: another process holds the lock of " + file_);
    }
    std::this_thread::sleep_for(retry_interval);
    return true;
  }

 private:
  const std::atomic<Clock::time_point>& deadline_;
  std::string file_;
  Warn warn_;
  Clock::time_point since_;
  bool warned_ = false;
};

class TwoThreadStore final : public Store {
 public:
  TwoThreadStore(std::unique_ptr<DataFolder> folder, SqliteOptions options)  // throws SqliteError
      : options_(std::move(options)),
        folder_(std::move(folder)),
        writer_(std::make_unique<LogWriter>(folder_->database(), options_.recent_updates, lock_wait(), options_.warn)),
        reader_(std::make_unique<LogReader>(folder_->database(), writer_->documents_damaged(), lock_wait(),
                                            options_.warn)) {
    deadline_ = Clock::time_point::max();
    writer_thread_ = std::thread([this] { write(); });
    reader_thread_ = std::thread([this] { read(); });
    if (options_.upkeep_interval_ms == 0) return;
    upkeep_ = std::make_unique<Upkeep>(
        std::make_unique<LogReader>(folder_->database(), writer_->documents_damaged(), lock_wait(), options_.warn),
        options_, [this](const std::string& doc, const Upkeep::Work& work) { return perform(doc, work); });
  }
  ~TwoThreadStore() override { close(); }

  void on_commits(OnCommits sink) override;
  void append(const std::string& doc, std::int64_t time_ms, const std::string& author, std::uint64_t session,
              SharedBytes update, const std::string& tags) override;
  void load(const std::string& doc, std::function<void(StoreResult<LoadedDoc>)> done) override;
  void load_at(const std::string& doc, Moment moment, std::function<void(StoreResult<LoadedDoc>)> done) override;
  void read_log(const std::string& doc, LogRange range, std::function<void(StoreResult<LogPage>)> done) override;
  void put_version(const std::string& doc, Version version, SharedBytes state,
                   std::function<void(StoreResult<Version>)> done) override;
  void versions(const std::string& doc, std::function<void(StoreResult<std::vector<Version>>)> done) override;
  void put_snapshot(const std::string& doc, std::int64_t time_ms, SharedBytes state) override;
  void create(const std::string& doc, const std::string& kind, std::int64_t time_ms,
              std::function<void(StoreResult<DocInfo>)> done) override;
  void find(const std::string& doc, std::function<void(StoreResult<std::optional<DocInfo>>)> done) override;
  void list(DocQuery query, std::function<void(StoreResult<std::vector<DocInfo>>)> done) override;
  void prune(const std::string& doc, std::uint64_t seq, SharedBytes state, SharedBytes state_vector,
             std::function<void(StoreResult<PrunePoint>)> done) override;
  void overdue(Retention retention, std::function<void(StoreResult<std::vector<PrunePoint>>)> done) override;
  void remove(const std::string& doc, std::int64_t time_ms, std::function<void(StoreResult<DocInfo>)> done) override;
  void undelete(const std::string& doc, std::function<void(StoreResult<DocInfo>)> done) override;
  void close() override;

 private:
  using Read = std::function<void()>;
  using Group = std::vector<Request>;

  LockWait lock_wait() const { return {deadline_, folder_->database(), options_.warn}; }
  DocRecord* record_of(const std::string& doc);
  void push_write(DocRecord* doc, Request request);
  void push_write(Request request);
  template <class T, class Work>
  void push_aside(const std::string& doc, std::function<void(StoreResult<T>)> done, Work work);
  std::optional<StoreError> perform(const std::string& doc, const Upkeep::Work& work);
  void push_read(Read read);
  void push_read_of(const std::string& doc, Read read);

  void write();
  void read();
  void write_group(Group& group, std::uint64_t number);
  void note_outcome(const std::optional<StoreError>& failure);
  void report(Group& group, const std::optional<StoreError>& failure);
  void settle(std::uint64_t number);
  void forget_idle_records();

  const SqliteOptions options_;
  std::atomic<Clock::time_point> deadline_ = Clock::now() + open_timeout;  // for locks of other processes
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<LogWriter> writer_;  // of the writer thread, as is the inside of a DocRecord
  std::unique_ptr<LogReader> reader_;  // of the reader thread
  bool failing_ = false;               // of the writer thread: the last commit failed

  std::mutex close_mutex_;  // a second close() waits for the first
  std::mutex mutex_;        // guards what follows
  std::condition_variable writes_changed_, reads_changed_;
  Group writes_;                                      // the group that gathers
  std::uint64_t gathering_group_ = 1;                 // its number
  std::uint64_t settled_group_ = 0;                   // all up to this one are committed or failed, and reported
  std::multimap<std::uint64_t, Read> waiting_reads_;  // by the group whose report they wait for
  std::deque<Read> reads_;
  std::unordered_map<std::string, DocRecord> records_;
  std::size_t records_to_sweep_ = idle_records;
  OnCommits sink_ = [](const std::vector<Commit>&) {};
  bool closing_ = false;      // no further requests from outside
  bool writer_done_ = false;  // and no further reads

  std::thread writer_thread_, reader_thread_;
  std::unique_ptr<Upkeep> upkeep_;
};

void TwoThreadStore::on_commits(OnCommits sink) {
  const std::lock_guard lock(mutex_);
  sink_ = std::move(sink);
}

void TwoThreadStore::append(const std::string& doc, std::int64_t time_ms, const std::string& author,
                            std::uint64_t session, SharedBytes update, const std::string& tags) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  DocRecord* record = record_of(doc);
  push_write(record, AppendRequest{record, time_ms, author, session, std::move(update), tags});
}

void TwoThreadStore::put_snapshot(const std::string& doc, std::int64_t time_ms, SharedBytes state) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  DocRecord* record = record_of(doc);
  push_write(record, SnapshotRequest{record, time_ms, std::move(state)});
}

void TwoThreadStore::create(const std::string& doc, const std::string& kind, std::int64_t time_ms,
                            std::function<void(StoreResult<DocInfo>)> done) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  DocRecord* record = record_of(doc);
  push_write(record, CreateRequest{record, kind, time_ms, std::move(done)});
}

void TwoThreadStore::put_version(const std::string& doc, Version version, SharedBytes state,
                                 std::function<void(StoreResult<Version>)> done) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  DocRecord* record = record_of(doc);
  push_write(record, VersionRequest{record, std::move(version), std::move(state), std::move(done)});
}

void TwoThreadStore::load(const std::string& doc, std::function<void(StoreResult<LoadedDoc>)> done) {
  load_at(doc, {}, std::move(done));
}

void TwoThreadStore::load_at(const std::string& doc, Moment moment, std::function<void(StoreResult<LoadedDoc>)> done) {
  push_read_of(doc, [this, doc, moment, done = std::move(done)] { done(reader_->load(doc, moment)); });
}

void TwoThreadStore::versions(const std::string& doc, std::function<void(StoreResult<std::vector<Version>>)> done) {
  push_read_of(doc, [this, doc, done = std::move(done)] { done(reader_->versions(doc)); });
}

void TwoThreadStore::read_log(const std::string& doc, LogRange range, std::function<void(StoreResult<LogPage>)> done) {
  push_read_of(doc, [this, doc, range, done = std::move(done)] { done(reader_->read_log(doc, range)); });
}

void TwoThreadStore::find(const std::string& doc, std::function<void(StoreResult<std::optional<DocInfo>>)> done) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  push_read([this, doc, done = std::move(done)] { done(reader_->info(doc)); });
}

void TwoThreadStore::list(DocQuery query, std::function<void(StoreResult<std::vector<DocInfo>>)> done) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  push_read([this, query = std::move(query), done = std::move(done)] { done(reader_->list(query)); });
}

// Work on a document in a transaction of its own, which ends in an answer.
template <class T, class Work>
void TwoThreadStore::push_aside(const std::string& doc, std::function<void(StoreResult<T>)> done, Work work) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  DocRecord* record = record_of(doc);
  push_write(record, AsideRequest{[record, done = std::move(done), work = std::move(work)](
                                      LogWriter& writer, const std::optional<StoreError>& failure) {
               done(failure ? StoreResult<T>(*failure) : work(writer, *record));
             }});
}

void TwoThreadStore::prune(const std::string& doc, std::uint64_t seq, SharedBytes state, SharedBytes state_vector,
                           std::function<void(StoreResult<PrunePoint>)> done) {
  push_aside<PrunePoint>(
      doc, std::move(done),
      [seq, state = std::move(state), state_vector = std::move(state_vector)](LogWriter& writer, DocRecord& record) {
        return writer.prune(record, seq, *state, *state_vector);
      });
}

void TwoThreadStore::overdue(Retention retention, std::function<void(StoreResult<std::vector<PrunePoint>>)> done) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  push_read([this, retention, done = std::move(done)] { done(reader_->overdue(retention)); });
}

void TwoThreadStore::remove(const std::string& doc, std::int64_t time_ms,
                            std::function<void(StoreResult<DocInfo>)> done) {
  push_aside<DocInfo>(doc, std::move(done),
                      [time_ms](LogWriter& writer, DocRecord& record) { return writer.remove(record, time_ms); });
}

void TwoThreadStore::undelete(const std::string& doc, std::function<void(StoreResult<DocInfo>)> done) {
  push_aside<DocInfo>(doc, std::move(done),
                      [](LogWriter& writer, DocRecord& record) { return writer.undelete(record); });
}

// For the upkeep, on its thread: waits until it is done.
std::optional<StoreError> TwoThreadStore::perform(const std::string& doc, const Upkeep::Work& work) {
  std::promise<std::optional<StoreError>> promise;
  {
    const std::lock_guard lock(mutex_);
    DocRecord* record = doc.empty() ? nullptr : record_of(doc);
    if (record) record->last_group = gathering_group_;
    push_write(AsideRequest{[&, record](LogWriter& writer, const std::optional<StoreError>& failure) {
      promise.set_value(failure ? failure : work(writer, record));
    }});
  }
  return promise.get_future().get();
}

void TwoThreadStore::close() {
  const std::lock_guard closing(close_mutex_);
  if (!writer_) return;
  deadline_ = Clock::now() + std::chrono::milliseconds(options_.close_timeout_ms);
  upkeep_.reset();  // while there is somebody who writes for it
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  writes_changed_.notify_one();
  writer_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    writer_done_ = true;
  }
  reads_changed_.notify_one();
  reader_thread_.join();
  reader_.reset();
  if (const auto failure = writer_->settle()) options_.warn(failure->what);
  writer_.reset();  // the last connection: moves the write-ahead log into the database
  folder_.reset();
}

DocRecord* TwoThreadStore::record_of(const std::string& doc) {
  const auto [found, is_new] = records_.try_emplace(doc);
  if (is_new) found->second.name = found->first;
  return &found->second;
}

void TwoThreadStore::push_write(DocRecord* doc, Request request) {
  doc->last_group = gathering_group_;
  push_write(std::move(request));
}

void TwoThreadStore::push_write(Request request) {
  writes_.push_back(std::move(request));
  if (writes_.size() == 1 || writes_.size() == large_group) writes_changed_.notify_one();
}

void TwoThreadStore::push_read(Read read) {
  reads_.push_back(std::move(read));
  reads_changed_.notify_one();
}

// A read of a document that sees every write made to it before.
void TwoThreadStore::push_read_of(const std::string& doc, Read read) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  const auto found = records_.find(doc);
  const std::uint64_t group = found == records_.end() ? 0 : found->second.last_group;
  if (group > settled_group_) {
    waiting_reads_.emplace(group, std::move(read));
  } else {
    push_read(std::move(read));
  }
}

void TwoThreadStore::read() {
  std::unique_lock lock(mutex_);
  while (true) {
    reads_changed_.wait(lock, [this] { return !reads_.empty() || writer_done_; });
    if (reads_.empty()) return;
    const Read next = std::move(reads_.front());
    reads_.pop_front();
    lock.unlock();
    next();
    lock.lock();
  }
}

// While a group is being committed the next one gathers.
void TwoThreadStore::write() {
  const std::chrono::milliseconds interval(options_.commit_interval_ms);
  auto earliest = Clock::now();
  Group group;  // and the room for the next one
  std::unique_lock lock(mutex_);
  while (true) {
    writes_changed_.wait(lock, [this] { return !writes_.empty() || closing_; });
    if (writes_.empty()) return;
    writes_changed_.wait_until(lock, earliest, [this] { return writes_.size() >= large_group || closing_; });
    earliest = Clock::now() + interval;
    group.swap(writes_);
    const std::uint64_t number = gathering_group_++;
    lock.unlock();
    write_group(group, number);
    group.clear();
    if (group.capacity() > 4 * large_group) Group().swap(group);
    lock.lock();
  }
}

void TwoThreadStore::write_group(Group& group, std::uint64_t number) {
  const auto failure = writer_->commit(group);
  if (failure) {  // updates that were queued meanwhile may build on those that failed: they fail with them
    const std::lock_guard lock(mutex_);
    std::move(writes_.begin(), writes_.end(), std::back_inserter(group));
    writes_.clear();
    number = gathering_group_++;
  }
  note_outcome(failure);
  report(group, failure);
  for (const Request& request : group) {
    if (const auto* aside = std::get_if<AsideRequest>(&request)) aside->work(*writer_, failure);
    const auto* snapshot = std::get_if<SnapshotRequest>(&request);
    if (snapshot && !failure) writer_->put_snapshot(*snapshot);
  }
  if (!failure) {
    writer_->settle_if_many();
    writer_->checkpoint_if_long();
  }
  settle(number);
}

// Says once that commits fail, and once that they work again.
void TwoThreadStore::note_outcome(const std::optional<StoreError>& failure) {
  if (failure && !failing_) options_.warn("commits fail, nothing is saved: " + failure->what);
  if (!failure && failing_) options_.warn("commits work again");
  failing_ = failure.has_value();
}

void TwoThreadStore::report(Group& group, const std::optional<StoreError>& failure) {
  std::vector<DocRecord*> docs;
  for (const Request& request : group) {
    if (const auto* append = std::get_if<AppendRequest>(&request)) {
      if (append->doc->appends++ == 0) docs.push_back(append->doc);
    }
  }
  std::vector<Commit> commits;
  commits.reserve(docs.size());
  for (DocRecord* doc : docs) {
    const auto& error = doc->refused ? doc->refused : failure;
    commits.push_back({std::string(doc->name), std::exchange(doc->appends, 0), error ? 0 : doc->durable_seq, error});
  }
  if (!commits.empty()) sink_(std::move(commits));
  for (Request& request : group) {
    if (auto* create = std::get_if<CreateRequest>(&request)) create->done(failure ? *failure : create->result);
    if (auto* version = std::get_if<VersionRequest>(&request)) version->done(failure ? *failure : version->result);
  }
}

// The group is done: reads that waited for it may go on.
void TwoThreadStore::settle(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  settled_group_ = number;
  const auto end = waiting_reads_.upper_bound(number);
  for (auto waiting = waiting_reads_.begin(); waiting != end; ++waiting) push_read(std::move(waiting->second));
  waiting_reads_.erase(waiting_reads_.begin(), end);
  forget_idle_records();
}

// Memory follows the documents in use, not all that were ever written. What is forgotten is read again when needed.
void TwoThreadStore::forget_idle_records() {
  if (records_.size() < records_to_sweep_) return;
  std::erase_if(records_, [this](const auto& entry) { return entry.second.last_group <= settled_group_; });
  records_to_sweep_ = std::max(idle_records, 2 * records_.size());
}

}  // namespace

StoreResult<std::unique_ptr<Store>> SqliteStore::open(const std::filesystem::path& folder, SqliteOptions options) {
  auto opened = DataFolder::open(folder);
  if (auto* error = std::get_if<StoreError>(&opened)) return *error;
  auto& data = std::get<std::unique_ptr<DataFolder>>(opened);
  const std::string database = data->database();
  try {
    return std::make_unique<TwoThreadStore>(std::move(data), std::move(options));
  } catch (const SqliteError& error) {
    const auto kind = error.is_corrupt() ? StoreError::Kind::corrupt : StoreError::Kind::unavailable;
    return StoreError{kind, database + ": " + error.what()};
  } catch (const std::exception& error) {
    return StoreError{StoreError::Kind::unavailable, database + ": " + error.what()};
  }
}

}  // namespace stet::storage
