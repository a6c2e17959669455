// The durable log of edits: one interface, several stores. A store sees bytes, ids and times, never items.
//
// The log of a document is an append-only list of updates with the sequence 1, 2, 3, ... Snapshots are a cache of it.
// Thread rule: every function may be called from any thread; none blocks on the disk. Completions run on a thread of
// the store; they must be quick and must not throw. Requests for the same document complete in the order made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "stet/bytes.hpp"

namespace stet::storage {

// Shared, immutable bytes: the same buffer goes to the members of a room and to the log.
using SharedBytes = std::shared_ptr<const Bytes>;

struct StoreError {
  enum class Kind : std::uint8_t {
    corrupt,      // a checksum or the order of sequences does not hold; the document is refused, never emptied
    unavailable,  // disk full, I/O error: nothing was written
    exists,       // create() of a document that is there
  };
  Kind kind;
  std::string what;  // for the log: which document, which sequence, what failed
};

template <class T>
using StoreResult = std::variant<T, StoreError>;

// One update of the log.
struct LogEntry {
  std::uint64_t seq = 0;      // 1 for the first update of a document; given by the store
  std::int64_t time_ms = 0;   // Unix time at which the server took the update
  std::string author;         // what the session says of itself, may be empty
  std::uint64_t session = 0;  // the connection, random
  Bytes update;               // Yjs update, v1
};

// A document as it is opened: the newest valid snapshot (state up to and including `snapshot_seq`, Yjs update v1; empty
// and 0 where there is none) and the updates after it.
struct LoadedDoc {
  bool exists = false;  // created, or has at least one update
  std::uint64_t snapshot_seq = 0;
  Bytes snapshot;
  std::vector<LogEntry> tail;
  std::uint64_t head_seq = 0;  // the last sequence of the log, 0 where it is empty
};

// Told once per commit and document: the oldest `count` outstanding appends of `doc` (through this handle, in order)
// are durable up to `seq`, or failed (`error` set: all outstanding appends of that document failed).
struct Commit {
  std::string doc;
  std::size_t count = 0;
  std::uint64_t seq = 0;
  std::optional<StoreError> error;
};

struct DocInfo {
  std::string name;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::uint64_t head_seq = 0;
};

struct DocQuery {
  std::string contains;  // case-insensitive part of the name; empty = all
  std::size_t limit = 100;
};

class Store {
 public:
  virtual ~Store() = default;

  // Where commits are reported: called once per commit with all documents that it held. Set before the first append.
  using OnCommits = std::function<void(std::vector<Commit>)>;
  virtual void on_commits(OnCommits sink) = 0;

  // Queues an update for the next commit. Appends of many documents share one commit (group commit).
  virtual void append(const std::string& doc, std::int64_t time_ms, const std::string& author, std::uint64_t session,
                      SharedBytes update) = 0;

  // Opens a document for its room. A document without a record is not an error (`exists` false).
  virtual void load(const std::string& doc, std::function<void(StoreResult<LoadedDoc>)> done) = 0;

  // Stores a snapshot that holds every append made for `doc` before this call (the store knows their sequence).
  // Written after them, in the background of the log. Failure is logged by the store and otherwise harmless.
  virtual void put_snapshot(const std::string& doc, std::int64_t time_ms, SharedBytes state) = 0;

  // Makes an empty document that list() shows. Error `exists` where there is one.
  virtual void create(const std::string& doc, std::int64_t time_ms,
                      std::function<void(StoreResult<DocInfo>)> done) = 0;

  // Newest modified first.
  virtual void list(DocQuery query, std::function<void(StoreResult<std::vector<DocInfo>>)> done) = 0;

  // Commits what is queued, reports it, runs every completion, then stops. Further calls are ignored.
  virtual void close() = 0;
};

}  // namespace stet::storage
