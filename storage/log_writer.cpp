#include "storage/log_writer.hpp"

#include <algorithm>
#include <ranges>
#include <thread>
#include <tuple>
#include <utility>

#include "storage/schema.hpp"
#include "storage/segment.hpp"

namespace stet::storage {
namespace {

constexpr int long_wal_pages = 1000;                  // 4 MiB, SQLite's own default
constexpr std::size_t kept_rows = 8'192;              // the room of so many is kept when they are gone
constexpr std::size_t many_recent_bytes = 1 << 20;    // of updates
constexpr std::size_t bytes_a_packed_byte = 8;        // or more
constexpr std::uint64_t checkpoint_updates = 16'384;  // so many take less than 50 ms to apply

StoreError corrupt(const DocRecord& doc, const std::string& what) { return doc.error(StoreError::Kind::corrupt, what); }

// Does work for a document. Where it meets damage the group fails, and the next ones do without this document.
template <class Work>
void quarantining(DocRecord& doc, Work work) {
  try {
    work();
  } catch (const SqliteError& error) {
    if (error.is_corrupt()) doc.refused = corrupt(doc, error.what());
    throw;
  }
}

bool is_damage(const SqliteError& error) { return error.is_corrupt() || error.is_conflict(); }

void clear(std::vector<LogRow>& rows) {
  rows.clear();
  if (rows.capacity() > kept_rows) std::vector<LogRow>().swap(rows);
}

}  // namespace

struct LogWriter::Statements {
  explicit Statements(sqlite3* db)
      : begin(db, "BEGIN IMMEDIATE"),
        commit(db, "COMMIT"),
        find(db, find_document_sql),
        last(db, last_seq_sql),
        insert(db,
               "INSERT INTO documents(id, name, created_ms, modified_ms, head_seq, kind) VALUES("
               "1 + max(coalesce((SELECT max(id) FROM documents), 0), coalesce((SELECT max(doc) FROM purges), 0)), "
               "?1, ?2, ?2, 0, ?3) RETURNING id"),
        insert_segment(db, insert_segment_sql),
        put_recent(db, "INSERT INTO recent(checksum, directory, data) VALUES(?, ?, ?)"),
        clear_recent(db, "DELETE FROM recent"),
        recount_recent(db, "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'recent'"),
        recent(db),
        modify(db, "UPDATE documents SET modified_ms = ?, head_seq = ? WHERE id = ?"),
        put_snapshot(
            db, "INSERT OR REPLACE INTO snapshots(doc, seq, time_ms, checksum, data, packed) VALUES(?, ?, ?, ?, ?, 1)"),
        newest_snapshots(db, "SELECT seq, length(data) FROM snapshots WHERE doc = ? ORDER BY seq DESC LIMIT 4"),
        log_between(db,
                    // What an update that is not packed has around it, 23 bytes or more, packs to nothing.
                    "SELECT coalesce(sum(CASE packed WHEN 1 THEN length(data)"
                    " ELSE (length(data) - 23 * (last_seq - first_seq + 1)) / 8 END), 0) FROM segments "
                    "WHERE doc = ?1 AND last_seq > ?2 AND last_seq <= ?3"),
        drop_snapshot(db, "DELETE FROM snapshots WHERE doc = ? AND seq = ?"),
        has_version(db, "SELECT 1 FROM versions WHERE doc = ? AND name = ?"),
        must_stay(db,
                  "SELECT 1 FROM versions WHERE doc = ?1 AND seq = ?2 UNION ALL "
                  "SELECT 1 FROM bases WHERE doc = ?1 AND seq = ?2"),
        put_version(db, "INSERT INTO versions(doc, name, seq, time_ms, author, checksum) VALUES(?, ?, ?, ?, ?, ?)") {}

