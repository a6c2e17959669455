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

  // The newest snapshot whose checksum holds and every update after it, or, where there is none, the whole log. A row
  // that fails its checksum, a gap, or an end that is missing makes it `corrupt`.
  // Ends at `moment`.
  StoreResult<LoadedDoc> load(const std::string& name, const Moment& moment = {});

  // As load(), but only so far as the range goes.
  StoreResult<LogPage> read_log(const std::string& name, const LogRange& range);

  StoreResult<std::vector<Version>> versions(const std::string& name);
  // See Store::find().
  StoreResult<std::optional<DocInfo>> info(const std::string& name);
  StoreResult<std::vector<DocInfo>> list(const DocQuery& query);

 private:
  struct Found {
    std::int64_t doc;
    std::uint64_t head_seq;
  };
  std::optional<Found> find(const std::string& name);
  std::uint64_t find(const Found& found, const Moment& moment);
  LoadedDoc read(const std::string& name, const Moment& moment);
  void read_snapshot(const std::string& name, std::int64_t doc, std::uint64_t up_to, LoadedDoc& loaded);
  template <class Take>
  void read_entries(const Found& found, std::uint64_t after_seq, Take take);

  std::unique_ptr<Connection> connection_;
  Statement find_, last_, time_, snapshots_, updates_, versions_, info_, list_;
  bool documents_damaged_;
  Warn warn_;
  NameSearch search_{""};  // of the list() under way
};

}  // namespace stet::storage
