#include "storage/log_reader.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "storage/data_folder.hpp"
#include "storage/schema.hpp"
#include "storage/segment.hpp"
#include "storage/shown_time.hpp"

namespace stet::storage {
namespace {

constexpr std::chrono::milliseconds retry_interval{10};
constexpr int retries = 500;

// Why something cannot be had.
class Refusal : public std::runtime_error {
 public:
  Refusal(StoreError::Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  StoreError::Kind kind() const { return kind_; }

 private:
  StoreError::Kind kind_;
};

// A document that must not be served.
Refusal damage(const std::string& what) { return {StoreError::Kind::corrupt, what}; }
Refusal too_early(std::uint64_t base_seq, std::int64_t base_ms) {
  return {StoreError::Kind::pruned, "its history begins at sequence " + std::to_string(base_seq) + " (" +
                                        shown_time(base_ms) + "); what was before has been pruned"};
}

Refusal damaged_base(std::uint64_t base_seq) {
  return damage("its base at sequence " + std::to_string(base_seq) + " is damaged, and what was before is pruned");
}

template <class T, class Work>
StoreResult<T> guarded(const std::string& doing, Work work) {
  try {
    return work();
  } catch (const Refusal& error) {
    return StoreError{error.kind(), doing + ": " + error.what()};
  } catch (const SqliteError& error) {
    const auto kind = error.is_corrupt() ? StoreError::Kind::corrupt : StoreError::Kind::unavailable;
    return StoreError{kind, doing + ": " + error.what()};
  } catch (const std::exception& error) {
    return StoreError{StoreError::Kind::unavailable, doing + ": " + error.what()};
  }
}

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// Of a row of `documents`, which does not know of recent updates.
DocInfo info_of(const Rows& rows) {
  return {std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2),
          rows.integer(3),           rows.natural(4),           rows.integer(5)};
}

// The entries of the segment that is the row, from the sequence `from` on, up to one that is damaged.
std::vector<LogEntry> entries_in(const Rows& rows, const Segment& segment, std::uint64_t from) {
  auto entries = read_segment(segment, rows.integer(5), rows.blob(6), from);
  if (const auto* error = std::get_if<StoreError>(&entries)) throw damage(error->what);
  return std::get<0>(std::move(entries));
}

sqlite3* define_search(Connection& connection, const NameSearch& search) {
  connection.define("is_searched", [&search](std::string_view name) { return search.matches(name); });
  return connection.handle();
}

}  // namespace

LogReader::LogReader(const std::string& path, bool documents_damaged, Connection::OnBusy on_busy, Warn warn)
    : connection_(open_for_reading(path, std::move(on_busy))),
      find_(connection_->handle(), find_document_sql),
      last_(connection_->handle(), last_seq_sql),
      base_(connection_->handle(), "SELECT seq, time_ms, checksum, state_vector FROM bases WHERE doc = ?"),
      segments_(connection_->handle(), segments_sql(from_seq)),
      segment_beyond_(connection_->handle(), segments_sql("last_ms > ? ORDER BY last_seq LIMIT 1")),
      snapshots_(
          connection_->handle(),
          "SELECT seq, time_ms, checksum, data, packed FROM snapshots WHERE doc = ? AND seq <= ? ORDER BY seq DESC"),
      versions_(connection_->handle(),
                "SELECT name, seq, time_ms, author, checksum FROM versions WHERE doc = ? ORDER BY seq, name"),
      info_(connection_->handle(),
            "SELECT name, kind, created_ms, modified_ms, head_seq, deleted_ms FROM documents WHERE id = ?"),
      list_(define_search(*connection_, search_),
            "SELECT name, kind, created_ms, modified_ms, head_seq, deleted_ms, id FROM documents "
            "WHERE (deleted_ms > 0) = ? AND is_searched(name) ORDER BY modified_ms DESC, name LIMIT ?"),
      recent_(connection_->handle()),
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
    if (range.after_seq < found->base_seq) {
      page.entries.push_back(read_base(name, *found));
      bytes = page.entries.back().update.size();
      if (range.limit == 1 || bytes >= range.bytes) return page;
    }
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
    DocInfo info = info_of(rows);
    if (found->recent.empty()) return info;
    info.head_seq = found->recent.back().seq;
    info.modified_ms = found->recent.back().time_ms;
    return info;
  });
}

