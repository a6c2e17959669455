#include "storage/recent_log.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "stet/lib0.hpp"
#include "storage/schema.hpp"

namespace stet::storage {
namespace {

constexpr std::int64_t broken_checksum = -1;  // no CRC-32 is negative

template <class Number>
void put(Writer& out, Number number) {
  static_assert(std::endian::native == std::endian::little, "numbers are written from their lowest byte on");
  out.raw({reinterpret_cast<const std::uint8_t*>(&number), sizeof number});
}

template <class Number>
Number take(Reader& in) {
  Number number{};
  const ByteView bytes = in.bytes(sizeof number);
  if (in.ok()) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// What `data` holds of an update, and its place.
LogRow row_of(const RecentLog::Place& place, ByteView part) {
  LogRow row;
  row.doc = place.doc;
  row.seq = place.seq;
  row.time_ms = place.time_ms;
  Reader in(part);
  row.session = take<std::uint64_t>(in);
  row.checksum = take<std::uint32_t>(in);
  row.author = in.var_string();
  row.tags = in.var_string();
  const ByteView update = in.bytes(in.remaining());
  if (!in.ok()) row.checksum = broken_checksum;
  row.update = std::make_shared<const Bytes>(update.begin(), update.end());
  return row;
}

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
    put(data, row.session);
    put(data, static_cast<std::uint32_t>(row.checksum));
    data.var_string(row.author);
    data.var_string(row.tags);
    data.raw(*row.update);
    directory.varuint(static_cast<std::uint64_t>(row.doc));
    directory.varuint(row.seq);
    put(directory, row.time_ms);
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
      const Place place{doc, seq, storage::take<std::int64_t>(in)};
      const std::size_t end = begin + in.varuint();
      if (!in.ok()) throw damage(commits, "its directory cannot be read");
      if (see(place)) {
        if (!data) data = rows.blob(3);
        const std::size_t there = data->size();
        take(row_of(place, data->subspan(std::min(begin, there), std::min(end, there) - std::min(begin, there))));
      }
      begin = end;
    }
  }
  if (Rows count = count_.query(); count.next() && count.natural(0) != commits)
    throw damage(commits + 1, "it is missing");
  return commits;
}

}  // namespace stet::storage
