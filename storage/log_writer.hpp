// The writing half of the SQLite store: groups of requests become transactions. One thread uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/sqlite.hpp"
#include "storage/store.hpp"

namespace stet::storage {

// What is known of a document between commits.
struct DocRecord {
  std::string_view name;
  std::uint64_t last_group = 0;  // the group of its last write; kept, like `appends`, by the store around the writer
  std::size_t appends = 0;       // those of the group that is being reported
  std::optional<StoreError> refused;  // damaged: nothing is appended any more
  std::uint64_t durable_seq = 0;      // the last one committed: the log must still hold it when it is opened again
  std::uint64_t head_seq = 0;         // the last one written, in the transaction under way
  std::int64_t id = 0;                // 0: not in the database
  std::uint64_t opening = 0;          // for which opening of the database id and head_seq hold
  bool touched = false;               // by the transaction under way
  std::int64_t modified_ms = 0;
};

struct AppendRequest {
  DocRecord* doc;
  std::int64_t time_ms;
  std::string author;
  std::uint64_t session;
  SharedBytes update;
  std::string tags;
};

struct SnapshotRequest {
  DocRecord* doc;
  std::int64_t time_ms;
  SharedBytes state;
  std::uint64_t seq = 0;  // what it holds; set by commit()
};

struct CreateRequest {
  DocRecord* doc;
  std::string kind;
  std::int64_t time_ms;
  std::function<void(StoreResult<DocInfo>)> done;
  StoreResult<DocInfo> result = DocInfo{};  // set by commit()
};

struct VersionRequest {
  DocRecord* doc;
  Version version;
  SharedBytes state;
  std::function<void(StoreResult<Version>)> done;
  StoreResult<Version> result = Version{};  // set by commit()
};

using Request = std::variant<AppendRequest, SnapshotRequest, CreateRequest, VersionRequest>;

class LogWriter {
 public:
  // Throws SqliteError.
  LogWriter(std::string path, Connection::OnBusy on_busy, Warn warn);
  ~LogWriter();

  // Makes the group (all but its snapshots) durable in one transaction. On success a document's `durable_seq` is
  // its last sequence; documents with `refused` set are left out. On an error nothing counts as durable: the database
  // is opened and verified anew by the next call, because what a failed write or fsync left behind is unknown.
  std::optional<StoreError> commit(std::vector<Request>& group);

  // Writes a snapshot that a successful commit() has seen, in a transaction of its own, and drops those that serve
  // nobody any more. An empty log has none. A failure is only a warning.
  void put_snapshot(const SnapshotRequest& snapshot);

  // Moves the write-ahead log into the database once it is long. A failure is only a warning: the log stays.
  void checkpoint_if_long();

  // Found at the start: a document that is not found is refused, because it may exist.
  bool documents_damaged() const { return documents_damaged_; }

 private:
  struct Statements;
  template <class Work>
  std::optional<StoreError> attempt(Work work);
  void open(bool create);
  void perform(Request& request);
  void append(const AppendRequest& request);
  void write_rows();
  StoreResult<DocInfo> create(const CreateRequest& request);
  StoreResult<Version> put_version(const VersionRequest& request);
  void drop_snapshot(std::int64_t doc);
  void read(DocRecord& doc);
  void insert(DocRecord& doc, std::string_view kind, std::int64_t time_ms);

  std::string path_;
  Connection::OnBusy on_busy_;
  Warn warn_;
  bool documents_damaged_ = false;
  std::uint64_t opening_ = 0;
  std::unique_ptr<Connection> connection_;  // null after a failure, until the next call
  std::unique_ptr<Statements> statements_;
  std::vector<DocRecord*> touched_;
  std::vector<std::pair<const AppendRequest*, std::uint64_t>> rows_;  // with their sequences; not written yet
  bool damaged_ = false;                                              // damage was met, by rows of several documents
};

}  // namespace stet::storage