std::optional<LogReader::Found> LogReader::find(const std::string& name) {
  Rows rows = find_.query(as_bytes(name));
  if (!rows.next()) {
    if (documents_damaged_) throw damage("not found in a damaged list of documents");
    return std::nullopt;
  }
  if (const std::int64_t deleted_ms = rows.integer(2); deleted_ms > 0)
    throw Refusal(StoreError::Kind::deleted, deleted_since(deleted_ms));
  Found found{.doc = rows.integer(0)};
  if (Rows last = last_.query(found.doc); last.next()) found.sorted_seq = last.natural(0);
  recent_.read([&](const RecentLog::Place& place) { return place.doc == found.doc; },
               [&](LogRow row) { found.recent.push_back(std::move(row)); });
  found.head_seq = found.recent.empty() ? found.sorted_seq : found.recent.back().seq;
  if (const std::uint64_t committed = rows.natural(1); found.head_seq < committed) {
    throw damage("the log ends at " + std::to_string(found.head_seq) + ", " + std::to_string(committed) +
                 " was committed");
  }
  if (Rows base = base_.query(found.doc); base.next()) {
    found.base_seq = base.natural(0);
    found.base_ms = base.integer(1);
    found.state_vector = copy(base.blob(3));
    if (base.integer(2) != base_checksum(found.doc, found.base_seq, found.base_ms, found.state_vector)) {
      throw damage("the checksum of its base does not hold");
    }
  }
  return found;
}

// The last sequence that is not beyond the moment.
std::uint64_t LogReader::find(const Found& found, const Moment& moment) {
  const std::uint64_t end = std::min(found.head_seq, moment.seq);
  if (moment.time_ms == Moment().time_ms) return end;
  if (moment.time_ms < found.base_ms && found.base_seq > 0) throw too_early(found.base_seq, found.base_ms);
  return std::min(end, last_until(found, moment.time_ms));
}

// The last update that is not beyond the time: the segment with it is found by its times.
std::uint64_t LogReader::last_until(const Found& found, std::int64_t time_ms) {
  if (Rows row = segment_beyond_.query(found.doc, time_ms); row.next()) {
    const Segment segment = segment_in(row, found.doc);
    std::uint64_t before = std::max(found.base_seq, segment.first_seq - 1);  // not beyond
    if (time_ms < segment.first_ms) return before;
    for (const LogEntry& entry : entries_in(row, segment, before + 1)) {
      if (entry.time_ms > time_ms) break;
      before = entry.seq;
    }
    return before;
  }
  std::uint64_t before = found.sorted_seq;
  for (const LogRow& row : found.recent) {
    if (row.time_ms > time_ms) break;
    before = row.seq;
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
  if (end == 0 && found->head_seq > 0) return loaded;
  if (end < found->base_seq && !is_named(found->doc, end)) throw too_early(found->base_seq, found->base_ms);
  read_snapshot(name, found->doc, end, loaded);
  if (end < found->base_seq && loaded.snapshot_seq != end) {
    throw damage("the state of its version at sequence " + std::to_string(end) + " is damaged, and the log is pruned");
  }
  if (loaded.snapshot_seq == end && end < found->head_seq) return loaded;
  if (loaded.snapshot_seq < found->base_seq) throw damaged_base(found->base_seq);
  if (loaded.snapshot_seq == found->base_seq) loaded.state_vector = found->state_vector;
  read_entries(*found, loaded.snapshot_seq, [&](LogEntry entry) {
    loaded.tail.push_back(std::move(entry));
    return loaded.tail.back().seq != end || end == found->head_seq;
  });
  return loaded;
}

// Whether there is a version of that moment.
bool LogReader::is_named(std::int64_t doc, std::uint64_t seq) {
  Statement statement(connection_->handle(), "SELECT 1 FROM versions WHERE doc = ? AND seq = ?");
  return statement.query(doc, seq).next();
}

// The newest one that is good.
void LogReader::read_snapshot(const std::string& name, std::int64_t doc, std::uint64_t up_to, LoadedDoc& loaded) {
  const std::string warning = "document '" + name + "': a snapshot is damaged, the log is read instead: ";
  try {
    for (Rows rows = snapshots_.query(doc, up_to); rows.next();) {
      const std::uint64_t seq = rows.natural(0);
      const ByteView data = rows.blob(3);
      const bool packed = rows.integer(4) != 0;
      if (rows.integer(2) == snapshot_checksum(doc, seq, rows.integer(1), data, packed)) {
        if (auto state = packed ? unpack(data) : copy(data)) {
          loaded.snapshot_seq = seq;
          loaded.snapshot = std::move(*state);
          return;
        }
      }
      warn_(warning + "checksum at sequence " + std::to_string(seq));
    }
  } catch (const SqliteError& error) {
    if (!error.is_corrupt()) throw;
    warn_(warning + error.what());
  }
}

LogEntry LogReader::read_base(const std::string& name, const Found& found) {
  LoadedDoc base;
  read_snapshot(name, found.doc, found.base_seq, base);
  if (base.snapshot_seq != found.base_seq) throw damaged_base(found.base_seq);
  return {found.base_seq, found.base_ms, {}, 0, std::move(base.snapshot), "base", true};
}

// Gives `take` each update after `after_seq`, verified, until it returns false.
template <class Take>
void LogReader::read_entries(const Found& found, std::uint64_t after_seq, Take take) {
  std::uint64_t seq = std::max(after_seq, found.base_seq);
  if (!read_segments(found.doc, seq, take)) return;
  for (const LogRow& row : found.recent) {
    if (row.seq <= seq) continue;
    if (row.seq != seq + 1) break;
    seq = row.seq;
    if (!is_whole(row)) throw damage("the checksum of update " + std::to_string(seq) + " does not hold");
    if (!take(entry_of(row))) return;
  }
  if (seq != found.head_seq) throw damage("update " + std::to_string(seq + 1) + " is missing");
}

// The same of those that are not recent; `seq` goes along. Whether it came to the end.
template <class Take>
bool LogReader::read_segments(std::int64_t doc, std::uint64_t& seq, Take take) {
  for (Rows rows = segments_.query(doc, seq + 1); rows.next();) {
    const Segment segment = segment_in(rows, doc);
    if (segment.first_seq > seq + 1) throw damage("update " + std::to_string(seq + 1) + " is missing");
    while (seq < segment.last_seq) {
      for (LogEntry& entry : entries_in(rows, segment, seq + 1)) {
        seq = entry.seq;
        if (!take(std::move(entry))) return false;
      }
    }
  }
  return true;
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
        throw damage("the checksum of the one at sequence " + std::to_string(versions.back().seq) + " does not hold");
      }
    }
    return versions;
  });
}

