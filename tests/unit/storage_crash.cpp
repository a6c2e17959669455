// SIGKILL hits a process that writes to a store: what it was told is committed is there afterwards.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "seed.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

constexpr std::uint64_t docs = 5;

// What the child says through the pipe: so far this document is committed.
struct Progress {
  std::uint64_t doc;
  std::uint64_t seq;
};

std::string name_of(std::uint64_t doc) { return "document " + std::to_string(doc); }

// The update of a sequence: tells where it belongs, and is now and then large, so that checkpoints happen.
std::string update_of(std::uint64_t doc, std::uint64_t seq) {
  return name_of(doc) + "/" + std::to_string(seq) + std::string(seq % 50 == 0 ? 30'000 : seq % 40, '.');
}

std::string state_of(std::uint64_t doc, std::uint64_t seq) { return name_of(doc) + " to " + std::to_string(seq); }

// The child's program, started by the case below: appends until it is killed.
TEST_CASE("child of the crash test", "[.]") {
  const char* folder = std::getenv("STET_CRASH_FOLDER");
  const char* pipe = std::getenv("STET_CRASH_PIPE");
  if (folder == nullptr || pipe == nullptr) return;
  const int out = std::atoi(pipe);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t outstanding = 0;
  SqliteOptions options;
  options.upkeep_interval_ms = 1;
  options.segment_updates = 32;
  options.recent_updates = 40;
  auto store = open_sqlite(folder, options);
  store->on_commits([&](const std::vector<Commit>& commits) {
    for (const Commit& commit : commits) {
      const Progress progress{std::stoull(commit.doc.substr(9)), commit.seq};
      if (commit.error || ::write(out, &progress, sizeof progress) != sizeof progress) std::abort();
      const std::lock_guard lock(mutex);
      outstanding -= commit.count;
    }
    changed.notify_one();
  });
  std::array<std::uint64_t, docs> heads{};
  for (std::uint64_t doc = 0; doc < docs; ++doc) heads[doc] = value(load(*store, name_of(doc))).head_seq;
  std::mt19937_64 random(heads[0]);
  while (true) {
    const std::uint64_t doc = random() % docs;
    const std::uint64_t seq = ++heads[doc];
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return outstanding < 100; });
      ++outstanding;
    }
    store->append(name_of(doc), 1, "child", 1, bytes(update_of(doc, seq)));
    if (seq % 97 == 0) store->put_snapshot(name_of(doc), 1, bytes(state_of(doc, seq)));
  }
}

// Starts this program again as the child. Its end of the pipe is `out`.
pid_t start_child(const std::filesystem::path& folder, int out) {
  ::setenv("STET_CRASH_FOLDER", folder.c_str(), 1);
  ::setenv("STET_CRASH_PIPE", std::to_string(out).c_str(), 1);
  std::string self = "/proc/self/exe";
  std::string filter = "child of the crash test";
  char* arguments[] = {self.data(), filter.data(), nullptr};
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, self.c_str(), nullptr, nullptr, arguments, environ) == 0);
  return child;
}

TEST_CASE("what was reported as committed survives SIGKILL") {
  const std::uint64_t seed = stet::test::run_seed();
  std::mt19937_64 random(seed);
  CAPTURE(seed);
  const TempFolder temp;
  std::map<std::uint64_t, std::uint64_t> reported;
  for (int round = 0; round < rounds(8); ++round) {
    CAPTURE(round);
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    const pid_t child = start_child(temp / "data", ends[1]);
    ::close(ends[1]);
    std::uint64_t reports = 0;
    const std::uint64_t kill_after = 1 + random() % 800;
    Progress progress{};
    while (::read(ends[0], &progress, sizeof progress) == static_cast<ssize_t>(sizeof progress)) {
      reported[progress.doc] = progress.seq;
      if (++reports == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);

    auto store = open_sqlite(temp / "data");
    for (const auto& [doc, seq] : reported) {
      const LoadedDoc loaded = value(load(*store, name_of(doc)));
      CHECK(loaded.head_seq >= seq);
      if (loaded.snapshot_seq > 0) CHECK(text_of(loaded.snapshot) == state_of(doc, loaded.snapshot_seq));
      for (const LogEntry& entry : loaded.tail) REQUIRE(text_of(entry.update) == update_of(doc, entry.seq));
      for (std::uint64_t after = 0; after < loaded.head_seq;) {  // packed or not
        const LogPage page = value(read_log(*store, name_of(doc), {.after_seq = after}));
        for (const LogEntry& entry : page.entries) REQUIRE(text_of(entry.update) == update_of(doc, entry.seq));
        after += page.entries.size();
        REQUIRE(page.entries.back().seq == after);
      }
    }
  }
}

}  // namespace
}  // namespace stet::storage::test
