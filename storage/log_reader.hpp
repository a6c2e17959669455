// The reading half of the SQLite store: documents are loaded and verified, and listed. One thread uses it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/name_search.hpp"
#include "storage/recent_log.hpp"
#include "storage/schema.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

namespace stet::storage {

class LogReader {
 public:
  // For a program that only reads: of a data folder that a server may be running on. Waits for a lock for 5 s at most.
  static StoreResult<std::unique_ptr<LogReader>> open(const std::filesystem::path& folder, Warn warn);

  // Where the list of documents is damaged, those that are not found are refused. `warn` hears of damage that a load
  // could work around. Throws SqliteError.
  LogReader(const std::string& path, bool documents_damaged, Connection::OnBusy on_busy, Warn warn);

  // The newest snapshot whose checksum holds and every update after it, packed or not, or, where there is none, the
  // whole log. A row that fails its checksum, a gap, or an end that is missing makes it `corrupt`; the error says which
  // sequences it holds. Ends at `moment`.
  StoreResult<LoadedDoc> load(const std::string& name, const Moment& moment = {});

  // As load(), but only so far as the range goes.
  StoreResult<LogPage> read_log(const std::string& name, const LogRange& range);

  StoreResult<std::vector<Version>> versions(const std::string& name);
  // See Store::find().
  StoreResult<std::optional<DocInfo>> info(const std::string& name);
  StoreResult<std::vector<DocInfo>> list(const DocQuery& query);
  // See Store::overdue().
  StoreResult<std::vector<PrunePoint>> overdue(const Retention& retention);

  // What there is to do for upkeep.hpp. These throw SqliteError.
  struct Unpacked {
    std::int64_t doc = 0;
    std::string name;
    std::uint64_t after_seq = 0;  // the last packed update
    std::uint64_t head_seq = 0;
    std::int64_t modified_ms = 0;
  };
  std::vector<Unpacked> unpacked(std::uint64_t at_least);
  std::vector<std::string> deleted_before(std::int64_t time_ms);
  std::vector<std::int64_t> pruned();  // documents with updates that no one can see any more
  std::vector<std::int64_t> purges();  // documents that are no more, and of which something may be left
  // As read_log(), of what is neither packed nor recent.
  StoreResult<std::vector<LogEntry>> read_unpacked(const Unpacked& log, const LogRange& range);

 private:
  struct Found {
    std::int64_t doc = 0;
    std::uint64_t head_seq = 0;
    std::uint64_t sorted_seq = 0;  // those after it are recent
    std::vector<LogRow> recent = {};
    std::uint64_t base_seq = 0;  // 0: the log is whole
    std::int64_t base_ms = 0;
    Bytes state_vector = {};  // of the base
  };
  std::optional<Found> find(const std::string& name);
  std::uint64_t find(const Found& found, const Moment& moment);
  std::uint64_t last_until(const Found& found, std::int64_t time_ms);
  bool is_named(std::int64_t doc, std::uint64_t seq);
  std::uint64_t beyond_bytes(const Found& found, std::uint64_t bytes);
  static std::vector<std::int64_t> ids(Statement& statement);
  LogEntry read_base(const std::string& name, const Found& found);
  LoadedDoc read(const std::string& name, const Moment& moment);
  void read_snapshot(const std::string& name, std::int64_t doc, std::uint64_t up_to, LoadedDoc& loaded);
  template <class Take>
  void read_entries(const Found& found, std::uint64_t after_seq, Take take);
  template <class Take>
  bool read_segments(std::int64_t doc, std::uint64_t& seq, Take take);

  std::unique_ptr<Connection> connection_;
  Statement find_, last_, base_, segments_, segment_beyond_, snapshots_, versions_, info_, list_;
  RecentLog recent_;
  bool documents_damaged_;
  Warn warn_;
  NameSearch search_{""};  // of the list() under way
};

}  // namespace stet::storage
