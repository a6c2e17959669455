// The embedded store: SQLite in WAL mode with synchronous=FULL. docs/STORAGE.md tells what is durable when.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "storage/store.hpp"

namespace stet::storage {

struct SqliteOptions {
  // One-line diagnostics, from any thread of the store: commits that wait, fail, or work again; damage worked around.
  std::function<void(std::string)> warn = [](const std::string&) {};
  std::int64_t close_timeout_ms = 3000;  // how long close() lets a commit wait for another process
  // A commit begins no sooner after the one before it began, but for a group that is large: so that a steady stream of
  // edits gathers into fewer commits. The first edit after a silence is committed at once.
  std::int64_t commit_interval_ms = 0;
  // So many updates stay in the order of commits (recent_log.hpp) before they are sorted into the logs of documents.
  std::uint64_t recent_updates = 2'048;

  // In the background (upkeep.hpp): from the end of one round to the next; 0: there is none.
  std::int64_t upkeep_interval_ms = 0;
  std::function<void(std::string)> say = [](const std::string&) {};  // what it has done, a line each, from its thread
  std::uint64_t segment_updates = 4'096;                             // of the log are packed together
  std::int64_t rest_ms = 3'600'000;                  // a document not edited for so long: its log is packed to the end
  std::int64_t deleted_keep_ms = 30 * 86'400'000LL;  // a deleted document can be brought back for so long
};

struct SqliteStore {
  // Opens or makes the store in `folder`, which it owns alone. An error is one line that names what is wrong: not
  // writable, in use by another process, made by a newer version, no database.
  static StoreResult<std::unique_ptr<Store>> open(const std::filesystem::path& folder, SqliteOptions options = {});
};

}  // namespace stet::storage