  Statement begin, commit, find, last, insert, insert_segment, put_recent, clear_recent, recount_recent;
  RecentLog recent;
  Statement modify, put_snapshot, newest_snapshots, log_between, drop_snapshot, has_version, must_stay, put_version;
};

LogWriter::LogWriter(std::string path, std::uint64_t recent_updates, Connection::OnBusy on_busy, Warn warn)
    : path_(std::move(path)),
      recent_updates_(recent_updates),
      settle_from_(recent_updates),
      on_busy_(std::move(on_busy)),
      warn_(std::move(warn)) {
  open(true);
  documents_damaged_ = documents_are_damaged(*connection_);
  if (documents_damaged_) warn_("the list of documents is damaged: until it is repaired no new ones are made");
  if (const auto failure = settle()) warn_(failure->what);
}

LogWriter::~LogWriter() = default;

void LogWriter::open(bool create) {
  connection_ = open_for_writing(path_, create, on_busy_);
  statements_ = std::make_unique<Statements>(connection_->handle());
  ++opening_;  // every record is read again, and its durable_seq verified, before it is used
  clear(recent_);
  recent_bytes_ = 0;
  statements_->recent.read([](const RecentLog::Place&) { return true; },
                           [this](LogRow row) { keep_recent(std::move(row)); });
}

// Runs `work` in a transaction. After a failure the connection is closed, which rolls back.
std::optional<StoreError> LogWriter::attempt(const std::function<void()>& work) {
  try {
    if (!connection_) open(false);
    work();
    return std::nullopt;
  } catch (const std::exception& error) {
    statements_.reset();
    connection_.reset();
    return StoreError{StoreError::Kind::unavailable, error.what()};
  }
}

std::optional<StoreError> LogWriter::commit(std::vector<Request>& group) {
  touched_.clear();
  const auto failure = attempt([&] {
    statements_->begin.run();
    for (Request& request : group) perform(request);
    write(rows_);
    statements_->commit.run();
    for (DocRecord* doc : touched_) doc->durable_seq = doc->head_seq;
  });
  clear(rows_);
  for (DocRecord* doc : touched_) doc->touched = false;
  return failure;
}

void LogWriter::perform(Request& request) {
  if (auto* append_request = std::get_if<AppendRequest>(&request)) {
    append(*append_request);
  } else if (auto* create_request = std::get_if<CreateRequest>(&request)) {
    create_request->result = create(*create_request);
  } else if (auto* version_request = std::get_if<VersionRequest>(&request)) {
    version_request->result = put_version(*version_request);
  } else if (auto* snapshot = std::get_if<SnapshotRequest>(&request)) {
    read(*snapshot->doc);
    if (!snapshot->doc->refused) snapshot->seq = snapshot->doc->head_seq;
  }
}

void LogWriter::append(AppendRequest& request) {
  DocRecord& doc = *request.doc;
  read(doc);
  if (doc.refused) return;
  if (doc.id == 0) quarantining(doc, [&] { insert(doc, {}, request.time_ms); });
  const std::int64_t checksum = update_checksum(doc.id, ++doc.head_seq, request.time_ms, request.author,
                                                request.session, *request.update, request.tags);
  rows_.push_back({doc.id, doc.head_seq, request.time_ms, std::move(request.author), request.session, checksum,
                   std::move(request.update), std::move(request.tags)});
  if (!std::exchange(doc.touched, true)) touched_.push_back(&doc);
}

// --- recent updates --------------------------------------------------------------------------------------------------

// As many as would be sorted in next are sorted in at once: so they are not written twice. Where that meets damage the
// group fails, and the next ones leave it to settle() to find its way around.
void LogWriter::write(std::vector<LogRow>& rows) {
  if (rows.empty()) return;
  if (rows.size() < recent_updates_ || met_damage_) {
    write_recent(rows);
    for (LogRow& row : rows) keep_recent(std::move(row));
    return;
  }
  std::optional<std::int64_t> damaged_doc;
  try {
    sort_in(rows, damaged_doc);
  } catch (const SqliteError& error) {
    met_damage_ = is_damage(error);
    throw;
  }
}

void LogWriter::write_recent(std::span<const LogRow> rows) {
  const RecentCommit commit = encode(rows);
  statements_->put_recent.run(commit.checksum, ByteView(commit.directory), ByteView(commit.data));
}

// It is in the table.
void LogWriter::keep_recent(LogRow row) {
  recent_bytes_ += row.update->size();
  recent_.push_back(std::move(row));
}

void LogWriter::settle_if_many() {
  if (recent_.size() < settle_from_ && recent_bytes_ < many_recent_bytes) return;
  if (const auto failure = settle()) warn_("recent updates cannot be sorted in: " + failure->what);
  settle_from_ = recent_.size() + recent_updates_;
}

std::optional<StoreError> LogWriter::settle() {
  while (true) {
    bool damage = false;
    std::optional<std::int64_t> damaged_doc;
    const auto failure = attempt([&] {
      try {
        statements_->begin.run();
        sort_in({}, damaged_doc);
        statements_->commit.run();
      } catch (const SqliteError& error) {
        damage = is_damage(error);
        throw;
      }
    });
    if (!failure) return std::nullopt;
    if (!damage || !damaged_doc) return failure;
    damaged_.insert(*damaged_doc);  // the others go on without it
    warn_("recent updates of document number " + std::to_string(*damaged_doc) +
          " cannot be sorted in: " + failure->what);
  }
}

// In the transaction under way, what is recent and then `rows`. `damaged_doc` tells whose rows were being written. It
// takes milliseconds, for which a thread with sockets that shares the processor with this one would wait; so it gets
// its turn in between.
void LogWriter::sort_in(std::span<const LogRow> rows, std::optional<std::int64_t>& damaged_doc) {
  std::vector<const LogRow*> sorted;
  std::vector<LogRow> left;
  for (const LogRow& row : recent_) {
    if (damaged_.contains(row.doc)) {
      left.push_back(row);
    } else {
      sorted.push_back(&row);
    }
  }
  for (const LogRow& row : rows) sorted.push_back(&row);
  if (sorted.empty()) return;
  std::ranges::sort(sorted, {}, [](const LogRow* row) { return std::tuple(row->doc, row->seq); });
  for (std::span<const LogRow* const> rest = sorted; !rest.empty();) {
    damaged_doc = rest.front()->doc;
    const auto written = write_first_segment(statements_->insert_segment, rest);
    const LogRow& last = *written.back();
    rest = rest.subspan(written.size());
    if (rest.empty() || rest.front()->doc != last.doc) statements_->modify.run(last.time_ms, last.seq, last.doc);
    std::this_thread::yield();
  }
  damaged_doc.reset();
  replace_recent(std::move(left));
}

// In the transaction under way, which has to be committed, or else the database opened again.
void LogWriter::replace_recent(std::vector<LogRow> rows) {
  statements_->clear_recent.run();
  statements_->recount_recent.run();
  if (!rows.empty()) write_recent(rows);
  clear(recent_);
  recent_bytes_ = 0;
  for (LogRow& row : rows) keep_recent(std::move(row));
}

// --- documents -------------------------------------------------------------------------------------------------------

StoreResult<DocInfo> LogWriter::create(const CreateRequest& request) {
  DocRecord& doc = *request.doc;
  read(doc);
  if (doc.refused) return *doc.refused;
  const std::string name(doc.name);
  if (doc.id != 0) return StoreError{StoreError::Kind::exists, "document '" + name + "' exists"};
  quarantining(doc, [&] { insert(doc, request.kind, request.time_ms); });
  return DocInfo{name, request.kind, request.time_ms, request.time_ms, 0};
}

StoreResult<Version> LogWriter::put_version(const VersionRequest& request) {
  DocRecord& doc = *request.doc;
  read(doc);
  if (doc.refused) return *doc.refused;
  const Version& version = request.version;
  const std::string name = "document '" + std::string(doc.name) + "'";
  if (doc.id == 0 || version.seq == 0 || version.seq > doc.head_seq) {
    return StoreError{StoreError::Kind::absent, name + " has no sequence " + std::to_string(version.seq)};
  }
  std::optional<StoreError> taken;
  quarantining(doc, [&] {
    if (statements_->has_version.query(doc.id, std::string_view(version.name)).next()) {
      taken = StoreError{StoreError::Kind::exists, name + " has a version '" + version.name + "'"};
      return;
    }
    write_snapshot(doc.id, version.seq, version.time_ms, *request.state);
    statements_->put_version.run(doc.id, std::string_view(version.name), version.seq, version.time_ms,
                                 std::string_view(version.author), version_checksum(doc.id, version));
  });
  if (taken) return *taken;
  return version;
}

// Brings the record up to date. What the log holds is what counts; the head in `documents` and what was committed
// before can only show that its end is missing.
void LogWriter::read(DocRecord& doc) {
  if (doc.refused || doc.opening == opening_) return;
  doc.id = 0;
  doc.head_seq = 0;
  try {
    std::uint64_t expected = doc.durable_seq;
    if (Rows found = statements_->find.query(as_bytes(doc.name)); found.next()) {
      doc.id = found.integer(0);
      expected = std::max(expected, found.natural(1));
      if (const std::int64_t deleted_ms = found.integer(2); deleted_ms > 0) {
        doc.refused = doc.error(StoreError::Kind::deleted, deleted_since(deleted_ms));
        return;
      }
      if (damaged_.contains(doc.id)) doc.refused = corrupt(doc, "its recent updates cannot be sorted into its log");
      if (Rows last = statements_->last.query(doc.id); last.next()) doc.head_seq = last.natural(0);
      const auto newest_first = std::views::reverse(recent_);
      const auto recent = std::ranges::find(newest_first, doc.id, &LogRow::doc);
      if (recent != newest_first.end()) doc.head_seq = std::max(doc.head_seq, recent->seq);
    } else if (documents_damaged_) {
      doc.refused = corrupt(doc, "not found in a damaged list of documents");
    }
    if (doc.head_seq < expected) {
      doc.refused = corrupt(
          doc, "the log ends at " + std::to_string(doc.head_seq) + ", " + std::to_string(expected) + " was committed");
    }
  } catch (const SqliteError& error) {
    if (!error.is_corrupt()) throw;
    doc.refused = corrupt(doc, error.what());  // a failed SELECT leaves the transaction whole
  }
  doc.opening = opening_;
}

void LogWriter::insert(DocRecord& doc, std::string_view kind, std::int64_t time_ms) {
  Rows row = statements_->insert.query(as_bytes(doc.name), time_ms, kind);
  while (row.next()) doc.id = row.integer(0);
}

void LogWriter::put_snapshot(const SnapshotRequest& snapshot) {
  const std::int64_t doc = snapshot.doc->id;
  if (snapshot.seq == 0 || doc == 0) return;
  const auto failure = attempt([&] {
    statements_->begin.run();
    write_snapshot(doc, snapshot.seq, snapshot.time_ms, *snapshot.state);
    drop_snapshot(doc);
    statements_->commit.run();
  });
  if (failure) warn_("document '" + std::string(snapshot.doc->name) + "': no snapshot: " + failure->what);
}

void LogWriter::write_snapshot(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView state) {
  const Bytes data = pack(state);
  statements_->put_snapshot.run(doc, seq, time_ms, snapshot_checksum(doc, seq, time_ms, data, true), ByteView(data));
}

// Drops the third newest snapshot, unless it is that of a version, a base or a checkpoint: checkpoints stand as far
// apart as their size is made up by the log between them (packed, which makes it an eighth or less), and not so far
// that the log between two takes long to apply.
void LogWriter::drop_snapshot(std::int64_t doc) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> newest;  // seq and size
  for (Rows rows = statements_->newest_snapshots.query(doc); rows.next();) {
    newest.emplace_back(rows.natural(0), rows.natural(1));
  }
  if (newest.size() < 3) return;
  const auto [seq, size] = newest[2];
  if (statements_->must_stay.query(doc, seq).next()) return;
  const std::uint64_t before = newest.size() > 3 ? newest[3].first : 0;
  if (seq - before >= checkpoint_updates) return;
  std::uint64_t packed_bytes = 0;
  for (const LogRow& row : recent_) {
    if (row.doc == doc && row.seq > before && row.seq <= seq) packed_bytes += row.update->size() / bytes_a_packed_byte;
  }
  if (Rows log = statements_->log_between.query(doc, before, seq); log.next()) packed_bytes += log.natural(0);
  if (packed_bytes >= size) return;
  statements_->drop_snapshot.run(doc, seq);
}

void LogWriter::checkpoint_if_long() {
  if (!connection_ || connection_->wal_pages() < long_wal_pages) return;
  if (const auto failure = attempt([&] { connection_->checkpoint(); })) warn_(failure->what);
}

}  // namespace stet::storage
