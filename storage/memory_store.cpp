#include "storage/memory_store.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "storage/name_search.hpp"

namespace stet::storage {

void MemoryStore::on_commits(OnCommits sink) {
  const Lock lock(mutex_);
  sink_ = std::move(sink);
}

void MemoryStore::append(const std::string& doc, std::int64_t time_ms, const std::string& author, std::uint64_t session,
                         SharedBytes update, const std::string& tags) {
  push(doc, Append{doc, LogEntry{0, time_ms, author, session, *update, tags}});
}

void MemoryStore::put_snapshot(const std::string& doc, std::int64_t, SharedBytes state) {
  push(doc, PutSnapshot{doc, std::move(state)});
}

void MemoryStore::create(const std::string& doc, const std::string& kind, std::int64_t time_ms,
                         std::function<void(StoreResult<DocInfo>)> done) {
  push(doc, Create{doc, kind, time_ms, std::move(done)});
}

void MemoryStore::find(const std::string& doc, std::function<void(StoreResult<std::optional<DocInfo>>)> done) {
  Lock lock(mutex_);
  if (closed_) return;
  completions_.emplace_back([done = std::move(done), result = info_of(doc)] { done(result); });
  run(lock);
}

void MemoryStore::load(const std::string& doc, std::function<void(StoreResult<LoadedDoc>)> done) {
  load_at(doc, {}, std::move(done));
}

void MemoryStore::load_at(const std::string& doc, Moment moment, std::function<void(StoreResult<LoadedDoc>)> done) {
  push_read_of(doc, [this, doc, moment, done = std::move(done)] {
    return [done, result = read(doc, moment)] { done(result); };
  });
}

void MemoryStore::put_version(const std::string& doc, Version version, SharedBytes state,
                              std::function<void(StoreResult<Version>)> done) {
  push(doc, PutVersion{doc, std::move(version), std::move(state), std::move(done)});
}

void MemoryStore::versions(const std::string& doc, std::function<void(StoreResult<std::vector<Version>>)> done) {
  push_read_of(doc,
               [this, doc, done = std::move(done)] { return [done, result = versions_of(doc)] { done(result); }; });
}

void MemoryStore::read_log(const std::string& doc, LogRange range, std::function<void(StoreResult<LogPage>)> done) {
  push_read_of(doc, [this, doc, range, done = std::move(done)] {
    return [done, result = read_log_of(doc, range)] { done(result); };
  });
}

void MemoryStore::list(DocQuery query, std::function<void(StoreResult<std::vector<DocInfo>>)> done) {
  Lock lock(mutex_);
  if (closed_) return;
  const NameSearch search(query.contains);
  std::vector<DocInfo> found;
  for (const auto& [name, doc] : docs_) {
    if ((doc.info.deleted_ms > 0) == query.deleted && search.matches(name)) found.push_back(doc.info);
  }
  std::sort(found.begin(), found.end(), [](const DocInfo& a, const DocInfo& b) {
    return a.modified_ms != b.modified_ms ? a.modified_ms > b.modified_ms : a.name < b.name;
  });
  found.resize(std::min(found.size(), query.limit));
  completions_.emplace_back([done = std::move(done), found = std::move(found)] { done(found); });
  run(lock);
}

template <class T, class Work>
void MemoryStore::push_aside(const std::string& doc, std::function<void(StoreResult<T>)> done, Work work) {
  push(doc, Aside{[this, doc, done = std::move(done), work = std::move(work)](bool failed) -> Completion {
         StoreResult<T> result = StoreError{StoreError::Kind::absent, "there is no document '" + doc + "'"};
         if (failed) {
           result = *refusal(doc, true);
         } else if (const auto found = docs_.find(doc); found != docs_.end()) {
           result = work(found->second);
         }
         return [done, result] { done(result); };
       }});
}

void MemoryStore::prune(const std::string& doc, std::uint64_t seq, SharedBytes state, SharedBytes state_vector,
                        std::function<void(StoreResult<PrunePoint>)> done) {
  push_aside<PrunePoint>(doc, std::move(done), [=, this](Doc& target) -> StoreResult<PrunePoint> {
    if (const auto refused = refusal(doc, false)) return *refused;
    if (seq == 0 || seq > target.info.head_seq) return StoreError{StoreError::Kind::absent, "no such sequence"};
    if (seq <= target.base_seq) return target.too_early();
    target.base_seq = seq;
    target.state_vector = *state_vector;
    target.snapshots[seq] = *state;
    std::erase_if(target.snapshots, [&](const auto& snapshot) {
      const auto is_here = [&](const auto& version) { return version.second.seq == snapshot.first; };
      return snapshot.first < seq && std::none_of(target.versions.begin(), target.versions.end(), is_here);
    });
    return PrunePoint{doc, seq};
  });
}

void MemoryStore::overdue(Retention retention, std::function<void(StoreResult<std::vector<PrunePoint>>)> done) {
  Lock lock(mutex_);
  if (closed_) return;
  std::vector<PrunePoint> points;
  for (const auto& [name, doc] : docs_) {
    if (doc.info.deleted_ms > 0) continue;
    std::uint64_t last = doc.base_seq;
    std::uint64_t bytes = 0;
    for (std::uint64_t seq = doc.info.head_seq; seq > last; --seq) {
      bytes += doc.log[seq - 1].update.size();
      if (bytes > retention.bytes || doc.log[seq - 1].time_ms < retention.before_ms) last = seq;
    }
    if (last > doc.base_seq) points.push_back({name, last});
  }
  completions_.emplace_back([done = std::move(done), points = std::move(points)] { done(points); });
  run(lock);
}

void MemoryStore::remove(const std::string& doc, std::int64_t time_ms, std::function<void(StoreResult<DocInfo>)> done) {
  push_aside<DocInfo>(doc, std::move(done), [this, doc, time_ms](Doc& target) -> StoreResult<DocInfo> {
    if (const auto refused = refusal(doc, false)) return *refused;
    target.info.deleted_ms = std::max<std::int64_t>(time_ms, 1);
    return target.info;
  });
}

void MemoryStore::undelete(const std::string& doc, std::function<void(StoreResult<DocInfo>)> done) {
  push_aside<DocInfo>(doc, std::move(done), [doc](Doc& target) -> StoreResult<DocInfo> {
    if (target.info.deleted_ms == 0) {
      return StoreError{StoreError::Kind::exists, "document '" + doc + "' is not deleted"};
    }
    target.info.deleted_ms = 0;
    return target.info;
  });
}

void MemoryStore::close() {
  Lock lock(mutex_);
  if (!closed_) {
    closed_ = true;
    if (held_ && !queue_.empty()) commit_group(true);
    run(lock);
  }
  idle_.wait(lock, [this] { return !running_; });
}

void MemoryStore::hold() {
  const Lock lock(mutex_);
  held_ = true;
}

void MemoryStore::release() {
  Lock lock(mutex_);
  held_ = false;
  run(lock);
}

void MemoryStore::fail_next(std::size_t commits) {
  const Lock lock(mutex_);
  failures_ = commits;
}

void MemoryStore::damage(const std::string& doc) {
  const Lock lock(mutex_);
  damaged_.insert(doc);
}

void MemoryStore::push(const std::string& doc, Request request) {
  Lock lock(mutex_);
  if (closed_) return;
  ++outstanding_[doc];
  queue_.push_back(std::move(request));
  run(lock);
}

// A read of a document that sees every write made to it before.
void MemoryStore::push_read_of(const std::string& doc, Read read) {
  Lock lock(mutex_);
  if (closed_) return;
  if (outstanding_.contains(doc)) {
    queue_.emplace_back(std::move(read));
  } else {
    completions_.push_back(read());
  }
  run(lock);
}

// Commits and completes until nothing is left to do. A second caller leaves its request to the first.
void MemoryStore::run(Lock& lock) {
  if (running_) return;
  running_ = true;
  while (true) {
    if (!held_ && !queue_.empty()) commit_group(failures_ > 0);
    if (completions_.empty()) break;
    const Completion completion = std::move(completions_.front());
    completions_.pop_front();
    lock.unlock();
    completion();
    lock.lock();
  }
  running_ = false;
  idle_.notify_all();
}

void MemoryStore::commit_group(bool failed) {
  if (failures_ > 0) --failures_;
  std::map<std::string, Commit> commits;
  std::vector<Completion> after;
  for (Request& request : queue_) {
    if (auto* append = std::get_if<Append>(&request)) {
      Commit& commit =
          commits.try_emplace(append->doc, Commit{append->doc, 0, 0, refusal(append->doc, failed)}).first->second;
      ++commit.count;
      if (commit.error) continue;
      Doc& doc = open_or_create(append->doc, {}, append->entry.time_ms);
      append->entry.seq = commit.seq = ++doc.info.head_seq;
      doc.info.modified_ms = append->entry.time_ms;
      doc.log.push_back(std::move(append->entry));
    } else if (auto* put = std::get_if<PutSnapshot>(&request)) {
      const auto found = docs_.find(put->doc);
      if (refusal(put->doc, failed) || found == docs_.end() || found->second.log.empty()) continue;
      found->second.snapshots[found->second.info.head_seq] = *put->state;
    } else if (auto* create = std::get_if<Create>(&request)) {
      const auto refused = refusal(create->doc, failed);
      after.emplace_back(
          [done = std::move(create->done), result = refused ? *refused : make(*create)] { done(result); });
    } else if (auto* version = std::get_if<PutVersion>(&request)) {
      const auto refused = refusal(version->doc, failed);
      after.emplace_back(
          [done = std::move(version->done), result = refused ? *refused : name(*version)] { done(result); });
    } else if (auto* aside = std::get_if<Aside>(&request)) {
      after.emplace_back(aside->work(failed));
    }
  }
  std::vector<Commit> report;
  for (auto& [doc, commit] : commits) report.push_back(std::move(commit));
  if (!report.empty() && sink_) completions_.emplace_back([this, report = std::move(report)] { sink_(report); });
  std::move(after.begin(), after.end(), std::back_inserter(completions_));
  for (Request& request : queue_) {
    if (const auto* read = std::get_if<Read>(&request)) completions_.push_back((*read)());
  }
  queue_.clear();
  outstanding_.clear();
}

// Why nothing may be written to `doc` in this group.
std::optional<StoreError> MemoryStore::refusal(const std::string& doc, bool failed) const {
  if (failed) return StoreError{StoreError::Kind::unavailable, "commit failed on command"};
  if (damaged_.contains(doc))
    return StoreError{StoreError::Kind::corrupt, "document '" + doc + "': damaged on command"};
  const auto found = docs_.find(doc);
  if (found != docs_.end() && found->second.info.deleted_ms > 0)
    return StoreError{StoreError::Kind::deleted, "document '" + doc + "' is deleted"};
  return std::nullopt;
}

MemoryStore::Doc& MemoryStore::open_or_create(const std::string& doc, const std::string& kind, std::int64_t time_ms) {
  return docs_.try_emplace(doc, Doc{{doc, kind, time_ms, time_ms, 0}, {}, {}, {}}).first->second;
}

StoreResult<DocInfo> MemoryStore::make(const Create& create) {
  if (docs_.contains(create.doc)) {
    return StoreError{StoreError::Kind::exists, "document '" + create.doc + "' exists"};
  }
  return open_or_create(create.doc, create.kind, create.time_ms).info;
}

StoreResult<std::optional<DocInfo>> MemoryStore::info_of(const std::string& doc) const {
  if (const auto refused = refusal(doc, false); refused && refused->kind == StoreError::Kind::deleted) return *refused;
  const auto found = docs_.find(doc);
  return found == docs_.end() ? std::nullopt : std::optional(found->second.info);
}

StoreResult<Version> MemoryStore::name(const PutVersion& request) {
  const auto found = docs_.find(request.doc);
  const Version& version = request.version;
  const std::string doc = "document '" + request.doc + "'";
  if (found == docs_.end() || version.seq == 0 || version.seq > found->second.info.head_seq) {
    return StoreError{StoreError::Kind::absent, doc + " has no sequence " + std::to_string(version.seq)};
  }
  if (!found->second.versions.emplace(version.name, version).second) {
    return StoreError{StoreError::Kind::exists, doc + " has a version '" + version.name + "'"};
  }
  found->second.snapshots[version.seq] = *request.state;
  return version;
}

StoreResult<LoadedDoc> MemoryStore::read(const std::string& doc, const Moment& moment) const {
  if (const auto refused = refusal(doc, false)) return *refused;
  const auto found = docs_.find(doc);
  if (found == docs_.end()) return LoadedDoc{};
  const Doc& source = found->second;
  LoadedDoc loaded{true, 0, {}, {}, source.info.head_seq};
  const std::vector<LogEntry>& log = source.log;
  const auto limit = log.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(moment.seq, log.size()));
  const auto end =
      std::partition_point(log.begin(), limit, [&](const LogEntry& entry) { return entry.time_ms <= moment.time_ms; });
  const auto end_seq = static_cast<std::uint64_t>(end - log.begin());
  if (source.base_seq > 0 && moment.seq == 0) return loaded;
  const auto after = source.snapshots.upper_bound(end_seq);
  if (after != source.snapshots.begin()) std::tie(loaded.snapshot_seq, loaded.snapshot) = *std::prev(after);
  if (end_seq < source.base_seq) {
    if (moment.time_ms != Moment().time_ms || loaded.snapshot_seq != end_seq) return source.too_early();
    return loaded;
  }
  if (source.base_seq > 0 && loaded.snapshot_seq == source.base_seq) loaded.state_vector = source.state_vector;
  loaded.tail.assign(log.begin() + static_cast<std::ptrdiff_t>(loaded.snapshot_seq), end);
  return loaded;
}

