// An edit log into a data folder: as it is into a new document, or what is lacking into one that is there.
#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <mutex>
#include <utility>
#include <variant>

#include "apps/gz_stream.hpp"
#include "apps/history.hpp"
#include "apps/import.hpp"
#include "net/clock.hpp"
#include "net/doc_name.hpp"
#include "net/rooms/moment.hpp"
#include "storage/edit_log.hpp"
#include "storage/sqlite_store.hpp"

namespace stet::apps {
namespace {

using storage::LogEntry;
using storage::StoreError;

constexpr std::size_t most_outstanding = 10'000;   // appends that wait for their commit
constexpr std::size_t snapshot_updates = 8'192;    // between two checkpoints
constexpr std::int64_t tolerance_ms = 86'400'000;  // clocks that differ by less than a day are no future

class Importer {
 public:
  Importer(storage::Store& store, std::string name) : store_(store), name_(std::move(name)) {
    store_.on_commits([this](const std::vector<storage::Commit>& commits) {
      const std::scoped_lock lock(mutex_);
      for (const storage::Commit& commit : commits) {
        outstanding_ -= commit.count;
        if (commit.error) failure_ = commit.error->what;
      }
      changed_.notify_all();
    });
  }

  // Whether there is such a document, or why it cannot be read.
  std::variant<bool, std::string> existing() {
    std::promise<storage::StoreResult<storage::LoadedDoc>> promise;
    store_.load(name_, [&](storage::StoreResult<storage::LoadedDoc> result) { promise.set_value(std::move(result)); });
    const auto result = promise.get_future().get();
    if (const auto* error = std::get_if<StoreError>(&result)) return error->what;
    const auto& loaded = std::get<storage::LoadedDoc>(result);
    if (!loaded.exists) return false;
    auto doc = net::doc_of(loaded);
    if (auto* fault = std::get_if<std::string>(&doc)) return *fault;
    doc_ = std::get<Doc>(std::move(doc));
    return true;
  }

  // Empty, or what is wrong with the update.
  std::string take(const LogEntry& entry, bool merge) {
    const auto applied = doc_.apply_update(entry.update);
    if (!applied) return applied.error().message();
    if (merge && !applied->changed && !applied->pending) return {};
    store_.append(name_, entry.time_ms, entry.author, entry.session, std::make_shared<const Bytes>(entry.update),
                  entry.tags);
    ++appended_;
    std::unique_lock lock(mutex_);
    ++outstanding_;
    changed_.wait(lock, [this] { return outstanding_ < most_outstanding; });
    lock.unlock();
    if (appended_ % snapshot_updates == 0) put_snapshot(entry.time_ms);
    return {};
  }

  // Empty, or why not all of it is durable.
  std::string finish(std::int64_t time_ms) {
    if (appended_ > 0) put_snapshot(time_ms);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outstanding_ == 0; });
    return failure_;
  }

  std::size_t appended() const { return appended_; }

 private:
  void put_snapshot(std::int64_t time_ms) {
    store_.put_snapshot(name_, time_ms, std::make_shared<const Bytes>(doc_.encode_state()));
  }

  storage::Store& store_;
  std::string name_;
  Doc doc_;
  std::size_t appended_ = 0;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t outstanding_ = 0;
  std::string failure_;
};

}  // namespace

int import_edit_log(const EditLogImport& request) {
  GzStream file(request.file);
  if (!file.is_open()) return complain("cannot read " + request.file);
  storage::EditLogReader reader(file.in(), net::unix_ms() + tolerance_ms);
  auto opened = reader.open();
  if (const auto* error = std::get_if<StoreError>(&opened)) {
    return complain(request.file + ": " + error->what + file.remark());
  }
  const std::string name = request.doc.empty() ? std::get<std::string>(opened) : request.doc;
  if (const char* fault = net::doc_name_fault(name, net::Limits())) return complain(request.file + ": " + fault);

  // A damaged file is found before anything is written.
  if (!request.salvage) {
    GzStream all(request.file);
    storage::EditLogReader check(all.in(), net::unix_ms() + tolerance_ms);
    (void)check.open();
    for (auto next = check.next();; next = check.next()) {
      if (const auto* error = std::get_if<StoreError>(&next)) {
        return complain(request.file + ": " + error->what + all.remark() + "; --salvage takes the " +
                        std::to_string(check.records()) + " records before it");
      }
      if (!std::get<0>(next)) break;
    }
  }

  auto store = storage::SqliteStore::open(request.data);
  if (const auto* error = std::get_if<StoreError>(&store)) return complain(error->what);
  Importer importer(*std::get<0>(store), name);
  const auto existing = importer.existing();
  if (const auto* fault = std::get_if<std::string>(&existing)) return complain(*fault);
  const bool is_there = std::get<bool>(existing);
  if (is_there && !request.merge) {
    return complain("there is a document '" + name + "': --merge adds to it what it lacks, --as names another one");
  }

  std::string fault;
  std::int64_t time_ms = 0;
  while (fault.empty()) {
    const auto next = reader.next();
    if (const auto* error = std::get_if<StoreError>(&next)) {
      fault = error->what + file.remark();
      break;
    }
    const auto& entry = std::get<0>(next);
    if (!entry) break;
    time_ms = entry->time_ms;
    const std::string wrong = importer.take(*entry, is_there);
    if (!wrong.empty()) fault = "record " + std::to_string(reader.records()) + ": its update: " + wrong;
  }
  const std::string failure = importer.finish(time_ms);
  std::get<0>(store)->close();
  if (!failure.empty()) return complain("the data folder cannot be written: " + failure);
  std::cout << name << ": " << importer.appended() << " edits" << (is_there ? " added" : "") << '\n';
  return fault.empty() ? 0 : complain(request.file + ": " + fault + "; what came before it is imported");
}

}  // namespace stet::apps
