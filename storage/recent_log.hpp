// The newest part of the log, before it is sorted into `segments`: a row of `recent` is what one commit brought, of
// whatever documents. So a commit writes few pages, however many documents it concerns. docs/STORAGE.md is the format.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "stet/bytes.hpp"
#include "storage/log_row.hpp"
#include "storage/sqlite.hpp"

namespace stet::storage {

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
  // Calls see() for each update that is there, and take() for those to which it says yes; is_whole() may deny it. How
  // many commits there are. Throws SqliteError, is_corrupt() where a commit is missing or its directory damaged: then
  // nobody knows what is.
  std::uint64_t read(const std::function<bool(const Place&)>& see, const std::function<void(LogRow)>& take);

 private:
  Statement commits_, count_;
};

}  // namespace stet::storage
