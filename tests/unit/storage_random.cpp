// The two stores do the same things in a random order, and must show the same: the simple one is the specification.
#include <random>
#include <string>

#include "seed.hpp"
#include "storage/memory_store.hpp"
#include "storage_faulty_disk.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

// Both stores, given the same requests.
class Pair {
 public:
  explicit Pair(std::uint64_t seed) : random_(seed) {
    model_reports_.listen_to(model_);
    open();
  }
  ~Pair() {
    store_.reset();
    model_.close();
  }

  void step() {
    const std::uint64_t dice = random_() % 100;
    if (dice < 54) {
      append();
    } else if (dice < 56) {
      const std::uint64_t seq = random_() % 20;
      const std::string state = "base " + std::to_string(seq);
      CHECK(fate(prune(model_, doc_, seq, state)) == fate(prune(*store_, doc_, seq, state)));
    } else if (dice < 58) {
      CHECK(fate(remove(model_, doc_, 9)) == fate(remove(*store_, doc_, 9)));
    } else if (dice < 60) {
      CHECK(fate(undelete(model_, doc_)) == fate(undelete(*store_, doc_)));
    } else if (dice < 70) {
      both([&](Store& store) { store.put_snapshot(doc_, 1, bytes("to " + std::to_string(appends_))); });
    } else if (dice < 74) {
      CHECK(outcome(create(model_, doc_, time_ms_)) == outcome(create(*store_, doc_, time_ms_)));
    } else if (dice < 88) {
      CHECK(outcome(load(model_, doc_)) == outcome(load(*store_, doc_)));
      const Moment moment{.seq = random_() % 30};
      CHECK(moment_of(load_at(model_, doc_, moment)) == moment_of(load_at(*store_, doc_, moment)));
      const LogRange range{.after_seq = random_() % 20, .limit = 1 + random_() % 20};
      CHECK(outcome(read_log(model_, doc_, range)) == outcome(read_log(*store_, doc_, range)));
    } else if (dice < 93) {
      settle();
      CHECK(outcome(list(model_)) == outcome(list(*store_)));
    } else if (dice < 96) {
      fail_some();
    } else {
      store_.reset();
      open();
    }
    doc_ = name(static_cast<int>(random_() % 5));
    time_ms_ = static_cast<std::int64_t>(random_() % 1000);
  }

 private:
  static std::string name(int doc) { return "doc " + std::to_string(doc); }

  template <class Call>
  void both(Call call) {
    call(model_);
    call(*store_);
  }

  void append() {
    ++appends_;
    both([&](Store& store) { store.append(doc_, time_ms_, "ann", appends_, bytes(std::to_string(appends_))); });
  }

  void settle() { CHECK(errors(model_reports_.wait_for(appends_)) == errors(reports_.wait_for(appends_))); }

  // A commit that is held until some requests wait, and then fails with all of them.
  void fail_some() {
    settle();
    for (int i = 0; i < 5; ++i) load(*store_, name(i));  // with them, all snapshots are written
    Intruder intruder(temp_ / "data");
    intruder.run("BEGIN IMMEDIATE");
    model_.hold();
    for (std::uint64_t left = 1 + random_() % 5; left > 0; --left) append();
    disk_.fill_up();
    model_.fail_next();
    intruder.run("ROLLBACK");
    model_.release();
    settle();
    disk_.mend();
  }

  void open() {
    SqliteOptions options;
    options.segment_updates = 5;
    options.recent_updates = random_() % 20;
    options.upkeep_interval_ms = random_() % 2 == 0 ? 1 : 1'000'000;
    options.deleted_keep_ms = 1'000'000'000'000'000;
    options.rest_ms = random_() % 2 == 0 ? 0 : 1'000'000'000'000'000;
    store_ = open_sqlite(temp_ / "data", options);
    reports_.listen_to(*store_);
  }

  // The number of appends that failed.
  static std::size_t errors(const std::vector<Commit>& commits) {
    std::size_t count = 0;
    for (const Commit& commit : commits) count += commit.error ? commit.count : 0;
    return count;
  }

  // Which error it was, if it was one.
  template <class T>
  static int fate(const StoreResult<T>& result) {
    const auto* error = std::get_if<StoreError>(&result);
    return error ? static_cast<int>(error->kind) : -1;
  }

  // A moment may come from any snapshot before it.
  static std::string moment_of(const StoreResult<LoadedDoc>& result) {
    if (fate(result) >= 0) return std::to_string(fate(result));
    return "at " + std::to_string(value(result).seq());
  }
  static std::string outcome(const StoreResult<LogPage>& result) {
    if (fate(result) >= 0) return std::to_string(fate(result));
    const LogPage page = value(result);
    std::string text = std::to_string(page.head_seq) + ":";
    for (const LogEntry& entry : page.entries) {
      text += " " + std::to_string(entry.seq) + (entry.is_base ? " base " : "=") + text_of(entry.update) + " at " +
              std::to_string(entry.time_ms) + " by " + entry.author + std::to_string(entry.session);
    }
    return text;
  }
  static std::string outcome(const StoreResult<LoadedDoc>& result) {
    if (fate(result) >= 0) return std::to_string(fate(result));
    const LoadedDoc doc = value(result);
    return (doc.exists ? "exists, " : "absent, ") + std::to_string(doc.head_seq) + ": " + shown(doc);
  }
  static std::string outcome(const StoreResult<DocInfo>& result) {
    if (fate(result) >= 0) return std::to_string(fate(result));
    return shown(std::get<DocInfo>(result));
  }
  static std::string outcome(const StoreResult<std::vector<DocInfo>>& result) {
    std::string text;
    for (const DocInfo& info : value(result)) text += shown(info) + "\n";
    return text;
  }
  static std::string shown(const LoadedDoc& doc) { return test::shown(doc); }
  static std::string shown(const DocInfo& info) {
    return info.name + " " + std::to_string(info.created_ms) + " " + std::to_string(info.modified_ms) + " " +
           std::to_string(info.head_seq);
  }

  std::mt19937_64 random_;
  std::string doc_ = name(0);
  std::int64_t time_ms_ = 0;
  std::uint64_t appends_ = 0;
  TempFolder temp_;
  FaultyDisk disk_;
  Reports model_reports_, reports_;
  MemoryStore model_;
  std::unique_ptr<Store> store_;
};

TEST_CASE("both stores show the same after any requests") {
  const std::uint64_t seed = stet::test::run_seed();
  CAPTURE(seed);
  for (int round = 0; round < rounds(8); ++round) {
    CAPTURE(round);
    Pair pair(seed + static_cast<std::uint64_t>(round));
    for (int i = 0; i < 300; ++i) pair.step();
  }
}

}  // namespace
}  // namespace stet::storage::test
