// The tables of stet.db, how they are opened, and the checksum of a row. docs/STORAGE.md tells what they mean.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "stet/bytes.hpp"
#include "storage/sqlite.hpp"

namespace stet::storage {

constexpr std::int64_t schema_version = 1;

// The connection that writes. `create`: makes the tables in a new file. Throws SqliteError: also where the file is of a
// newer version, or no database of ours.
std::unique_ptr<Connection> open_for_writing(const std::string& path, bool create, Connection::OnBusy on_busy);
// A connection that reads, and never checkpoints.
std::unique_ptr<Connection> open_for_reading(const std::string& path, Connection::OnBusy on_busy);

// The names that the table holds and a look-up does not find, or the other way round: one of table and index is
// damaged. Without this look such a document could be taken for one that was never made.
std::set<std::string, std::less<>> find_damaged_names(Connection& connection);

// CRC-32 over all that a row of `updates` says.
std::int64_t update_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, std::string_view author,
                             std::uint64_t session, ByteView data);
// The same for a row of `snapshots`.
std::int64_t snapshot_checksum(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView data);

}  // namespace stet::storage
