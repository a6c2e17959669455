// Another server's documents into the log. What is there already is merged with, never overwritten; to import twice
// changes nothing.
#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "apps/import.hpp"
#include "net/doc_name.hpp"
#include "stet/doc.hpp"
#include "stet/update.hpp"
#include "storage/sqlite_store.hpp"

namespace stet::apps {

namespace {

using storage::StoreError;

constexpr const char* author = "import";
constexpr std::size_t most_outstanding = 256;  // appends that share commits

// A document that cannot be imported; the others can.
struct Refused {
  std::string why;
};

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// All updates of a document as one, after the core has taken each of them.
Bytes merged(const std::vector<Bytes>& updates) {
  Doc doc;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Result<Applied> applied = doc.apply_update(updates[i]);
    if (applied) continue;
    throw Refused{"update " + std::to_string(i + 1) + " of " + std::to_string(updates.size()) +
                  " is damaged: " + applied.error().message()};
  }
  const std::vector<ByteView> views(updates.begin(), updates.end());
  Result<Bytes> all = merge_updates(views);
  if (!all) throw Refused{all.error().message()};
  return std::move(*all);
}

class Importer {
 public:
  explicit Importer(storage::Store& store) : store_(store) {
    store_.on_commits([this](const std::vector<storage::Commit>& commits) { committed(commits); });
  }

  void take(const storage::ForeignDoc& doc) {
    try {
      if (const char* fault = net::doc_name_fault(doc.name, net::Limits{})) throw Refused{fault};
      if (!doc.fault.empty()) throw Refused{doc.fault};
      const std::string done = add(doc.name, merged(doc.updates));
      std::cout << doc.name << ": " << done << std::endl;
      ++imported_;
    } catch (const Refused& refused) {
      using Json = nlohmann::json;
      const std::string shown = Json(doc.name).dump(-1, ' ', false, Json::error_handler_t::replace);
      std::cerr << "stet: " << shown << " is not imported: " << refused.why << std::endl;
      ++refused_;
    }
  }

  // Returns whether everything was imported.
  bool finish() {
    wait_until(0);
    const std::scoped_lock lock(mutex_);
    if (!failure_.empty()) {
      std::cerr << "stet: the data folder cannot be written, import again: " << failure_ << std::endl;
      return false;
    }
    std::cout << "documents imported: " << imported_ << ", refused: " << refused_ << std::endl;
    return refused_ == 0;
  }

 private:
  // Returns what it did.
  std::string add(const std::string& name, Bytes update) {
    Doc there = load(name);
    const Bytes before = there.encode_state();
    if (const auto applied = there.apply_update(update); !applied) throw Refused{applied.error().message()};
    if (there.encode_state() == before && exists_) return "nothing new";
    wait_until(most_outstanding - 1);
    const std::string size = std::to_string(update.size()) + " bytes";
    const std::string waits = there.has_pending() ? ", parts of it wait for missing ones" : "";
    {
      const std::scoped_lock lock(mutex_);
      ++outstanding_;
    }
    store_.append(name, now_ms(), author, 0, std::make_shared<const Bytes>(std::move(update)));
    return (exists_ ? "merged, " : "new, ") + size + waits;
  }

  // Sets exists_.
  Doc load(const std::string& name) {
    std::promise<storage::StoreResult<storage::LoadedDoc>> promise;
    store_.load(name, [&](storage::StoreResult<storage::LoadedDoc> result) { promise.set_value(std::move(result)); });
    const auto result = promise.get_future().get();
    if (const auto* error = std::get_if<StoreError>(&result)) throw Refused{error->what};
    const auto& loaded = std::get<storage::LoadedDoc>(result);
    exists_ = loaded.exists;
    Doc doc;
    if (!loaded.snapshot.empty()) apply_stored(doc, loaded.snapshot);
    for (const storage::LogEntry& entry : loaded.tail) apply_stored(doc, entry.update);
    return doc;
  }

  static void apply_stored(Doc& doc, ByteView update) {
    const auto applied = doc.apply_update(update);
    if (!applied)
      throw Refused{"the document of that name in the data folder is damaged: " + applied.error().message()};
  }

  void committed(const std::vector<storage::Commit>& commits) {
    const std::scoped_lock lock(mutex_);
    for (const storage::Commit& commit : commits) {
      outstanding_ -= commit.count;
      if (commit.error && failure_.empty()) failure_ = commit.error->what;
    }
    changed_.notify_all();
  }

  void wait_until(std::size_t outstanding) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outstanding_ <= outstanding; });
  }

  storage::Store& store_;
  bool exists_ = false;
  std::size_t imported_ = 0;
  std::size_t refused_ = 0;

  std::mutex mutex_;  // below: told by a thread of the store
  std::condition_variable changed_;
  std::size_t outstanding_ = 0;
  std::string failure_;
};

}  // namespace

int import_store(storage::ForeignKind kind, const std::filesystem::path& path, const std::filesystem::path& data) {
  auto opened = storage::SqliteStore::open(data);
  if (const auto* error = std::get_if<StoreError>(&opened)) {
    std::cerr << "stet: " << error->what << '\n';
    return 1;
  }
  const auto& store = std::get<std::unique_ptr<storage::Store>>(opened);
  Importer importer(*store);
  const auto error = storage::read_documents(kind, path, [&](const storage::ForeignDoc& doc) { importer.take(doc); });
  if (error) std::cerr << "stet: " << error->what << '\n';
  const bool all = importer.finish();
  store->close();
  return all && !error ? 0 : 1;
}

}  // namespace stet::apps