StoreResult<std::vector<DocInfo>> LogReader::list(const DocQuery& query) {
  return guarded<std::vector<DocInfo>>("list of documents", [&] {
    const ReadTransaction transaction(*connection_);
    std::unordered_map<std::int64_t, RecentLog::Place> recent;  // the last of each document
    recent_.read(
        [&](const RecentLog::Place& place) {
          recent[place.doc] = place;
          return false;
        },
        [](const LogRow&) {});
    search_ = NameSearch(query.contains);
    constexpr std::uint64_t all = std::numeric_limits<std::int64_t>::max();
    const std::uint64_t limit = std::min<std::uint64_t>(query.limit, all - recent.size());
    std::vector<DocInfo> docs;
    for (Rows rows = list_.query(std::int64_t{query.deleted ? 1 : 0}, limit + recent.size()); rows.next();) {
      if (!recent.contains(rows.integer(6))) docs.push_back(info_of(rows));
    }
    for (const auto& [doc, last] : recent) {
      Rows rows = info_.query(doc);
      if (!rows.next()) continue;
      DocInfo info = info_of(rows);
      if ((info.deleted_ms > 0) != query.deleted || !search_.matches(info.name)) continue;
      info.modified_ms = last.time_ms;
      info.head_seq = last.seq;
      docs.push_back(std::move(info));
    }
    if (!recent.empty()) {
      std::ranges::sort(docs, [](const DocInfo& a, const DocInfo& b) {
        return std::tie(b.modified_ms, a.name) < std::tie(a.modified_ms, b.name);
      });
    }
    if (docs.size() > limit) docs.resize(limit);
    return docs;
  });
}

// --- what there is to do --------------------------------------------------------------------------------------------

