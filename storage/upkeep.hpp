// What a store does in the background, in portions so small that commits hardly wait for them: old log is packed, what
// was pruned is removed, and documents that were deleted long ago end for good. A thread and a reading connection of
// its own; all that it changes is changed by the thread that writes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "storage/log_reader.hpp"
#include "storage/log_writer.hpp"
#include "storage/sqlite_store.hpp"

namespace stet::storage {

class Upkeep {
 public:
  // Runs work on the thread that writes, in its turn, with the record of the document (none where it is empty), and
  // waits for it.
  using Work = std::function<std::optional<StoreError>(LogWriter&, DocRecord*)>;
  using Perform = std::function<std::optional<StoreError>(const std::string& doc, const Work& work)>;

  // Throws SqliteError.
  Upkeep(std::unique_ptr<LogReader> reader, const SqliteOptions& options, Perform perform);
  // Waits for the portion under way.
  ~Upkeep();

 private:
  // Removes a portion; whether there may be more.
  using Discard = StoreResult<bool> (LogWriter::*)(std::int64_t doc);

  void run();
  void sweep();
  void purge_deleted();
  void finish_purges();
  void discard_pruned();
  bool discard_all(std::int64_t doc, const std::string& doing, Discard discard);
  void pack_logs();
  void pack_log(const LogReader::Unpacked& log, std::uint64_t up_to, std::uint64_t fewest);
  bool perform(const std::string& doc, const std::string& doing, const Work& work);
  bool pause(std::int64_t time_ms);

  std::unique_ptr<LogReader> reader_;
  const SqliteOptions& options_;
  Perform perform_;
  std::set<std::int64_t> damaged_;       // documents whose log cannot be packed; told once
  std::vector<std::int64_t> rewritten_;  // the purges whose bytes the database has no more
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace stet::storage
