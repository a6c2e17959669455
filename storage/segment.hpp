// A part of a log: updates of one document that follow one another, as they were sorted in (quickly), or packed (in
// little space). docs/STORAGE.md is the format.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stet/bytes.hpp"
#include "storage/log_row.hpp"
#include "storage/schema.hpp"
#include "storage/store.hpp"

namespace stet::storage {

// --- as they were sorted in ------------------------------------------------------------------------------------------

// Of rows that are sorted by document and sequence, writes as many as make one segment. Returns those; the rest
// follows.
std::span<const LogRow* const> write_first_segment(Statement& insert, std::span<const LogRow* const> rows);

// --- packed ----------------------------------------------------------------------------------------------------------

// The entries without their sequences, which have to follow one another.
Bytes pack(std::span<const LogEntry> entries);

// `count` entries from `first_seq` on; nothing where these are not the bytes of so many entries.
std::optional<std::vector<LogEntry>> unpack(ByteView packed, std::uint64_t first_seq, std::uint64_t count);

// The same for one lump of bytes, such as a snapshot.
Bytes pack(ByteView bytes);
std::optional<Bytes> unpack(ByteView packed);

// --- both ------------------------------------------------------------------------------------------------------------

// The entries of a row of `segments` from the sequence `from` on, up to the first one that is damaged. Where that is
// the one at `from`, or the whole segment, the error (`corrupt`) tells which.
StoreResult<std::vector<LogEntry>> read_segment(const Segment& segment, std::int64_t checksum, ByteView data,
                                                std::uint64_t from);
// The data of a segment of these entries, packed or not as it says.
Bytes write_entries(const Segment& segment, std::span<const LogEntry> entries);

}  // namespace stet::storage
