// The contract of Store without a disk: the store of tests and simulators, which can hold and fail on command.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "storage/store.hpp"

namespace stet::storage {

// Has no thread. Each call runs what can be run, with its completions, before it returns; a call from inside a
// completion is queued and runs after it. So a single-threaded test is deterministic. Any thread may call.
class MemoryStore final : public Store {
 public:
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

  // Holds every commit back, as a slow disk would: writes queue up, and so do loads of documents with queued writes.
  void hold();
  // Commits all that is queued as one group, and holds no longer.
  void release();
  // The next `commits` groups fail: nothing of them is kept, and nothing that was queued behind them.
  void fail_next(std::size_t commits = 1);
  // From now on the document does not load (`corrupt`), and appends to it fail.
  void damage(const std::string& doc);

 private:
  struct Append {
    std::string doc;
    LogEntry entry;
  };
  struct PutSnapshot {
    std::string doc;
    SharedBytes state;
  };
  struct Create {
    std::string doc;
    std::string kind;
    std::int64_t time_ms;
    std::function<void(StoreResult<DocInfo>)> done;
  };
  struct PutVersion {
    std::string doc;
    Version version;
    SharedBytes state;
    std::function<void(StoreResult<Version>)> done;
  };
  // A write that ends in an answer: made now, told later.
  struct Aside {
    std::function<std::function<void()>(bool failed)> work;
  };
  using Completion = std::function<void()>;
  using Read = std::function<Completion()>;  // reads now, gives the result later
  using Request = std::variant<Append, PutSnapshot, Create, PutVersion, Aside, Read>;

  struct Doc {
    DocInfo info;
    std::vector<LogEntry> log;
    std::map<std::uint64_t, Bytes> snapshots;
    std::map<std::string, Version> versions;
    std::uint64_t base_seq = 0;  // the log before it is not shown any more
    Bytes state_vector = {};     // of the base

    LogEntry base() const;
    StoreError too_early() const;
  };

  using Lock = std::unique_lock<std::mutex>;
  void push(const std::string& doc, Request request);
  void push_read_of(const std::string& doc, Read read);
  void run(Lock& lock);
  void commit_group(bool failed);
  std::optional<StoreError> refusal(const std::string& doc, bool failed) const;
  template <class T, class Work>
  void push_aside(const std::string& doc, std::function<void(StoreResult<T>)> done, Work work);
  Doc& open_or_create(const std::string& doc, const std::string& kind, std::int64_t time_ms);
  StoreResult<DocInfo> make(const Create& create);
  StoreResult<std::optional<DocInfo>> info_of(const std::string& doc) const;
  StoreResult<Version> name(const PutVersion& request);
  StoreResult<LoadedDoc> read(const std::string& doc, const Moment& moment) const;
  StoreResult<std::vector<Version>> versions_of(const std::string& doc) const;
  StoreResult<LogPage> read_log_of(const std::string& doc, const LogRange& range) const;

  std::mutex mutex_;
  std::condition_variable idle_;  // no thread runs completions
  OnCommits sink_;
  std::map<std::string, Doc> docs_;
  std::set<std::string> damaged_;
  std::vector<Request> queue_;
  std::map<std::string, std::size_t> outstanding_;  // queued writes by document
  std::deque<Completion> completions_;
  std::size_t failures_ = 0;
  bool held_ = false;
  bool running_ = false;  // a thread runs completions
  bool closed_ = false;
};

}  // namespace stet::storage
