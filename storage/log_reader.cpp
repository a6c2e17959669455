#include "storage/log_reader.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#include "storage/data_folder.hpp"
#include "storage/schema.hpp"

namespace stet::storage {
namespace {

constexpr std::chrono::milliseconds retry_interval{10};
constexpr int retries = 500;

// A document that must not be served.
class Damage : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T, class Work>
StoreResult<T> guarded(const std::string& doing, Work work) {
  try {
    return work();
  } catch (const Damage& error) {
    return StoreError{StoreError::Kind::corrupt, doing + ": " + error.what()};
  } catch (const SqliteError& error) {
    const auto kind = error.is_corrupt() ? StoreError::Kind::corrupt : StoreError::Kind::unavailable;
    return StoreError{kind, doing + ": " + error.what()};
  } catch (const std::exception& error) {
    return StoreError{StoreError::Kind::unavailable, doing + ": " + error.what()};
  }
}

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

DocInfo info_of(const Rows& rows) {
  return {std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2), rows.integer(3), rows.natural(4)};
}

sqlite3* define_search(Connection& connection, const NameSearch& search) {
  connection.define("is_searched", [&search](std::string_view name) { return search.matches(name); });
  return connection.handle();
}

}  // namespace

LogReader::LogReader(const std::string& path, bool documents_damaged, Connection::OnBusy on_busy, Warn warn)
    : connection_(open_for_reading(path, std::move(on_busy))),
      find_(connection_->handle(), find_document_sql),
      last_(connection_->handle(), "SELECT max(seq) FROM updates WHERE doc = ?"),
      time_(connection_->handle(), "SELECT time_ms FROM updates WHERE doc = ? AND seq = ?"),
      snapshots_(connection_->handle(),
                 "SELECT seq, time_ms, checksum, data FROM snapshots WHERE doc = ? AND seq <= ? ORDER BY seq DESC"),
      updates_(connection_->handle(),
               "SELECT seq, time_ms, author, session, checksum, data, tags FROM updates WHERE doc = ? AND seq > ? "
               "ORDER BY seq"),
      versions_(connection_->handle(),
                "SELECT name, seq, time_ms, author, checksum FROM versions WHERE doc = ? ORDER BY seq, name"),
      info_(connection_->handle(), "SELECT name, kind, created_ms, modified_ms, head_seq FROM documents WHERE id = ?"),
      list_(define_search(*connection_, search_),
            "SELECT name, kind, created_ms, modified_ms, head_seq FROM documents WHERE is_searched(name) "
            "ORDER BY modified_ms DESC, name LIMIT ?"),
      documents_damaged_(documents_damaged),
      warn_(std::move(warn)) {}

StoreResult<std::unique_ptr<LogReader>> LogReader::open(const std::filesystem::path& folder, Warn warn) {
  const std::filesystem::path database = database_in(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(database, ignored)) {
    return StoreError{StoreError::Kind::absent, "no data folder of Stet: there is no " + database.string()};
  }
  return guarded<std::unique_ptr<LogReader>>(database.string(), [&] {
    const auto on_busy = [](int attempt) {
      std::this_thread::sleep_for(retry_interval);
      return attempt < retries;
    };
    const bool damaged = documents_are_damaged(*open_for_reading(database, on_busy));
    auto reader = std::make_unique<LogReader>(database, damaged, on_busy, std::move(warn));
    reader->connection_->run("PRAGMA cache_size = -4096");  // it reads each page once
    return reader;
  });
}

StoreResult<LoadedDoc> LogReader::load(const std::string& name, const Moment& moment) {
  return guarded<LoadedDoc>("document '" + name + "'", [&] { return read(name, moment); });
}

StoreResult<LogPage> LogReader::read_log(const std::string& name, const LogRange& range) {
  return guarded<LogPage>("document '" + name + "'", [&] {
    const ReadTransaction transaction(*connection_);
    LogPage page;
    const auto found = find(name);
    if (!found) return page;
    page.exists = true;
    page.head_seq = found->head_seq;
    if (range.limit == 0 || range.after_seq >= page.head_seq) return page;
    std::size_t bytes = 0;
    read_entries(*found, range.after_seq, [&](LogEntry entry) {
      bytes += entry.update.size();
      page.entries.push_back(std::move(entry));
      return page.entries.size() < range.limit && bytes < range.bytes;
    });
    return page;
  });
}

StoreResult<std::optional<DocInfo>> LogReader::info(const std::string& name) {
  return guarded<std::optional<DocInfo>>("document '" + name + "'", [&]() -> std::optional<DocInfo> {
    const ReadTransaction transaction(*connection_);
    const auto found = find(name);
    if (!found) return std::nullopt;
    Rows rows = info_.query(found->doc);
    rows.next();
    return info_of(rows);
  });
}

