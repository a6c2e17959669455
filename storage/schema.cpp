#include "storage/schema.hpp"

#include <sqlite3.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "storage/log_row.hpp"
#include "storage/segment.hpp"
#include "storage/shown_time.hpp"

namespace stet::storage {
namespace {

constexpr std::int64_t application_id = 0x53746574;  // "Stet"

constexpr const char* to_version_1 = R"(
  CREATE TABLE documents(
    id INTEGER PRIMARY KEY, name BLOB NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
    head_seq INTEGER NOT NULL) STRICT;
  CREATE UNIQUE INDEX documents_by_name ON documents(name);
  CREATE TABLE updates(
    position INTEGER PRIMARY KEY, doc INTEGER NOT NULL, seq INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    author TEXT NOT NULL, session INTEGER NOT NULL, checksum INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX updates_by_doc ON updates(doc, seq);
  CREATE TABLE snapshots(
    doc INTEGER NOT NULL, seq INTEGER NOT NULL, time_ms INTEGER NOT NULL, checksum INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY(doc, seq)) STRICT, WITHOUT ROWID;
)";

// What a document was created as.
constexpr const char* to_version_2 = "ALTER TABLE documents ADD COLUMN kind TEXT NOT NULL DEFAULT ''";

// History. An update without tags has the checksum that it had.
constexpr const char* to_version_3 = R"(
  ALTER TABLE updates ADD COLUMN tags TEXT NOT NULL DEFAULT '';
  CREATE TABLE versions(
    doc INTEGER NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, time_ms INTEGER NOT NULL, author TEXT NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY(doc, name)) STRICT, WITHOUT ROWID;
)";

// Packed log, pruned log, deleted documents. Segments are found by their index, without a look at their data. `purges`
// are documents that are no more and of which something may be left in the files.
constexpr const char* to_version_4 = R"(
  ALTER TABLE documents ADD COLUMN deleted_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE snapshots ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE segments(
    id INTEGER PRIMARY KEY, doc INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, checksum INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX segments_by_doc ON segments(doc, last_seq, first_seq, first_ms, last_ms);
  CREATE TABLE bases(
    doc INTEGER PRIMARY KEY, seq INTEGER NOT NULL, time_ms INTEGER NOT NULL, checksum INTEGER NOT NULL,
    state_vector BLOB NOT NULL) STRICT;
  CREATE TABLE purges(doc INTEGER PRIMARY KEY) STRICT;
)";

// What commits have brought lately (recent_log.hpp).
constexpr const char* to_version_5 = R"(
  CREATE TABLE recent(
    position INTEGER PRIMARY KEY AUTOINCREMENT, checksum INTEGER NOT NULL, directory BLOB NOT NULL,
    data BLOB NOT NULL) STRICT;
)";

// All of the log but `recent` is in segments. Before, an update that was not packed had a row of its own.
constexpr const char* to_version_6 = R"(
  ALTER TABLE segments ADD COLUMN packed INTEGER NOT NULL DEFAULT 1;
  DROP INDEX segments_by_doc;
  CREATE UNIQUE INDEX segments_by_doc ON segments(doc, last_seq, first_seq, first_ms, last_ms, packed);
)";

constexpr std::array steps = {to_version_1, to_version_2, to_version_3, to_version_4, to_version_5, to_version_6};
static_assert(steps.size() == schema_version);

// Pages of damaged structure are refused when they are read, and no SQL of the file itself is run.
constexpr const char* caution = R"(
  PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;
)";

// The rest of the step to version 6. What is damaged stays so: updates keep their checksums, and gaps stay gaps.
void gather_updates(Connection& connection) {
  Statement select(connection.handle(),
                   "SELECT doc, seq, time_ms, author, session, checksum, data, tags FROM updates ORDER BY doc, seq");
  Statement insert(connection.handle(), insert_segment_sql);
  constexpr std::size_t at_once = 4'096;
  std::vector<LogRow> log;
  const auto write = [&] {
    std::vector<const LogRow*> rows;
    for (const LogRow& row : log) rows.push_back(&row);
    for (std::span<const LogRow* const> rest = rows; !rest.empty();) {
      rest = rest.subspan(write_first_segment(insert, rest).size());
    }
    log.clear();
  };
  for (Rows rows = select.query(); rows.next();) {
    const ByteView data = rows.blob(6);
    log.push_back({rows.integer(0), rows.natural(1), rows.integer(2), std::string(rows.text(3)), rows.natural(4),
                   rows.integer(5), std::make_shared<const Bytes>(data.begin(), data.end()),
                   std::string(rows.text(7))});
    if (log.size() == at_once) write();
  }
  write();
}

// From `version` (0: a new file) to this one, all or nothing.
void upgrade(Connection& connection, std::int64_t version) {
  connection.run("BEGIN IMMEDIATE");
  for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
    connection.run(steps[step]);
    if (steps[step] == to_version_6) {
      gather_updates(connection);
      connection.run("DROP TABLE updates");
    }
  }
  connection.run(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  connection.run(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
  connection.run("COMMIT");
}

SqliteError newer(std::int64_t version) {
  return {SQLITE_ERROR, "schema version " + std::to_string(version) +
                            " was made by a newer Stet; this one knows version " + std::to_string(schema_version)};
}

template <std::size_t count>
std::int64_t checksum(const std::array<std::uint64_t, count>& numbers, std::initializer_list<ByteView> parts) {
  static_assert(std::endian::native == std::endian::little, "numbers are summed from their lowest byte on");
  uLong crc = crc32_z(0, reinterpret_cast<const std::uint8_t*>(numbers.data()), 8 * count);
  for (const ByteView part : parts) {
    if (!part.empty()) crc = crc32_z(crc, part.data(), part.size());  // a null pointer would reset it
  }
  return static_cast<std::int64_t>(crc);
}

}  // namespace

