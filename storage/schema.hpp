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

constexpr std::int64_t schema_version = 3;

// The connection that writes. Brings a file of an older version up to date. `create`: makes the tables in a new file.
// Throws SqliteError: also where the file is of a newer version, or no database of ours.
std::unique_ptr<Connection> open_for_writing(const std::string& path, bool create, Connection::OnBusy on_busy);
// A connection that reads, and never checkpoints. Throws SqliteError where the file is not of this version.
std::unique_ptr<Connection> open_for_reading(const std::string& path, Connection::OnBusy on_busy);

// How a document is found: by the index, and then by the name that its row itself has. Gives id and head_seq.
constexpr const char* find_document_sql =
    "SELECT id, head_seq FROM documents AS row NOT INDEXED "
    "WHERE id = (SELECT id FROM documents WHERE name = ?1) AND name = ?1";

// Whether the table of documents and its index disagree. Then a name that is not found may be that of a document which
// exists, and must not be taken for a new one.
bool documents_are_damaged(Connection& connection);

// CRC-32 over all that a row of `updates` says.
std::int64_t update_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, std::string_view author,
                             std::uint64_t session, ByteView data, std::string_view tags);
// The same for a row of `snapshots`.
std::int64_t snapshot_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView data);
// The same for a row of `versions`.
std::int64_t version_checksum(std::int64_t doc, const Version& version);

}  // namespace stet::storage