StoreResult<std::vector<Version>> MemoryStore::versions_of(const std::string& doc) const {
  if (const auto refused = refusal(doc, false)) return *refused;
  std::vector<Version> versions;
  if (const auto found = docs_.find(doc); found != docs_.end()) {
    for (const auto& [name, version] : found->second.versions) versions.push_back(version);
  }
  std::stable_sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return a.seq < b.seq; });
  return versions;
}

StoreResult<LogPage> MemoryStore::read_log_of(const std::string& doc, const LogRange& range) const {
  if (const auto refused = refusal(doc, false)) return *refused;
  const auto found = docs_.find(doc);
  if (found == docs_.end()) return LogPage{};
  const Doc& source = found->second;
  LogPage page{true, source.info.head_seq, {}};
  std::size_t bytes = 0;
  if (range.limit > 0 && range.after_seq < source.base_seq) {
    page.entries.push_back(source.base());
    bytes = page.entries.back().update.size();
  }
  for (std::uint64_t seq = std::max(range.after_seq, source.base_seq); seq < page.head_seq; ++seq) {
    if (page.entries.size() >= range.limit || (bytes >= range.bytes && !page.entries.empty())) break;
    page.entries.push_back(source.log[seq]);
    bytes += page.entries.back().update.size();
  }
  return page;
}

LogEntry MemoryStore::Doc::base() const {
  return {base_seq, log[base_seq - 1].time_ms, {}, 0, snapshots.at(base_seq), "base", true};
}

StoreError MemoryStore::Doc::too_early() const {
  return {StoreError::Kind::pruned, "document '" + info.name + "': its history begins at sequence " +
                                        std::to_string(base_seq) + "; what was before has been pruned"};
}

}  // namespace stet::storage
