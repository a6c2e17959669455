// An update of the log, as the tables of stet.db hold it (docs/STORAGE.md is the format). Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "stet/bytes.hpp"
#include "stet/lib0.hpp"
#include "storage/store.hpp"

namespace stet::storage {

struct LogRow {
  std::int64_t doc = 0;
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;
  std::string author;
  std::uint64_t session = 0;
  std::int64_t checksum = 0;  // update_checksum() of the rest
  SharedBytes update;
  std::string tags;
};

// Whether the checksum is that of the rest.
bool is_whole(const LogRow& row);

LogEntry entry_of(LogRow row);
LogRow row_of(std::int64_t doc, const LogEntry& entry);

// Numbers of eight and four bytes, from the lowest byte on.
void write_u64(Writer& out, std::uint64_t number);
std::uint64_t read_u64(Reader& in);

// All of it but the document, its sequence and its time, up to the end of the bytes.
void write_rest(Writer& out, const LogRow& row);
// The same again. Where these bytes are none, is_whole() is false of it.
LogRow read_rest(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView bytes);

}  // namespace stet::storage
