#include "storage/upkeep.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "storage/segment.hpp"

namespace stet::storage {
namespace {

constexpr std::size_t segment_bytes = 1 << 20;
constexpr std::int64_t portion_pause_ms = 50;  // for others

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool same(const LogEntry& a, const LogEntry& b) {
  return a.seq == b.seq && a.time_ms == b.time_ms && a.author == b.author && a.session == b.session &&
         a.update == b.update && a.tags == b.tags;
}

}  // namespace

Upkeep::Upkeep(std::unique_ptr<LogReader> reader, const SqliteOptions& options, Perform perform)
    : reader_(std::move(reader)), options_(options), perform_(std::move(perform)), thread_([this] { run(); }) {}

Upkeep::~Upkeep() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

// Whether to go on after it.
bool Upkeep::pause(std::int64_t time_ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(time_ms), [this] { return stopping_; });
}

void Upkeep::run() {
  while (pause(options_.upkeep_interval_ms)) {
    try {
      sweep();
    } catch (const std::exception& error) {
      options_.warn(std::string("upkeep of the database: ") + error.what());
    }
  }
}

void Upkeep::sweep() {
  const auto settle = [](LogWriter& writer, DocRecord*) { return writer.settle(); };
  if (!perform({}, "recent updates cannot be sorted in", settle)) return;
  purge_deleted();
  discard_pruned();
  pack_logs();
}

bool Upkeep::perform(const std::string& doc, const std::string& doing, const Work& work) {
  const auto failure = perform_(doc, work);
  if (failure) options_.warn(doing + ": " + failure->what);
  return !failure;
}

// --- deletion --------------------------------------------------------------------------------------------------------

void Upkeep::purge_deleted() {
  const std::int64_t before_ms = unix_ms() - options_.deleted_keep_ms;
  for (const std::string& name : reader_->deleted_before(before_ms)) {
    const auto purge = [&](LogWriter& writer, DocRecord* doc) { return writer.purge(*doc, before_ms); };
    if (!perform(name, "document '" + name + "' cannot be purged", purge)) return;
    options_.say("document '" + name + "': deleted long enough ago, it is purged");
  }
  finish_purges();
}

void Upkeep::finish_purges() {
  const std::vector<std::int64_t> docs = reader_->purges();
  if (docs.empty()) return;
  for (const std::int64_t doc : docs) {
    if (!discard_all(doc, "what was purged cannot be removed", &LogWriter::discard_purged)) return;
  }
  if (rewritten_ != docs) {
    const auto rewrite = [](LogWriter& writer, DocRecord*) { return writer.rewrite(); };
    if (!perform({}, "the database cannot be written anew without what was purged", rewrite)) return;
    rewritten_ = docs;
  }
  const auto finish = [&](LogWriter& writer, DocRecord*) { return writer.finish_purges(docs); };
  if (!perform({}, "the write-ahead log still holds what was purged", finish)) return;
  options_.say(std::to_string(docs.size()) + " purged documents have left the files");
}

// --- pruning ---------------------------------------------------------------------------------------------------------

void Upkeep::discard_pruned() {
  for (const std::int64_t doc : reader_->pruned()) {
    if (!discard_all(doc, "what was pruned cannot be removed", &LogWriter::discard_pruned)) return;
  }
}

// In portions, with pauses in which others have their turn. False where it failed or is to end.
bool Upkeep::discard_all(std::int64_t doc, const std::string& doing, Discard discard) {
  for (bool more = true; more;) {
    const auto portion = [&](LogWriter& writer, DocRecord*) -> std::optional<StoreError> {
      const auto done = (writer.*discard)(doc);
      more = std::get_if<bool>(&done) && std::get<bool>(done);
      return std::get_if<StoreError>(&done) ? std::optional(std::get<StoreError>(done)) : std::nullopt;
    };
    if (!perform({}, doing, portion)) return false;
    if (more && !pause(std::min(portion_pause_ms, options_.upkeep_interval_ms))) return false;
  }
  return true;
}

// --- packing ---------------------------------------------------------------------------------------------------------

// The log of a document that is being edited is packed in whole segments, but for its newest updates; that of one which
// has come to rest, to its end, unless that is hardly anything.
void Upkeep::pack_logs() {
  const std::uint64_t recent = options_.segment_updates / 4;
  const std::uint64_t fewest = std::max<std::uint64_t>(options_.segment_updates / 64, 1);
  for (const LogReader::Unpacked& log : reader_->unpacked(fewest)) {
    if (damaged_.contains(log.doc)) continue;
    if (unix_ms() - log.modified_ms >= options_.rest_ms) {
      pack_log(log, log.head_seq, fewest);
    } else if (log.head_seq - log.after_seq >= options_.segment_updates + recent) {
      pack_log(log, log.head_seq - recent, options_.segment_updates);
    }
    if (!pause(0)) return;
  }
}

// Up to that sequence, as long as there are at least so many updates left.
void Upkeep::pack_log(const LogReader::Unpacked& log, std::uint64_t up_to, std::uint64_t fewest) {
  const std::string name = "document '" + log.name + "'";
  std::uint64_t after = log.after_seq;
  std::size_t bytes_before = 0;
  std::size_t bytes_after = 0;
  while (up_to - after >= fewest) {
    const auto read = reader_->read_unpacked(
        log, {.after_seq = after, .limit = std::min(options_.segment_updates, up_to - after), .bytes = segment_bytes});
    if (const auto* error = std::get_if<StoreError>(&read)) {
      damaged_.insert(log.doc);
      options_.warn(error->what + "; it stays unpacked");
      break;
    }
    const auto& entries = std::get<0>(read);
    if (entries.empty()) break;  // it has changed meanwhile
    const Bytes data = pack(entries);
    const auto again = unpack(data, entries.front().seq, entries.size());
    if (!again || !std::equal(again->begin(), again->end(), entries.begin(), entries.end(), same)) {
      damaged_.insert(log.doc);
      options_.warn(name + ": a segment from update " + std::to_string(entries.front().seq) +
                    " on does not unpack to what was packed; it stays unpacked");
      break;
    }
    const Segment segment{.doc = log.doc,
                          .first_seq = entries.front().seq,
                          .last_seq = entries.back().seq,
                          .first_ms = entries.front().time_ms,
                          .last_ms = entries.back().time_ms,
                          .packed = true};
    const auto put = [&](LogWriter& writer, DocRecord*) { return writer.put_segment(segment, data); };
    if (!perform({}, name + ": updates cannot be packed", put)) break;
    for (const LogEntry& entry : entries) bytes_before += entry.update.size();
    bytes_after += data.size();
    after = segment.last_seq;
    if (!pause(std::min(portion_pause_ms, options_.upkeep_interval_ms))) break;
  }
  if (after == log.after_seq) return;
  options_.say(name + ": " + std::to_string(after - log.after_seq) + " updates packed, " +
               std::to_string(bytes_before) + " bytes became " + std::to_string(bytes_after));
}

}  // namespace stet::storage
