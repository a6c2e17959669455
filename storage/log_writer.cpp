#include "storage/log_writer.hpp"

#include <algorithm>
#include <utility>

#include "storage/schema.hpp"
#include "storage/segment.hpp"

namespace stet::storage {
namespace {

constexpr int long_wal_pages = 1000;                  // 4 MiB, SQLite's own default
constexpr std::size_t rows_at_once = 8;               // of the log, in one statement
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

// Where a row breaks a constraint the whole group fails anyway.
std::string append_sql(std::size_t rows) {
  std::string sql = "INSERT OR ROLLBACK INTO updates(doc, seq, time_ms, author, session, checksum, data, tags) VALUES";
  for (std::size_t row = 0; row < rows; ++row) sql += row == 0 ? "(?,?,?,?,?,?,?,?)" : ",(?,?,?,?,?,?,?,?)";
  return sql;
}

void bind_row(Statement& statement, std::size_t row, const AppendRequest& request, std::uint64_t seq) {
  constexpr std::size_t columns = 8;
  const std::int64_t doc = request.doc->id;
  const ByteView data = *request.update;
  statement.bind_from(static_cast<int>(row * columns) + 1, doc, seq, request.time_ms, std::string_view(request.author),
                      request.session,
                      update_checksum(doc, seq, request.time_ms, request.author, request.session, data, request.tags),
                      data, std::string_view(request.tags));
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
        append(db, append_sql(1)),
        append_many(db, append_sql(rows_at_once)),
        modify(db, "UPDATE documents SET modified_ms = ?, head_seq = ? WHERE id = ?"),
        put_snapshot(
            db, "INSERT OR REPLACE INTO snapshots(doc, seq, time_ms, checksum, data, packed) VALUES(?, ?, ?, ?, ?, 1)"),
        newest_snapshots(db, "SELECT seq, length(data) FROM snapshots WHERE doc = ? ORDER BY seq DESC LIMIT 4"),
        log_between(
            db,
            "SELECT coalesce((SELECT sum(length(data)) FROM updates WHERE doc = ?1 AND seq > ?2 AND seq <= ?3), 0) / 8 "
            "+ coalesce((SELECT sum(length(data)) FROM segments WHERE doc = ?1 AND last_seq > ?2 AND last_seq <= ?3), "
            "0)"),
        drop_snapshot(db, "DELETE FROM snapshots WHERE doc = ? AND seq = ?"),
        has_version(db, "SELECT 1 FROM versions WHERE doc = ? AND name = ?"),
        must_stay(db,
                  "SELECT 1 FROM versions WHERE doc = ?1 AND seq = ?2 UNION ALL "
                  "SELECT 1 FROM bases WHERE doc = ?1 AND seq = ?2"),
        put_version(db, "INSERT INTO versions(doc, name, seq, time_ms, author, checksum) VALUES(?, ?, ?, ?, ?, ?)") {}

  Statement begin, commit, find, last, insert, append, append_many, modify, put_snapshot, newest_snapshots, log_between,
      drop_snapshot, has_version, must_stay, put_version;
};

LogWriter::LogWriter(std::string path, Connection::OnBusy on_busy, Warn warn)
    : path_(std::move(path)), on_busy_(std::move(on_busy)), warn_(std::move(warn)) {
  open(true);
  documents_damaged_ = documents_are_damaged(*connection_);
  if (documents_damaged_) warn_("the list of documents is damaged: until it is repaired no new ones are made");
}

LogWriter::~LogWriter() = default;

void LogWriter::open(bool create) {
  connection_ = open_for_writing(path_, create, on_busy_);
  statements_ = std::make_unique<Statements>(connection_->handle());
  ++opening_;  // every record is read again, and its durable_seq verified, before it is used
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
    rows_.clear();
    for (Request& request : group) perform(request);
    write_rows();
    for (DocRecord* doc : touched_) {
      quarantining(*doc, [&] { statements_->modify.run(doc->modified_ms, doc->head_seq, doc->id); });
    }
    statements_->commit.run();
    for (DocRecord* doc : touched_) doc->durable_seq = doc->head_seq;
  });
  for (DocRecord* doc : touched_) doc->touched = false;
  return failure;
}

void LogWriter::perform(Request& request) {
  if (const auto* append_request = std::get_if<AppendRequest>(&request)) {
    return append(*append_request);
  }
  write_rows();
  if (auto* create_request = std::get_if<CreateRequest>(&request)) {
    create_request->result = create(*create_request);
  } else if (auto* version_request = std::get_if<VersionRequest>(&request)) {
    version_request->result = put_version(*version_request);
  } else if (auto* snapshot = std::get_if<SnapshotRequest>(&request)) {
    read(*snapshot->doc);
    if (!snapshot->doc->refused) snapshot->seq = snapshot->doc->head_seq;
  }
}

void LogWriter::append(const AppendRequest& request) {
  DocRecord& doc = *request.doc;
  read(doc);
  if (doc.refused) return;
  if (doc.id == 0) quarantining(doc, [&] { insert(doc, {}, request.time_ms); });
  rows_.emplace_back(&request, ++doc.head_seq);
  if (rows_.size() == rows_at_once) write_rows();
  doc.modified_ms = request.time_ms;
  if (!doc.touched) touched_.push_back(&doc);
  doc.touched = true;
}

// Writes the rows of the log that wait for company. One by one where there was damage: then it shows whose it is.
void LogWriter::write_rows() {
  if (rows_.size() == rows_at_once && !damaged_) {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      bind_row(statements_->append_many, row, *rows_[row].first, rows_[row].second);
    }
    try {
      statements_->append_many.run_bound();
    } catch (const SqliteError& error) {
      damaged_ = error.is_corrupt();
      throw;
    }
  } else {
    for (const auto& [request, seq] : rows_) {
      quarantining(*request->doc, [&] {
        bind_row(statements_->append, 0, *request, seq);
        statements_->append.run_bound();
      });
    }
  }
  rows_.clear();
}

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
      if (Rows last = statements_->last.query(doc.id); last.next()) doc.head_seq = last.natural(0);
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
  if (Rows log = statements_->log_between.query(doc, before, seq); log.next() && log.natural(0) >= size) return;
  statements_->drop_snapshot.run(doc, seq);
}

void LogWriter::checkpoint_if_long() {
  if (!connection_ || connection_->wal_pages() < long_wal_pages) return;
  if (const auto failure = attempt([&] { connection_->checkpoint(); })) warn_(failure->what);
}

}  // namespace stet::storage
