// The newest part of the log, before it is sorted into `updates`: a row of `recent` is what one commit brought, of
// whatever documents. So a commit writes few pages, however many documents it concerns. docs/STORAGE.md is the format.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "stet/bytes.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

namespace stet::storage {

// An update of the log, as its row says it.
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

// What one commit brought. `directory` says which updates there are and where they end in `data`: with it all that is
// damaged can be named.
struct RecentCommit {
  std::int64_t checksum = 0;  // of the directory; each update has its own
  Bytes directory;
  Bytes data;
};
RecentCommit encode(std::span<const LogRow> rows);

// Reads the table, in the order of commits. Like its connection for one thread at a time.
class RecentLog {
 public:
  explicit RecentLog(sqlite3* connection);

  struct Place {
    std::int64_t doc = 0;
    std::uint64_t seq = 0;
    std::int64_t time_ms = 0;
  };
  // Calls see() for each update that is there, and take() for those to which it says yes; a damaged one has a checksum
  // that does not hold. How many commits there are. Throws SqliteError, is_corrupt() where a commit is missing or its
  // directory damaged: then nobody knows what is.
  std::uint64_t read(const std::function<bool(const Place&)>& see, const std::function<void(LogRow)>& take);

 private:
  Statement commits_, count_;
};

}  // namespace stet::storage
