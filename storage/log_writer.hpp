// The writing half of the SQLite store: groups of requests become transactions. One thread uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/recent_log.hpp"
#include "storage/schema.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

namespace stet::storage {

// What is known of a document between commits.
struct DocRecord {
  std::string_view name;
  std::uint64_t last_group = 0;  // the group of its last write; kept, like `appends`, by the store around the writer
  std::size_t appends = 0;       // those of the group that is being reported
  std::optional<StoreError> refused;  // damaged, or deleted: nothing is appended any more
  std::uint64_t durable_seq = 0;      // the last one committed: the log must still hold it when it is opened again
  std::uint64_t head_seq = 0;         // the last one written, in the transaction under way
  std::int64_t id = 0;                // 0: not in the database
  std::uint64_t opening = 0;          // for which opening of the database id and head_seq hold
  bool touched = false;               // by the transaction under way

  StoreError error(StoreError::Kind kind, const std::string& what) const {
    return {kind, "document '" + std::string(name) + "': " + what};
  }
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

class LogWriter;
// Work in a transaction of its own, after that of its group; told why where there was none.
struct AsideRequest {
  std::function<void(LogWriter&, const std::optional<StoreError>& failure)> work;
};

using Request = std::variant<AppendRequest, SnapshotRequest, CreateRequest, VersionRequest, AsideRequest>;

class LogWriter {
 public:
  // Throws SqliteError.
  // `recent_updates`: see SqliteOptions.
  LogWriter(std::string path, std::uint64_t recent_updates, Connection::OnBusy on_busy, Warn warn);
  ~LogWriter();

  // Makes the group (all but its snapshots) durable in one transaction, and takes its updates. On success a document's
  // `durable_seq` is its last sequence; documents with `refused` set are left out. On an error nothing counts as
  // durable: the database is opened and verified anew by the next call, because what a failed write or fsync left
  // behind is unknown.
  std::optional<StoreError> commit(std::vector<Request>& group);

  // Writes a snapshot that a successful commit() has seen, in a transaction of its own, and drops those that serve
  // nobody any more. An empty log has none. A failure is only a warning.
  void put_snapshot(const SnapshotRequest& snapshot);

  // Sorts the recent updates into the logs of their documents, in a transaction of its own. A document for which the
  // database is too damaged is left out, and refused from then on.
  std::optional<StoreError> settle();
  // The same once there are many. A failure is only a warning: they stay where they are.
  void settle_if_many();

  // Each of these is a transaction of its own, for an AsideRequest, and finds nothing recent but what settle() leaves.

  // Puts a packed segment in the place of those with the updates that it holds. Error `absent` where they are not all
  // there.
  std::optional<StoreError> put_segment(const Segment& segment, ByteView data);
  // See Store::prune(). What is before the base stays for discard_pruned().
  StoreResult<PrunePoint> prune(DocRecord& doc, std::uint64_t seq, ByteView state, ByteView state_vector);
  // Removes some of what is before the base of a log: call it until it says false.
  StoreResult<bool> discard_pruned(std::int64_t doc);
  StoreResult<DocInfo> remove(DocRecord& doc, std::int64_t time_ms);
  StoreResult<DocInfo> undelete(DocRecord& doc);
  // The end of a document that was removed before that time: it is gone, and its name is free. What is left of it stays
  // for discard_purged().
  std::optional<StoreError> purge(DocRecord& doc, std::int64_t before_ms);
  // Removes some of it: call it until it says false.
  StoreResult<bool> discard_purged(std::int64_t doc);
  // After that: writes the database anew, without the bytes of what was removed.
  std::optional<StoreError> rewrite();
  // After that: empties the write-ahead log. Error where a reader is in the way.
  std::optional<StoreError> finish_purges(const std::vector<std::int64_t>& docs);

  // Moves the write-ahead log into the database once it is long. A failure is only a warning: the log stays.
  void checkpoint_if_long();

  // Found at the start: a document that is not found is refused, because it may exist.
  bool documents_damaged() const { return documents_damaged_; }

 private:
  struct Statements;
  std::optional<StoreError> attempt(const std::function<void()>& work);
  void open(bool create);
  void perform(Request& request);
  void append(AppendRequest& request);
  void write(std::vector<LogRow>& rows);
  void keep_recent(LogRow row);
  void write_recent(std::span<const LogRow> rows);
  void replace_recent(std::vector<LogRow> rows);
  void sort_in(std::span<const LogRow> rows, std::optional<std::int64_t>& damaged_doc);
  StoreResult<DocInfo> create(const CreateRequest& request);
  StoreResult<Version> put_version(const VersionRequest& request);
  void drop_snapshot(std::int64_t doc);
  void read(DocRecord& doc);
  void insert(DocRecord& doc, std::string_view kind, std::int64_t time_ms);
  void write_snapshot(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView state);
  template <class T, class Work>
  StoreResult<T> aside(Work work);
  StoreResult<DocInfo> set_deleted(DocRecord& doc, std::int64_t time_ms);
  bool discard(const char* sql, std::int64_t doc);
  bool trim(std::int64_t doc, std::uint64_t seq);
  std::int64_t time_of(std::int64_t doc, std::uint64_t seq);

  std::string path_;
  std::uint64_t recent_updates_;
  std::uint64_t settle_from_;  // so many recent ones are sorted in
  Connection::OnBusy on_busy_;
  Warn warn_;
  bool documents_damaged_ = false;
  std::uint64_t opening_ = 0;
  std::unique_ptr<Connection> connection_;  // null after a failure, until the next call
  std::unique_ptr<Statements> statements_;
  std::vector<DocRecord*> touched_;
  std::vector<LogRow> rows_;  // of the transaction under way, not written yet

  std::vector<LogRow> recent_;  // what the table `recent` holds
  std::size_t recent_bytes_ = 0;
  std::set<std::int64_t> damaged_;  // documents that settle() leaves out
  bool met_damage_ = false;         // in sorting in a large group
};

}  // namespace stet::storage
