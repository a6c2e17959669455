// How long any moment of a long history takes, and what an edit costs on disk: a trace of keystrokes (automerge-paper,
// or the one that is named) as the log of a document, one update for each keystroke, with snapshots as a room makes
// them, before and after the log is packed. Prints one line of JSON.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "apps/replay_source.hpp"
#include "net/limits.hpp"
#include "net/rooms/moment.hpp"
#include "stet/types.hpp"
#include "storage/log_reader.hpp"
#include "storage/schema.hpp"
#include "storage/sqlite_store.hpp"

namespace {

using namespace stet;
using Clock = std::chrono::steady_clock;

constexpr int moments = 200;
constexpr std::size_t most_outstanding = 1'000;

int fail(const std::string& line) {
  std::fprintf(stderr, "bench_history: %s\n", line.c_str());
  return 1;
}

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// What a data folder with one document takes, and how long any moment of it.
struct Answer {
  std::string fault;
  std::int64_t database_bytes = 0;    // without free pages
  std::int64_t segment_bytes = 0;     // of them: packed log
  std::vector<double> times_ms = {};  // sorted
};

Answer measure(const std::filesystem::path& folder, std::uint64_t edits, const std::string& end_text) {
  Answer answer;
  const auto database = storage::open_for_reading(folder / "stet.db", [](int) { return true; });
  answer.database_bytes = database->integer("PRAGMA page_size") *
                          (database->integer("PRAGMA page_count") - database->integer("PRAGMA freelist_count"));
  answer.segment_bytes = database->integer("SELECT sum(length(data)) FROM segments WHERE packed = 1");
  auto reading = storage::LogReader::open(folder, [](const std::string&) {});
  if (const auto* error = std::get_if<storage::StoreError>(&reading)) return {.fault = error->what};
  storage::LogReader& reader = *std::get<0>(reading);
  std::mt19937_64 random(1);
  for (int i = 0; i < moments; ++i) {
    const storage::Moment moment{.seq = i == 0 ? edits : 1 + random() % edits};
    const auto begin = Clock::now();
    const auto loaded = reader.load("doc", moment);
    if (const auto* error = std::get_if<storage::StoreError>(&loaded)) return {.fault = error->what};
    auto then = net::doc_of(std::get<0>(loaded));
    if (const auto* fault = std::get_if<std::string>(&then)) return {.fault = *fault};
    const std::string text = std::get<Doc>(then).text("text").to_string();
    answer.times_ms.push_back(ms_since(begin));
    if (moment.seq == edits && text != end_text) return {.fault = "the last moment is not the end"};
  }
  std::sort(answer.times_ms.begin(), answer.times_ms.end());
  return answer;
}

// Has all of the log packed, as it is once nobody edits any more.
void pack(const std::filesystem::path& folder) {
  std::promise<void> packed;
  storage::SqliteOptions options;
  options.upkeep_interval_ms = 1;
  options.rest_ms = 0;
  options.say = [&](const std::string&) { packed.set_value(); };
  const auto opened = storage::SqliteStore::open(folder, options);
  if (opened.index() == 0) packed.get_future().wait();
}

}  // namespace

int main(int argc, char** argv) {
  const char* traces = std::getenv("STET_TRACES");
  const std::string path =
      argc > 1 ? argv[1] : std::string(traces ? traces : "../shared/data") + "/editing-traces/automerge-paper.json.gz";
  auto opened = apps::open_replay(path, "");
  if (const auto* fault = std::get_if<apps::ReplayFault>(&opened)) {
    std::fprintf(stderr, "bench_history: skipped, without a trace there is nothing to measure: %s\n",
                 fault->what.c_str());
    return 0;
  }
  apps::ReplaySource& source = *std::get<0>(opened);

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "stet-bench-history";
  std::filesystem::remove_all(folder);
  auto made = storage::SqliteStore::open(folder);
  if (const auto* error = std::get_if<storage::StoreError>(&made)) return fail(error->what);
  storage::Store& store = *std::get<0>(made);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t outstanding = 0;
  store.on_commits([&](const std::vector<storage::Commit>& commits) {
    const std::scoped_lock lock(mutex);
    for (const storage::Commit& commit : commits) outstanding -= commit.count;
    changed.notify_all();
  });
  Doc doc;
  std::uint64_t edits = 0;
  std::uint64_t update_bytes = 0;
  std::int64_t time_ms = 1'700'000'000'000;
  std::mt19937_64 random(1);
  while (true) {
    auto next = source.next();
    if (const auto* fault = std::get_if<apps::ReplayFault>(&next)) return fail(fault->what);
    auto& step = std::get<0>(next);
    if (!step) break;
    (void)doc.apply_update(step->update);
    update_bytes += step->update.size();
    time_ms += 60 + static_cast<std::int64_t>(random() % 200);  // as people type; the trace has no times
    store.append("doc", time_ms, "ann", 7, std::make_shared<const Bytes>(std::move(step->update)));
    if (++edits % net::Limits().snapshot_updates == 0) {
      store.put_snapshot("doc", time_ms, std::make_shared<const Bytes>(doc.encode_state()));
    }
    std::unique_lock lock(mutex);
    ++outstanding;
    changed.wait(lock, [&] { return outstanding < most_outstanding; });
  }
  const std::string end_text = doc.text("text").to_string();
  store.close();

  const Answer unpacked = measure(folder, edits, end_text);
  const auto begin = Clock::now();
  pack(folder);
  const double pack_s = ms_since(begin) / 1000;
  const Answer packed = measure(folder, edits, end_text);
  for (const Answer* answer : {&unpacked, &packed}) {
    if (!answer->fault.empty()) return fail(answer->fault);
  }
  const auto per_edit = [&](auto bytes) { return static_cast<double>(bytes) / static_cast<double>(edits); };
  const auto shown = [&](const Answer& answer) {
    return nlohmann::json{{"moment_ms_median", answer.times_ms[answer.times_ms.size() / 2]},
                          {"moment_ms_p95", answer.times_ms[answer.times_ms.size() * 95 / 100]},
                          {"moment_ms_max", answer.times_ms.back()},
                          {"database_bytes_per_edit", per_edit(answer.database_bytes)},
                          {"segment_bytes_per_edit", per_edit(answer.segment_bytes)}};
  };
  std::cout << nlohmann::json{{"trace", std::filesystem::path(path).filename().string()},
                              {"edits", edits},
                              {"unpacked", shown(unpacked)},
                              {"packed", shown(packed)},
                              {"pack_s", pack_s},
                              {"update_bytes_per_edit", per_edit(update_bytes)},
                              {"state_v2_bytes_per_edit", per_edit(doc.encode_state(Encoding::v2).size())}}
                   .dump()
            << '\n';
  std::filesystem::remove_all(folder);
  return 0;
}
