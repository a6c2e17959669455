#include "storage/recent_log.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <optional>

#include "stet/lib0.hpp"
#include "storage/schema.hpp"

namespace stet::storage {
namespace {

SqliteError damage(std::uint64_t commit, const char* what) {
  return {SQLITE_CORRUPT, "the newest part of the log, commit " + std::to_string(commit) + ": " + what +
                              "; restore a copy, or cut the log there (docs/STORAGE.md, \"When something fails\")"};
}

}  // namespace

RecentCommit encode(std::span<const LogRow> rows) {
  Writer directory;
  Writer data;
  for (const LogRow& row : rows) {
    const std::size_t begin = data.size();
    write_rest(data, row);
    directory.varuint(static_cast<std::uint64_t>(row.doc));
    directory.varuint(row.seq);
    write_u64(directory, static_cast<std::uint64_t>(row.time_ms));
    directory.varuint(data.size() - begin);
  }
  RecentCommit commit{.directory = directory.take(), .data = data.take()};
  commit.checksum = directory_checksum(commit.directory);
  return commit;
}

// The table counts its rows itself (AUTOINCREMENT), so that a lost end shows.
RecentLog::RecentLog(sqlite3* connection)
    : commits_(connection, "SELECT position, checksum, directory, data FROM recent ORDER BY position"),
      count_(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'recent'") {}

std::uint64_t RecentLog::read(const std::function<bool(const Place&)>& see, const std::function<void(LogRow)>& take) {
  std::uint64_t commits = 0;
  for (Rows rows = commits_.query(); rows.next();) {
    if (rows.natural(0) != ++commits) throw damage(commits, "it is missing");
    const ByteView directory = rows.blob(2);
    if (rows.integer(1) != directory_checksum(directory))
      throw damage(commits, "the checksum of its directory does not hold");
    std::optional<ByteView> data;  // not read where nobody wants it
    std::size_t begin = 0;
    for (Reader in(directory); !in.at_end();) {
      const auto doc = static_cast<std::int64_t>(in.varuint());
      const std::uint64_t seq = in.varuint();
      const Place place{doc, seq, static_cast<std::int64_t>(read_u64(in))};
      const std::size_t end = begin + in.varuint();
      if (!in.ok()) throw damage(commits, "its directory cannot be read");
      if (see(place)) {
        if (!data) data = rows.blob(3);
        const std::size_t there = data->size();
        const ByteView rest = data->subspan(std::min(begin, there), std::min(end, there) - std::min(begin, there));
        take(read_rest(place.doc, place.seq, place.time_ms, rest));
      }
      begin = end;
    }
  }
  if (Rows count = count_.query(); count.next() && count.natural(0) != commits)
    throw damage(commits + 1, "it is missing");
  return commits;
}

}  // namespace stet::storage
