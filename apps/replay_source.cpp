#include "apps/replay_source.hpp"

#include <array>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/gz_stream.hpp"
#include "apps/history.hpp"
#include "net/clock.hpp"
#include "stet/types.hpp"
#include "stet/update.hpp"
#include "storage/edit_log.hpp"

namespace stet::apps {
namespace {

using nlohmann::json;
using Next = std::variant<std::optional<ReplayStep>, ReplayFault>;

constexpr std::int64_t tolerance_ms = 86'400'000;  // clocks that differ by less than a day are no future

class EditLogSource final : public ReplaySource {
 public:
  EditLogSource(std::unique_ptr<GzStream> file, std::uintmax_t bytes)
      : file_(std::move(file)), bytes_(bytes), reader_(file_->in(), net::unix_ms() + tolerance_ms) {}

  std::string open() {
    const auto opened = reader_.open();
    const auto* error = std::get_if<storage::StoreError>(&opened);
    return error ? error->what : "";
  }

  Next next() override {
    auto next = reader_.next();
    if (const auto* error = std::get_if<storage::StoreError>(&next)) {
      return ReplayFault{error->what + file_->remark()};
    }
    auto& entry = std::get<0>(next);
    if (!entry) return std::nullopt;
    return ReplayStep{entry->seq, entry->time_ms, std::move(entry->author), std::move(entry->update)};
  }
  std::optional<double> share() const override {
    return static_cast<double>(file_->offset()) / static_cast<double>(bytes_);
  }

 private:
  std::unique_ptr<GzStream> file_;
  std::uintmax_t bytes_;
  storage::EditLogReader reader_;
};

class DocumentSource final : public ReplaySource {
 public:
  DocumentSource(std::unique_ptr<storage::LogReader> reader, std::string doc)
      : reader_(std::move(reader)), doc_(std::move(doc)) {}

  Next next() override {
    if (at_ == page_.entries.size()) {
      auto read = reader_->read_log(doc_, {.after_seq = seq_});
      if (const auto* error = std::get_if<storage::StoreError>(&read)) return ReplayFault{error->what};
      page_ = std::get<0>(std::move(read));
      at_ = 0;
      if (!page_.exists) return ReplayFault{"there is no document '" + doc_ + "'"};
      if (page_.entries.empty()) return std::nullopt;
    }
    storage::LogEntry& entry = page_.entries[at_++];
    seq_ = entry.seq;
    return ReplayStep{entry.seq, entry.time_ms, std::move(entry.author), std::move(entry.update)};
  }
  std::optional<std::uint64_t> total() const override {
    return page_.exists ? std::optional(page_.head_seq) : std::nullopt;
  }
  Recorded recorded() override {
    const auto loaded = load_moment(*reader_, doc_, {.seq = seq_});
    return loaded ? Recorded{std::nullopt, loaded->doc.encode_state()} : Recorded{};
  }

 private:
  std::unique_ptr<storage::LogReader> reader_;
  std::string doc_;
  storage::LogPage page_;
  std::size_t at_ = 0;
  std::uint64_t seq_ = 0;
};

class UpdateSource final : public ReplaySource {
 public:
  explicit UpdateSource(Bytes update) : update_(std::move(update)) {}

  Next next() override {
    if (done_) return std::nullopt;
    done_ = true;
    return ReplayStep{1, 0, {}, update_};
  }
  std::optional<std::uint64_t> total() const override { return 1; }

 private:
  Bytes update_;
  bool done_ = false;
};

// One author, or several at once, each of whom edits what they had seen: the parents of a transaction.
class TraceSource final : public ReplaySource {
 public:
  explicit TraceSource(json trace) : trace_(std::move(trace)), txns_(trace_["txns"]) {
    const std::size_t agents = trace_.value("numAgents", std::size_t{1});
    for (std::size_t i = 0; i < agents; ++i) {
      agents_.push_back({Doc({.client_id = i + 1}), std::vector<bool>(txns_.size())});
    }
    if (const std::string start = trace_.value("startContent", ""); !start.empty()) {
      start_ = edit(agents_[0].doc, [&](Text text) { text.insert(0, start); });
    }
  }

