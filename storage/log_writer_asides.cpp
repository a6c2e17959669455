// The writing half of the SQLite store: what is done beside the appends. Packing, pruning, deletion.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "storage/log_writer.hpp"
#include "storage/segment.hpp"

namespace stet::storage {

// Does the work in a transaction, which an error that it returns takes back.
template <class T, class Work>
StoreResult<T> LogWriter::aside(Work work) {
  if (const auto failure = settle()) return *failure;
  StoreResult<T> result = T{};
  const auto failure = attempt([&] {
    connection_->run("BEGIN IMMEDIATE");
    result = work();
    connection_->run(std::holds_alternative<StoreError>(result) ? "ROLLBACK" : "COMMIT");
  });
  if (failure) return *failure;
  return result;
}

std::optional<StoreError> LogWriter::put_segment(const Segment& segment, ByteView data) {
  const auto done = aside<bool>([&]() -> StoreResult<bool> {
    Statement there(connection_->handle(),
                    "SELECT sum(min(last_seq, ?3) - max(first_seq, ?2) + 1) FROM segments "
                    "WHERE doc = ?1 AND last_seq >= ?2 AND first_seq <= ?3 AND packed = 0");
    if (Rows row = there.query(segment.doc, segment.first_seq, segment.last_seq);
        !row.next() || row.natural(0) != segment.updates()) {
      return StoreError{StoreError::Kind::absent, "the updates that were packed are not there any more"};
    }
    trim(segment.doc, segment.last_seq);
    Statement(connection_->handle(), "DELETE FROM segments WHERE doc = ? AND last_seq BETWEEN ? AND ?")
        .run(segment.doc, segment.first_seq, segment.last_seq);
    Statement insert(connection_->handle(), insert_segment_sql);
    write_segment(insert, segment, data);
    return true;
  });
  if (const auto* error = std::get_if<StoreError>(&done)) return *error;
  return std::nullopt;
}

// --- pruning ---------------------------------------------------------------------------------------------------------

StoreResult<PrunePoint> LogWriter::prune(DocRecord& doc, std::uint64_t seq, ByteView state, ByteView state_vector) {
  return aside<PrunePoint>([&]() -> StoreResult<PrunePoint> {
    read(doc);
    if (doc.refused) return *doc.refused;
    if (doc.id == 0 || seq == 0 || seq > doc.head_seq) {
      return doc.error(StoreError::Kind::absent, "there is no sequence " + std::to_string(seq));
    }
    Statement later_base(connection_->handle(), "SELECT seq FROM bases WHERE doc = ? AND seq >= ?");
    if (Rows base = later_base.query(doc.id, seq); base.next()) {
      return doc.error(StoreError::Kind::pruned,
                       "its history begins at sequence " + std::to_string(base.natural(0)) + " already");
    }
    const std::int64_t time_ms = time_of(doc.id, seq);
    write_snapshot(doc.id, seq, time_ms, state);
    Statement(connection_->handle(),
              "INSERT OR REPLACE INTO bases(doc, seq, time_ms, checksum, state_vector) VALUES(?, ?, ?, ?, ?)")
        .run(doc.id, seq, time_ms, base_checksum(doc.id, seq, time_ms, state_vector), state_vector);
    return PrunePoint{std::string(doc.name), seq};
  });
}

// When an update of the log was made.
std::int64_t LogWriter::time_of(std::int64_t doc, std::uint64_t seq) {
  Statement select(connection_->handle(), segments_sql(from_seq));
  if (Rows row = select.query(doc, seq); row.next()) {
    const Segment segment = segment_in(row, doc);
    const auto entries = read_segment(segment, row.integer(5), row.blob(6), seq);
    if (const auto* error = std::get_if<StoreError>(&entries)) throw std::runtime_error(error->what);
    if (segment.first_seq <= seq) return std::get<0>(entries).front().time_ms;
  }
  throw std::runtime_error("update " + std::to_string(seq) + " is missing");
}

// A segment that goes on behind `seq` begins there from now on. Whether there was one, and it could be read.
bool LogWriter::trim(std::int64_t doc, std::uint64_t seq) {
  Statement select(connection_->handle(), segments_sql(from_seq));
  std::optional<Segment> segment;
  Bytes data;
  if (Rows row = select.query(doc, seq + 1); row.next()) {
    segment = segment_in(row, doc);
    if (segment->first_seq > seq) return false;
    const auto read = read_segment(*segment, row.integer(5), row.blob(6), seq + 1);
    const auto* entries = std::get_if<std::vector<LogEntry>>(&read);
    if (!entries || entries->back().seq != segment->last_seq) return false;
    segment->first_seq = entries->front().seq;
    segment->first_ms = entries->front().time_ms;
    data = write_entries(*segment, *entries);
  }
  if (!segment) return false;
  Statement(connection_->handle(), "DELETE FROM segments WHERE doc = ? AND last_seq = ?").run(doc, segment->last_seq);
  Statement insert(connection_->handle(), insert_segment_sql);
  write_segment(insert, *segment, data);
  return true;
}

// Whether there was something. The portions are such that others do not wait for long.
bool LogWriter::discard(const char* sql, std::int64_t doc) {
  Statement(connection_->handle(), sql).run(doc);
  return connection_->integer("SELECT changes()") > 0;
}

StoreResult<bool> LogWriter::discard_pruned(std::int64_t doc) {
  return aside<bool>([&]() -> StoreResult<bool> {
    Statement base(connection_->handle(), "SELECT seq FROM bases WHERE doc = ?");
    std::uint64_t base_seq = 0;
    if (Rows row = base.query(doc); row.next()) base_seq = row.natural(0);
    bool more = trim(doc, base_seq);
    more |= discard(
        "DELETE FROM segments WHERE id IN (SELECT id FROM segments WHERE doc = ?1 AND last_seq <= "
        "(SELECT seq FROM bases WHERE doc = ?1) LIMIT 64)",
        doc);
    more |= discard(
        "DELETE FROM snapshots WHERE doc = ?1 AND seq IN (SELECT seq FROM snapshots WHERE doc = ?1 AND seq < "
        "(SELECT seq FROM bases WHERE doc = ?1) AND seq NOT IN (SELECT seq FROM versions WHERE doc = ?1) LIMIT 8)",
        doc);
    return more;
  });
}

// --- deletion --------------------------------------------------------------------------------------------------------

StoreResult<DocInfo> LogWriter::remove(DocRecord& doc, std::int64_t time_ms) {
  return aside<DocInfo>([&]() -> StoreResult<DocInfo> {
    read(doc);
    if (doc.refused && doc.refused->kind == StoreError::Kind::deleted) return *doc.refused;
    if (doc.id == 0) return doc.error(StoreError::Kind::absent, "there is none of that name");
    return set_deleted(doc, std::max<std::int64_t>(time_ms, 1));
  });
}

StoreResult<DocInfo> LogWriter::undelete(DocRecord& doc) {
  return aside<DocInfo>([&]() -> StoreResult<DocInfo> {
    read(doc);
    if (!doc.refused || doc.refused->kind != StoreError::Kind::deleted) {
      if (doc.id == 0) return doc.error(StoreError::Kind::absent, "there is none of that name");
      return doc.error(StoreError::Kind::exists, "it is not deleted");
    }
    return set_deleted(doc, 0);
  });
}

StoreResult<DocInfo> LogWriter::set_deleted(DocRecord& doc, std::int64_t time_ms) {
  Statement statement(connection_->handle(),
                      "UPDATE documents SET deleted_ms = ?1 WHERE name = ?2 "
                      "RETURNING kind, created_ms, modified_ms, head_seq");
  DocInfo info;
  info.name = doc.name;
  info.deleted_ms = time_ms;
  for (Rows rows = statement.query(time_ms, as_bytes(doc.name)); rows.next();) {
    info.kind = rows.text(0);
    info.created_ms = rows.integer(1);
    info.modified_ms = rows.integer(2);
    info.head_seq = rows.natural(3);
  }
  doc.refused.reset();
  doc.opening = 0;  // it is read again before it is used
  return info;
}

std::optional<StoreError> LogWriter::purge(DocRecord& doc, std::int64_t before_ms) {
  const auto done = aside<bool>([&]() -> StoreResult<bool> {
    Statement statement(connection_->handle(),
                        "DELETE FROM documents WHERE name = ? AND deleted_ms > 0 AND deleted_ms < ? RETURNING id");
    std::optional<std::int64_t> id;
    for (Rows rows = statement.query(as_bytes(doc.name), before_ms); rows.next();) id = rows.integer(0);
    if (id) Statement(connection_->handle(), "INSERT INTO purges(doc) VALUES(?)").run(*id);
    return id.has_value();
  });
  if (const auto* error = std::get_if<StoreError>(&done)) return *error;
  if (!std::get<bool>(done)) return std::nullopt;
  doc.refused.reset();
  doc.opening = 0;
  doc.durable_seq = 0;
  doc.id = 0;
  return std::nullopt;
}

StoreResult<bool> LogWriter::discard_purged(std::int64_t doc) {
  return aside<bool>([&]() -> StoreResult<bool> {
    std::vector<LogRow> others = recent_;
    if (std::erase_if(others, [doc](const LogRow& row) { return row.doc == doc; }) > 0)
      replace_recent(std::move(others));
    bool more = discard("DELETE FROM segments WHERE id IN (SELECT id FROM segments WHERE doc = ? LIMIT 64)", doc);
    more |= discard(
        "DELETE FROM snapshots WHERE doc = ?1 AND seq IN (SELECT seq FROM snapshots WHERE doc = ?1 LIMIT 8)", doc);
    more |= discard("DELETE FROM versions WHERE doc = ?", doc);
    more |= discard("DELETE FROM bases WHERE doc = ?", doc);
    return more;
  });
}

// SQLite's secure_delete would not do: where a page is rearranged, copies of its rows stay behind in it.
std::optional<StoreError> LogWriter::rewrite() {
  return attempt([&] { connection_->run("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY"); });
}

std::optional<StoreError> LogWriter::finish_purges(const std::vector<std::int64_t>& docs) {
  return attempt([&] {
    connection_->truncate_log();
    connection_->run("BEGIN IMMEDIATE");
    Statement done(connection_->handle(), "DELETE FROM purges WHERE doc = ?");
    for (const std::int64_t doc : docs) done.run(doc);
    connection_->run("COMMIT");
  });
}

}  // namespace stet::storage