std::optional<LogReader::Found> LogReader::find(const std::string& name) {
  Rows rows = find_.query(as_bytes(name));
  if (!rows.next()) {
    if (documents_damaged_) throw Damage("not found in a damaged list of documents");
    return std::nullopt;
  }
  Found found{rows.integer(0), 0};
  if (Rows last = last_.query(found.doc); last.next()) found.head_seq = last.natural(0);
  if (const std::uint64_t committed = rows.natural(1); found.head_seq < committed) {
    throw Damage("the log ends at " + std::to_string(found.head_seq) + ", " + std::to_string(committed) +
                 " was committed");
  }
  return found;
}

// The last sequence that is not beyond the moment.
std::uint64_t LogReader::find(const Found& found, const Moment& moment) {
  const std::uint64_t end = std::min(found.head_seq, moment.seq);
  if (moment.time_ms == Moment().time_ms) return end;
  std::uint64_t before = 0;  // not beyond
  for (std::uint64_t beyond = end + 1; before + 1 < beyond;) {
    const std::uint64_t middle = before + (beyond - before) / 2;
    Rows row = time_.query(found.doc, middle);
    if (!row.next()) throw Damage("update " + std::to_string(middle) + " is missing");
    (row.integer(0) <= moment.time_ms ? before : beyond) = middle;
  }
  return before;
}

LoadedDoc LogReader::read(const std::string& name, const Moment& moment) {
  const ReadTransaction transaction(*connection_);
  LoadedDoc loaded;
  const auto found = find(name);
  if (!found) return loaded;
  loaded.exists = true;
  loaded.head_seq = found->head_seq;
  const std::uint64_t end = find(*found, moment);
  read_snapshot(name, found->doc, end, loaded);
  if (loaded.snapshot_seq == end && end < found->head_seq) return loaded;
  read_entries(*found, loaded.snapshot_seq, [&](LogEntry entry) {
    loaded.tail.push_back(std::move(entry));
    return loaded.tail.back().seq != end || end == found->head_seq;
  });
  return loaded;
}

void LogReader::read_snapshot(const std::string& name, std::int64_t doc, std::uint64_t up_to, LoadedDoc& loaded) {
  const std::string warning = "document '" + name + "': a snapshot is damaged, the log is read instead: ";
  try {
    for (Rows rows = snapshots_.query(doc, up_to); rows.next();) {
      const std::uint64_t seq = rows.natural(0);
      const ByteView data = rows.blob(3);
      if (rows.integer(2) == snapshot_checksum(doc, seq, rows.integer(1), data)) {
        loaded.snapshot_seq = seq;
        loaded.snapshot = copy(data);
        return;
      }
      warn_(warning + "checksum at sequence " + std::to_string(seq));
    }
  } catch (const SqliteError& error) {
    if (!error.is_corrupt()) throw;
    warn_(warning + error.what());
  }
}

// Gives `take` each update after `after_seq`, verified, until it returns false.
template <class Take>
void LogReader::read_entries(const Found& found, std::uint64_t after_seq, Take take) {
  std::uint64_t seq = after_seq;
  for (Rows rows = updates_.query(found.doc, after_seq); rows.next();) {
    if (rows.natural(0) != ++seq) throw Damage("update " + std::to_string(seq) + " is missing");
    LogEntry entry{seq,
                   rows.integer(1),
                   std::string(rows.text(2)),
                   rows.natural(3),
                   copy(rows.blob(5)),
                   std::string(rows.text(6))};
    if (rows.integer(4) !=
        update_checksum(found.doc, seq, entry.time_ms, entry.author, entry.session, entry.update, entry.tags)) {
      throw Damage("the checksum of update " + std::to_string(seq) + " does not hold");
    }
    if (!take(std::move(entry))) return;
  }
  if (seq != found.head_seq) throw Damage("update " + std::to_string(seq + 1) + " is missing");
}

StoreResult<std::vector<Version>> LogReader::versions(const std::string& name) {
  return guarded<std::vector<Version>>("versions of document '" + name + "'", [&] {
    const ReadTransaction transaction(*connection_);
    std::vector<Version> versions;
    const auto found = find(name);
    if (!found) return versions;
    for (Rows rows = versions_.query(found->doc); rows.next();) {
      versions.push_back({std::string(rows.text(0)), rows.natural(1), rows.integer(2), std::string(rows.text(3))});
      if (rows.integer(4) != version_checksum(found->doc, versions.back())) {
        throw Damage("the checksum of the one at sequence " + std::to_string(versions.back().seq) + " does not hold");
      }
    }
    return versions;
  });
}

StoreResult<std::vector<DocInfo>> LogReader::list(const DocQuery& query) {
  return guarded<std::vector<DocInfo>>("list of documents", [&] {
    search_ = NameSearch(query.contains);
    const auto limit = std::min<std::uint64_t>(query.limit, std::numeric_limits<std::int64_t>::max());
    std::vector<DocInfo> docs;
    for (Rows rows = list_.query(limit); rows.next();) {
      docs.push_back(info_of(rows));
    }
    return docs;
  });
}

}  // namespace stet::storage