  Next next() override {
    if (!start_.empty()) return ReplayStep{++seq_, 0, "0", std::exchange(start_, {})};
    if (at_ == txns_.size()) return std::nullopt;
    try {
      const json& txn = txns_[at_];
      Agent& agent = agents_.at(txn.value("agent", std::size_t{0}));
      if (txn.contains("parents")) bring(agent, txn["parents"]);
      Bytes update = edit(agent.doc, [&](Text text) {
        for (const json& patch : txn["patches"]) {
          text.erase(patch[0].get<std::uint64_t>(), patch[1].get<std::uint64_t>());
          text.insert(patch[0].get<std::uint64_t>(), patch[2].get<std::string>());
        }
      });
      if (agents_.size() > 1) {
        agent.knows[at_] = true;
        updates_.push_back(update);
      }
      ++at_;
      return ReplayStep{++seq_, time_of(txn.value("time", "")), std::to_string(agent.doc.client_id() - 1),
                        std::move(update)};
    } catch (const std::exception& error) {
      return ReplayFault{"transaction " + std::to_string(at_ + 1) + ": " + error.what()};
    }
  }
  std::optional<std::uint64_t> total() const override { return txns_.size(); }
  Recorded recorded() override { return {trace_.value("endContent", ""), std::nullopt}; }

 private:
  struct Agent {
    Doc doc;
    std::vector<bool> knows;  // transactions
  };

  template <class Change>
  static Bytes edit(Doc& doc, Change change) {
    Bytes update{0, 0};
    const Subscription updates =
        doc.on_update([&](ByteView bytes, const TransactionInfo&) { update.assign(bytes.begin(), bytes.end()); });
    doc.transact([&] { change(doc.text("text")); });
    return update;
  }

  void bring(Agent& agent, const json& parents) {
    std::vector<std::size_t> todo = parents.get<std::vector<std::size_t>>();
    std::vector<std::size_t> lacking;
    while (!todo.empty()) {
      const std::size_t txn = todo.back();
      todo.pop_back();
      if (txn >= at_) throw std::out_of_range("its parent " + std::to_string(txn) + " comes later");
      if (agent.knows[txn]) continue;
      agent.knows[txn] = true;
      lacking.push_back(txn);
      for (const json& parent : txns_[txn]["parents"]) todo.push_back(parent);
    }
    for (const std::size_t txn : lacking) (void)agent.doc.apply_update(updates_[txn]);
  }

  static std::int64_t time_of(const std::string& text) {
    std::tm time{};
    const char* const rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
    return rest ? static_cast<std::int64_t>(timegm(&time)) * 1000 : 0;
  }

  json trace_;
  const json& txns_;
  std::vector<Agent> agents_;
  std::vector<Bytes> updates_;  // of all transactions, where there are several agents
  Bytes start_;
  std::size_t at_ = 0;
  std::uint64_t seq_ = 0;
};

std::variant<std::unique_ptr<ReplaySource>, ReplayFault> open_file(const std::string& path) {
  auto file = std::make_unique<GzStream>(path);
  if (!file->is_open()) return ReplayFault{"cannot read " + path};
  std::array<char, 16> head{};
  file->in().read(head.data(), head.size());
  const std::string_view begin(head.data(), static_cast<std::size_t>(file->in().gcount()));
  if (storage::begins_as_edit_log(as_bytes(begin))) {
    auto source = std::make_unique<EditLogSource>(std::make_unique<GzStream>(path), std::filesystem::file_size(path));
    const std::string fault = source->open();
    if (!fault.empty()) return ReplayFault{path + ": " + fault};
    return source;
  }
  std::string bytes(begin);
  bytes.append(std::istreambuf_iterator<char>(file->in()), {});
  if (!file->fault().empty()) return ReplayFault{path + ": " + file->fault()};
  if (begin.starts_with('{')) {
    json trace = json::parse(bytes, nullptr, false);
    if (!trace.is_object() || !trace["txns"].is_array()) return ReplayFault{path + " is no editing trace"};
    return std::make_unique<TraceSource>(std::move(trace));
  }
  const auto as_v1 = inspect_update(as_bytes(bytes));
  if (as_v1) return std::make_unique<UpdateSource>(Bytes(bytes.begin(), bytes.end()));
  auto converted = convert_update(as_bytes(bytes), Encoding::v2, Encoding::v1);
  if (converted) return std::make_unique<UpdateSource>(std::move(*converted));
  return ReplayFault{path + " is no edit log, no editing trace, and no Yjs update: " + as_v1.error().message()};
}

}  // namespace

std::variant<std::unique_ptr<ReplaySource>, ReplayFault> open_replay(const std::string& name, const std::string& data) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(name, ignored)) {
    try {
      return open_file(name);
    } catch (const std::exception& error) {
      return ReplayFault{name + ": " + error.what()};
    }
  }
  auto opened = storage::LogReader::open(data, [](const std::string& line) { complain(line); });
  if (const auto* error = std::get_if<storage::StoreError>(&opened)) {
    return ReplayFault{"there is no file " + name + ", and " + error->what};
  }
  return std::make_unique<DocumentSource>(std::get<0>(std::move(opened)), name);
}

}  // namespace stet::apps
