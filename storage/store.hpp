// The durable log of edits: one interface, several stores. A store sees bytes, ids and times, never items.
//
// The log of a document is an append-only list of updates with the sequence 1, 2, 3, ... Snapshots are a cache of it:
// the newest serve whoever opens the document, older ones (checkpoints) whoever asks for a moment of its history.
//
// Thread rule: every function may be called from any thread; none blocks on the disk. Completions run on a thread of
// the store or, where the store has none (MemoryStore), inside a call to it: so call with no lock held. They must be
// quick, must not throw and must not call close().
//
// Order: the appends of a document are committed and reported in the order made. A load sees every write made to its
// document before it, and completes after those have been reported (it may see later ones, too). While nothing is
// outstanding for a document, its load waits for no commit. The same holds for the other
// reads of a document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
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
    unavailable,  // disk full, I/O error, store closed in mid-commit: not durable, may be tried again
    exists,       // a document, or a version, of that name is there
    absent,       // no such document or moment
    deleted,      // the document is deleted, and can still be brought back
    pruned,       // the moment lies before the base, from which on the log is kept
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
  std::string tags = {};      // words about the edit such as `agent` or `asked-by=ann`, one a line
  bool is_base = false;       // no edit but the base: the state that stands for all up to `seq`, which was pruned
};

// A document as it is opened: the newest valid snapshot (state up to and including `snapshot_seq`, Yjs update v1; empty
// and 0 where there is none) and the updates after it.
struct LoadedDoc {
  bool exists = false;  // created, or has at least one update
  std::uint64_t snapshot_seq = 0;
  Bytes snapshot;
  std::vector<LogEntry> tail;
  std::uint64_t head_seq = 0;  // the last sequence of the log, 0 where it is empty
  Bytes state_vector = {};     // which the snapshot must have, where it is the base of a pruned log; else empty

  // Of the last update that is in it.
  std::uint64_t seq() const { return tail.empty() ? snapshot_seq : tail.back().seq; }
};

// A moment of a document: after the last update that is neither beyond `seq` nor beyond `time_ms`. Where a clock jumped
// back, a time may stand for several moments; it is one of them.
struct Moment {
  std::uint64_t seq = std::numeric_limits<std::uint64_t>::max();
  std::int64_t time_ms = std::numeric_limits<std::int64_t>::max();
};

// Which part of a log is too old, or too much. Both by default none.
struct Retention {
  std::int64_t before_ms = std::numeric_limits<std::int64_t>::min();  // updates made before that time
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();    // what is older than the newest so many bytes
};
// Up to which sequence a log can be pruned.
struct PrunePoint {
  std::string doc;
  std::uint64_t seq = 0;
};

// A moment with a name. Kept for ever, with the state of that moment, whatever becomes of the log.
struct Version {
  std::string name;
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;  // when it was named
  std::string author;        // who named it
};

// Which updates of a log are read: those after `after_seq`, at most `limit` of them and about `bytes` of updates, but
// always one where there is one. Where the log was pruned behind `after_seq`, the first entry is its base.
struct LogRange {
  std::uint64_t after_seq = 0;
  std::size_t limit = 1'000;
  std::size_t bytes = 1 << 20;
};

// What of it came. There is more where the last entry (or, without entries, `after_seq`) is before `head_seq`.
struct LogPage {
  bool exists = false;         // as LoadedDoc
  std::uint64_t head_seq = 0;  // the last sequence of the log, 0 where it is empty
  std::vector<LogEntry> entries;
};

// Told once per commit and document: the oldest `count` outstanding appends of `doc` (through this handle, in order)
// are durable up to `seq`, or failed (`error` set: all outstanding appends of that document failed, `seq` is 0).
// Kind `unavailable`: appends made from now on are tried again. Kind `corrupt`: they will all fail.
struct Commit {
  std::string doc;
  std::size_t count = 0;
  std::uint64_t seq = 0;
  std::optional<StoreError> error;
};

struct DocInfo {
  std::string name;
  std::string kind;  // what create() was told; empty where the first append made the document
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::uint64_t head_seq = 0;
  std::int64_t deleted_ms = 0;  // 0: it is not
};