StoreResult<std::vector<PrunePoint>> LogReader::overdue(const Retention& retention) {
  return guarded<std::vector<PrunePoint>>("list of documents", [&] {
    std::vector<std::string> names;
    Statement all(connection_->handle(), "SELECT name FROM documents WHERE deleted_ms = 0");
    for (Rows rows = all.query(); rows.next();) names.emplace_back(rows.text(0));
    std::vector<PrunePoint> points;
    for (const std::string& name : names) {
      const auto seq = guarded<std::uint64_t>("document '" + name + "'", [&]() -> std::uint64_t {
        const ReadTransaction transaction(*connection_);
        const auto found = find(name);
        if (!found) return 0;
        std::uint64_t last = beyond_bytes(*found, retention.bytes);
        if (retention.before_ms > found->base_ms) last = std::max(last, last_until(*found, retention.before_ms - 1));
        return last > found->base_seq ? last : 0;
      });
      if (const auto* error = std::get_if<StoreError>(&seq)) {
        warn_(error->what);
      } else if (std::get<0>(seq) > 0) {
        points.push_back({name, std::get<0>(seq)});
      }
    }
    return points;
  });
}

// The last update that is older than the newest so many bytes; 0 where there are no more than these.
std::uint64_t LogReader::beyond_bytes(const Found& found, std::uint64_t bytes) {
  std::uint64_t seen = 0;
  for (const LogRow& row : std::views::reverse(found.recent)) {
    seen += row.update->size();
    if (seen > bytes) return row.seq;
  }
  Statement newest(connection_->handle(), segments_sql("last_seq > ? ORDER BY last_seq DESC"));
  for (Rows rows = newest.query(found.doc, found.base_seq); rows.next();) {
    const Segment segment = segment_in(rows, found.doc);
    if (segment.packed) {
      seen += rows.natural(7);
      if (seen > bytes) return segment.last_seq;
      continue;
    }
    const auto entries = entries_in(rows, segment, std::max(segment.first_seq, found.base_seq + 1));
    for (const LogEntry& entry : std::views::reverse(entries)) {
      seen += entry.update.size();
      if (seen > bytes) return entry.seq;
    }
  }
  return 0;
}

std::vector<LogReader::Unpacked> LogReader::unpacked(std::uint64_t at_least) {
  Statement statement(connection_->handle(),
                      "SELECT id, name, head_seq, modified_ms, max("
                      "coalesce((SELECT last_seq FROM segments WHERE doc = documents.id AND packed = 1 "
                      "ORDER BY last_seq DESC LIMIT 1), 0),"
                      "coalesce((SELECT seq FROM bases WHERE doc = documents.id), 0)) AS packed "
                      "FROM documents WHERE deleted_ms = 0 AND head_seq >= packed + ?");
  std::vector<Unpacked> logs;
  for (Rows rows = statement.query(at_least); rows.next();) {
    logs.push_back({rows.integer(0), std::string(rows.text(1)), rows.natural(4), rows.natural(2), rows.integer(3)});
  }
  return logs;
}

std::vector<std::string> LogReader::deleted_before(std::int64_t time_ms) {
  Statement statement(connection_->handle(), "SELECT name FROM documents WHERE deleted_ms > 0 AND deleted_ms < ?");
  std::vector<std::string> names;
  for (Rows rows = statement.query(time_ms); rows.next();) names.emplace_back(rows.text(0));
  return names;
}

std::vector<std::int64_t> LogReader::pruned() {
  Statement statement(
      connection_->handle(),
      "SELECT doc FROM bases WHERE EXISTS(SELECT 1 FROM segments WHERE doc = bases.doc AND first_seq <= bases.seq) "
      "OR EXISTS(SELECT 1 FROM snapshots WHERE doc = bases.doc AND seq < bases.seq AND seq NOT IN "
      "(SELECT seq FROM versions WHERE doc = bases.doc))");
  return ids(statement);
}

std::vector<std::int64_t> LogReader::purges() {
  Statement statement(connection_->handle(), "SELECT doc FROM purges");
  return ids(statement);
}

std::vector<std::int64_t> LogReader::ids(Statement& statement) {
  std::vector<std::int64_t> ids;
  for (Rows rows = statement.query(); rows.next();) ids.push_back(rows.integer(0));
  return ids;
}

StoreResult<std::vector<LogEntry>> LogReader::read_unpacked(const Unpacked& log, const LogRange& range) {
  return guarded<std::vector<LogEntry>>("document '" + log.name + "'", [&] {
    std::vector<LogEntry> entries;
    std::uint64_t seq = range.after_seq;
    std::size_t bytes = 0;
    read_segments(log.doc, seq, [&](LogEntry entry) {
      bytes += entry.update.size();
      entries.push_back(std::move(entry));
      return entries.size() < range.limit && bytes < range.bytes;
    });
    return entries;
  });
}

}  // namespace stet::storage
