// How many small appends a second the SQLite store makes durable: groups of queued appends, 64 bytes each, over some
// documents; a group is appended while the one before it is committed. Prints one line of JSON for each case.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "storage/sqlite_store.hpp"

namespace {

using namespace stet;
using namespace stet::storage;

struct Case {
  std::size_t docs;
  std::size_t outstanding;  // at most so many appends are queued
  std::size_t appends;
};

bool run(const Case& setup) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "stet-bench-storage";
  std::filesystem::remove_all(folder);
  auto opened = SqliteStore::open(folder);
  if (const auto* error = std::get_if<StoreError>(&opened)) {
    std::fprintf(stderr, "%s\n", error->what.c_str());
    return false;
  }
  Store& store = *std::get<0>(opened);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t reported = 0;
  std::size_t commits = 0;
  std::size_t failed = 0;
  store.on_commits([&](const std::vector<Commit>& report) {
    const std::lock_guard lock(mutex);
    for (const Commit& commit : report) {
      reported += commit.count;
      failed += commit.error ? commit.count : 0;
    }
    ++commits;
    changed.notify_one();
  });
  std::vector<std::string> docs;
  for (std::size_t doc = 0; doc < setup.docs; ++doc) docs.push_back("benchmark/document " + std::to_string(doc));
  const auto update = std::make_shared<const Bytes>(64, std::uint8_t{'u'});

  const std::clock_t cpu_start = std::clock();
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t made = 0; made < setup.appends;) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return made - reported <= setup.outstanding / 2; });
    }
    for (std::size_t i = 0; i < setup.outstanding / 2; ++i, ++made) {
      store.append(docs[made * 7919 % docs.size()], 1'700'000'000'000, "somebody", 0x123456789abcdef, update);
    }
  }
  store.close();
  const double cpu_us = 1e6 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(folder / "stet.db"));
  std::printf(
      R"({"op": "append", "bytes": 64, "docs": %zu, "outstanding": %zu, "appends": %zu, "failed": %zu, "commits": %zu, )"
      R"("appends_per_s": %.0f, "cpu_us_per_append": %.2f, "file_bytes_per_append": %.0f})"
      "\n",
      setup.docs, setup.outstanding, reported, failed, commits, static_cast<double>(reported) / seconds,
      cpu_us / static_cast<double>(reported), file_bytes / static_cast<double>(reported));
  std::filesystem::remove_all(folder);
  return failed == 0;
}

}  // namespace

int main() {
  bool ok = true;
  for (const std::size_t docs : {1, 200, 5000}) {
    for (const std::size_t outstanding : {400, 40'000}) {
      ok = run({docs, outstanding, outstanding < 1000 ? 100'000U : 1'000'000U}) && ok;
    }
  }
  return ok ? 0 : 1;
}