struct DocQuery {
  std::string contains = {};  // case-insensitive part of the name; empty = all
  std::size_t limit = 100;
  bool deleted = false;  // those that are, instead of those that are not
};

class Store {
 public:
  virtual ~Store() = default;

  // Where commits are reported: called once per commit with all documents that it held. Set before the first append.
  using OnCommits = std::function<void(std::vector<Commit>)>;
  virtual void on_commits(OnCommits sink) = 0;

  // Queues an update for the next commit. Appends of many documents share one commit (group commit). The queue has no
  // bound of its own: whoever appends bounds what it leaves outstanding.
  virtual void append(const std::string& doc, std::int64_t time_ms, const std::string& author, std::uint64_t session,
                      SharedBytes update, const std::string& tags = {}) = 0;

  // Opens a document for its room. A document without a record is not an error (`exists` false).
  virtual void load(const std::string& doc, std::function<void(StoreResult<LoadedDoc>)> done) = 0;

  // The document as it was: a snapshot of that moment or before it, and the updates up to it.
  virtual void load_at(const std::string& doc, Moment moment, std::function<void(StoreResult<LoadedDoc>)> done) = 0;

  // Reads a part of a log, in order; for one document after the other it may be called again from `done`.
  virtual void read_log(const std::string& doc, LogRange range, std::function<void(StoreResult<LogPage>)> done) = 0;

  // Stores a snapshot that holds every append made for `doc` before this call, and nothing else (the store knows their
  // sequence). Written after them, outside of their commit. Failure is logged by the store and otherwise harmless.
  // After a failed append put none until what failed has been appended again: a snapshot is a cache of the log.
  virtual void put_snapshot(const std::string& doc, std::int64_t time_ms, SharedBytes state) = 0;

  // Makes an empty document that list() shows. `kind` is kept as it is: which editor people chose. Error `exists` where
  // there is one.
  virtual void create(const std::string& doc, const std::string& kind, std::int64_t time_ms,
                      std::function<void(StoreResult<DocInfo>)> done) = 0;

  // What is committed of one document, without a look at its log; nothing where there is no such document. As list(),
  // it waits for no commit.
  virtual void find(const std::string& doc, std::function<void(StoreResult<std::optional<DocInfo>>)> done) = 0;

  // Names a moment; `state` is the document at `version.seq`. Error `exists` where the name is taken, `absent` where
  // the log has no such sequence.
  virtual void put_version(const std::string& doc, Version version, SharedBytes state,
                           std::function<void(StoreResult<Version>)> done) = 0;

  // By sequence and name.
  virtual void versions(const std::string& doc, std::function<void(StoreResult<std::vector<Version>>)> done) = 0;

  // Prunes the log: `state`, the document at `seq` with that state vector, becomes its base, and stands for all before.
  // Named versions keep their own states. Error `absent` where the log has no such sequence, `pruned` where it begins
  // after it already. The space comes back in the background.
  virtual void prune(const std::string& doc, std::uint64_t seq, SharedBytes state, SharedBytes state_vector,
                     std::function<void(StoreResult<PrunePoint>)> done) = 0;

  // The documents whose logs go further back than that: those of which at least one update can go.
  virtual void overdue(Retention retention, std::function<void(StoreResult<std::vector<PrunePoint>>)> done) = 0;

  // Deletes a document so that undelete() can bring it back. Until then all that is asked of it, appends too, is
  // answered by the error `deleted`, and its name stays taken. A store may let it end for good after some time.
  virtual void remove(const std::string& doc, std::int64_t time_ms, std::function<void(StoreResult<DocInfo>)> done) = 0;
  // Error `exists` where it is not deleted.
  virtual void undelete(const std::string& doc, std::function<void(StoreResult<DocInfo>)> done) = 0;

  // What is committed, newest modified first.
  virtual void list(DocQuery query, std::function<void(StoreResult<std::vector<DocInfo>>)> done) = 0;

  // Commits what is queued, reports it, runs every completion, then stops. What cannot be committed within a bound,
  // because another process holds the write lock, is reported as failed. Further calls are ignored.
  virtual void close() = 0;
};

}  // namespace stet::storage
