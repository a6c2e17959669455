// A part of a log, packed: many updates in little space. docs/STORAGE.md is the format. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stet/bytes.hpp"
#include "storage/store.hpp"

namespace stet::storage {

// The entries without their sequences, which have to follow one another.
Bytes pack(std::span<const LogEntry> entries);

// `count` entries from `first_seq` on; nothing where these are not the bytes of so many entries.
std::optional<std::vector<LogEntry>> unpack(ByteView packed, std::uint64_t first_seq, std::uint64_t count);

// The same for one lump of bytes, such as a snapshot.
Bytes pack(ByteView bytes);
std::optional<Bytes> unpack(ByteView packed);

}  // namespace stet::storage
