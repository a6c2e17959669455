// Edit log files: the history of one document as a stream of MessagePack records. docs/EDITLOG.md is the format.
// Written and read by streaming: the memory that it takes is that of one record.
// Thread rule: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "storage/store.hpp"

namespace stet::storage {

constexpr std::uint64_t edit_log_version = 1;
constexpr std::size_t edit_log_record_bytes = 64 << 20;  // of a record, at most

// Whether bytes begin as an edit log does; the first 16 are enough.
bool begins_as_edit_log(ByteView bytes);

class EditLogWriter {
 public:
  // Writes the header. The stream is borrowed; look at its state when all is written.
  EditLogWriter(std::ostream& out, const std::string& doc);

  // Sequences must go up one by one, from any.
  void add(const LogEntry& entry);
  // Writes the end, without which a reader takes the file for torn.
  void finish();

 private:
  void write(ByteView payload);

  std::ostream& out_;
  std::uint64_t records_ = 0;
};

class EditLogReader {
 public:
  // The stream is borrowed. A record from after `latest_ms` is an error: one from the future.
  EditLogReader(std::istream& in, std::int64_t latest_ms);
  ~EditLogReader();

  // Reads the header, first of all: the name of the document.
  StoreResult<std::string> open();

  // The next record, or nothing behind the last one. An error (kind `corrupt`) tells the number of the record, counted
  // from 1, and the offset in the file at which it begins; what came before it is good, and nothing comes after it.
  StoreResult<std::optional<LogEntry>> next();

  // Good records so far.
  std::uint64_t records() const { return records_; }

 private:
  struct Unpacker;
  std::optional<Bytes> payload();
  void check(const LogEntry& entry) const;

  std::istream& in_;
  std::int64_t latest_ms_;
  std::unique_ptr<Unpacker> unpacker_;
  std::uint64_t records_ = 0;
  std::uint64_t last_seq_ = 0;
  std::uint64_t offset_ = 0;  // of the value that is read next
  bool ended_ = false;
};

}  // namespace stet::storage
