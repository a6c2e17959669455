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
    if (search.matches(name)) found.push_back(doc.info);
  }
  std::sort(found.begin(), found.end(), [](const DocInfo& a, const DocInfo& b) {
    return a.modified_ms != b.modified_ms ? a.modified_ms > b.modified_ms : a.name < b.name;
  });
  found.resize(std::min(found.size(), query.limit));
  completions_.emplace_back([done = std::move(done), found = std::move(found)] { done(found); });
  run(lock);
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
  const auto after = source.snapshots.upper_bound(static_cast<std::uint64_t>(end - log.begin()));
  if (after != source.snapshots.begin()) std::tie(loaded.snapshot_seq, loaded.snapshot) = *std::prev(after);
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
  for (std::uint64_t seq = range.after_seq; seq < page.head_seq; ++seq) {
    if (page.entries.size() >= range.limit || (bytes >= range.bytes && !page.entries.empty())) break;
    page.entries.push_back(source.log[seq]);
    bytes += page.entries.back().update.size();
  }
  return page;
}

}  // namespace stet::storage
