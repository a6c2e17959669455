// The tables of stet.db, how they are opened, and the checksum of a row. docs/STORAGE.md tells what they mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "stet/bytes.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

namespace stet::storage {

constexpr std::int64_t schema_version = 6;

// The connection that writes. Brings a file of an older version up to date. `create`: makes the tables in a new file.
// Throws SqliteError: also where the file is of a newer version, or no database of ours.
std::unique_ptr<Connection> open_for_writing(const std::string& path, bool create, Connection::OnBusy on_busy);
// A connection that reads, and never checkpoints. Throws SqliteError where the file is not of this version.
std::unique_ptr<Connection> open_for_reading(const std::string& path, Connection::OnBusy on_busy);

// How a document is found: by the index, and then by the name that its row itself has. Gives id, head_seq, deleted_ms.
constexpr const char* find_document_sql =
    "SELECT id, head_seq, deleted_ms FROM documents AS row NOT INDEXED "
    "WHERE id = (SELECT id FROM documents WHERE name = ?1) AND name = ?1";

// The last sequence of a log: of its segments, or of its base. Those in `recent` come after it.
constexpr const char* last_seq_sql =
    "SELECT max(coalesce((SELECT max(last_seq) FROM segments WHERE doc = ?1), 0),"
    " coalesce((SELECT seq FROM bases WHERE doc = ?1), 0))";

// What is wrong with a document that was deleted at that time.
std::string deleted_since(std::int64_t deleted_ms);

// A row of `segments`: updates of a document that follow one another (segment.hpp).
struct Segment {
  std::int64_t doc = 0;
  std::uint64_t first_seq = 0, last_seq = 0;
  std::int64_t first_ms = 0, last_ms = 0;
  bool packed = false;

  std::uint64_t updates() const { return last_seq - first_seq + 1; }
};
// How it is written, by write_segment().
constexpr const char* insert_segment_sql =
    "INSERT OR ROLLBACK INTO segments(doc, first_seq, last_seq, first_ms, last_ms, checksum, data, packed) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?)";
void write_segment(Statement& insert, const Segment& segment, ByteView data);
// Those of a document for which the condition holds, as segment_in() takes them; then checksum, data and its length.
std::string segments_sql(const char* condition);
// From the one with a sequence on.
constexpr const char* from_seq = "last_seq >= ? ORDER BY last_seq";
Segment segment_in(const Rows& rows, std::int64_t doc);

// Whether the table of documents and its index disagree. Then a name that is not found may be that of a document which
// exists, and must not be taken for a new one.
bool documents_are_damaged(Connection& connection);

// CRC-32 over all that the log says of an update.
std::int64_t update_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, std::string_view author,
                             std::uint64_t session, ByteView data, std::string_view tags);
// The same for the directory of a row of `recent`.
std::int64_t directory_checksum(ByteView directory);
// The same for a row of `snapshots`.
std::int64_t snapshot_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView data, bool packed);
// The same for a row of `versions`.
std::int64_t version_checksum(std::int64_t doc, const Version& version);
// The same for a row of `segments`; where it is not packed, without the data, in which each update has its own.
std::int64_t segment_checksum(const Segment& segment, ByteView data);
// The same for a row of `bases`.
std::int64_t base_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView state_vector);

}  // namespace stet::storage