std::unique_ptr<Connection> open_for_writing(const std::string& path, bool create, Connection::OnBusy on_busy) {
  const auto mode = create ? Connection::Mode::create : Connection::Mode::write;
  auto connection = std::make_unique<Connection>(path, mode, std::move(on_busy));
  connection->run(caution);
  const std::int64_t version = connection->integer("PRAGMA user_version");
  const bool is_new = version == 0 && connection->integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (version > schema_version) throw newer(version);
  if (!(is_new && create) && (version == 0 || connection->integer("PRAGMA application_id") != application_id)) {
    throw SqliteError(SQLITE_NOTADB, "not a database of Stet");
  }
  if (connection->text("PRAGMA journal_mode = WAL") != "wal") {
    throw SqliteError(SQLITE_ERROR, "on a file system without write-ahead logs");
  }
  connection->run("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
  if (version < schema_version) upgrade(*connection, version);
  return connection;
}

std::unique_ptr<Connection> open_for_reading(const std::string& path, Connection::OnBusy on_busy) {
  auto connection = std::make_unique<Connection>(path, Connection::Mode::read, std::move(on_busy));
  connection->run(caution);
  const std::int64_t version = connection->integer("PRAGMA user_version");
  if (connection->integer("PRAGMA application_id") != application_id) {
    throw SqliteError(SQLITE_NOTADB, "not a database of Stet");
  }
  if (version < schema_version) {
    throw SqliteError(SQLITE_ERROR, "schema version " + std::to_string(version) +
                                        " is older than this Stet: `stet serve` brings it up to date when it starts");
  }
  if (version > schema_version) throw newer(version);
  return connection;
}

void write_segment(Statement& insert, const Segment& segment, ByteView data) {
  insert.run(segment.doc, segment.first_seq, segment.last_seq, segment.first_ms, segment.last_ms,
             segment_checksum(segment, data), data, std::int64_t{segment.packed ? 1 : 0});
}

std::string segments_sql(const char* condition) {
  return std::string(
             "SELECT first_seq, last_seq, first_ms, last_ms, packed, checksum, data, length(data) FROM segments ") +
         "WHERE doc = ? AND " + condition;
}

Segment segment_in(const Rows& rows, std::int64_t doc) {
  return {doc, rows.natural(0), rows.natural(1), rows.integer(2), rows.integer(3), rows.integer(4) != 0};
}

std::string deleted_since(std::int64_t deleted_ms) {
  return "deleted at " + shown_time(deleted_ms) + "; until it is purged it can be brought back";
}

bool documents_are_damaged(Connection& connection) {
  constexpr const char* disagreements = R"(
    SELECT EXISTS(
      SELECT 1 FROM documents AS listed NOT INDEXED WHERE listed.id IS NOT (
        SELECT id FROM documents AS found INDEXED BY documents_by_name WHERE found.name = listed.name))
    OR EXISTS(
      SELECT id, name FROM documents INDEXED BY documents_by_name
      EXCEPT SELECT id, name FROM documents NOT INDEXED))";
  try {
    return connection.integer(disagreements) != 0;
  } catch (const SqliteError& error) {
    if (!error.is_corrupt()) throw;
    return true;
  }
}

std::int64_t update_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, std::string_view author,
                             std::uint64_t session, ByteView data, std::string_view tags) {
  const std::array numbers = {static_cast<std::uint64_t>(doc), seq, static_cast<std::uint64_t>(time_ms), session,
                              std::uint64_t{author.size()}};
  return checksum(numbers, {as_bytes(author), data, as_bytes(tags)});
}

std::int64_t directory_checksum(ByteView directory) {
  const std::array numbers = {std::uint64_t{directory.size()}};
  return checksum(numbers, {directory});
}

std::int64_t snapshot_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView data, bool packed) {
  const std::uint64_t kind = packed ? std::uint64_t{1} << 63 : 0;
  const std::array numbers = {static_cast<std::uint64_t>(doc), seq | kind, static_cast<std::uint64_t>(time_ms)};
  return checksum(numbers, {data});
}

std::int64_t version_checksum(std::int64_t doc, const Version& version) {
  const std::array numbers = {static_cast<std::uint64_t>(doc), version.seq, static_cast<std::uint64_t>(version.time_ms),
                              std::uint64_t{version.name.size()}};
  return checksum(numbers, {as_bytes(version.name), as_bytes(version.author)});
}

std::int64_t segment_checksum(const Segment& segment, ByteView data) {
  const std::uint64_t kind = segment.packed ? 0 : std::uint64_t{1} << 63;
  const std::array numbers = {static_cast<std::uint64_t>(segment.doc), segment.first_seq | kind, segment.last_seq,
                              static_cast<std::uint64_t>(segment.first_ms),
                              static_cast<std::uint64_t>(segment.last_ms)};
  return checksum(numbers, {segment.packed ? data : ByteView()});
}

std::int64_t base_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView state_vector) {
  const std::array numbers = {static_cast<std::uint64_t>(doc), seq, static_cast<std::uint64_t>(time_ms)};
  return checksum(numbers, {state_vector});
}

}  // namespace stet::storage
