#include "net/history/history_api.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <list>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "net/clock.hpp"
#include "net/doc_name.hpp"
#include "net/history/activity.hpp"
#include "net/history/attribution_map.hpp"
#include "net/history/history_json.hpp"
#include "net/history/history_query.hpp"
#include "net/history/ledger.hpp"
#include "net/http/api_response.hpp"
#include "net/rooms/contribution.hpp"
#include "net/rooms/moment.hpp"

namespace stet::net {
namespace {

using nlohmann::json;
using storage::LoadedDoc;
using storage::LogPage;
using storage::Moment;
using storage::StoreError;
using storage::StoreResult;
using storage::Version;

constexpr storage::LogRange page{.after_seq = 0, .limit = 20'000, .bytes = 4 << 20};
constexpr std::size_t default_activities = 100;
constexpr std::size_t most_activities = 1'000;
constexpr std::size_t version_name_bytes = 256;
constexpr const char* default_root = "text";

StoreError no_document(const std::string& doc) {
  return {StoreError::Kind::absent, "there is no document '" + doc + "'"};
}
StoreError damaged(const std::string& doc, const std::string& what) {
  return {StoreError::Kind::corrupt, "document '" + doc + "': " + what};
}

HttpResponse bytes_response(const Bytes& bytes, std::uint64_t seq, std::uint64_t head_seq) {
  HttpResponse response;
  response.content_type = "application/octet-stream";
  response.body = as_text(bytes);
  response.fields.emplace_back("Cache-Control", "no-store");
  response.fields.emplace_back("Stet-Seq", std::to_string(seq));
  response.fields.emplace_back("Stet-Head-Seq", std::to_string(head_seq));
  return response;
}

std::string root_in(const HttpRequest& request) {
  return query_value(request.head.query, "root").value_or(default_root);
}

}  // namespace

// All but the routes runs on the one thread of `pool_`.
class HistoryApi::Impl {
 public:
  Impl(storage::Store& store, const Limits& limits, FindHost find_host)
      : store_(store), limits_(limits), find_host_(std::move(find_host)), random_(std::random_device{}()) {}
  std::vector<HttpRoute> routes();
  void stop() { pool_.join(); }

 private:
  using LedgerPtr = std::shared_ptr<Ledger>;
  // A request whose document has a proper name, and the way to answer it.
  struct Job {
    HttpRequest request;
    std::string doc;
    HttpRespond respond;
    std::shared_ptr<void> counted;  // while it is under way

    // Answers with the error where it is one.
    template <class T>
    T* check(StoreResult<T>& result) const {
      if (const auto* error = std::get_if<StoreError>(&result)) respond(failure(*error));
      return std::get_if<T>(&result);
    }
    template <class T>
    T* check(Parsed<T>& result) const {
      if (const auto* bad = std::get_if<BadQuery>(&result)) respond(failure(400, bad->sentence));
      return std::get_if<T>(&result);
    }
    std::string author(const Limits& limits) const {
      return clean_author(query_value(request.head.query, "user").value_or(""), limits);
    }
  };
  using JobPtr = std::shared_ptr<Job>;
  using Work = void (Impl::*)(const JobPtr&);

  HttpRoute route(const char* method, const char* path, Work work);
  template <class T, class Then>
  auto on_our_thread(Then then);

  void show(const JobPtr& job);
  void show_activity(const JobPtr& job);
  void show_blame(const JobPtr& job);
  void show_attributions(const JobPtr& job);
  void show_difference(const JobPtr& job);
  void list_versions(const JobPtr& job);
  void make_version(const JobPtr& job);
  void copy(const JobPtr& job);
  void revert(const JobPtr& job);

  template <class Then>
  void load(const JobPtr& job, Moment moment, const Then& then);
  template <class Then>
  void with_ledger(const JobPtr& job, const Then& then);
  template <class Then>
  void read_on(const JobPtr& job, const LedgerPtr& ledger, const std::shared_ptr<Doc>& doc, const Then& then);
  void take_back(const JobPtr& job, const EditFilter& filter, bool preview, Ledger& ledger, Doc& doc);
  void bring_in(const JobPtr& job, ServerEdit edit, json answer);

  storage::Store& store_;
  const Limits& limits_;
  FindHost find_host_;
  std::mt19937 random_;
  std::atomic<std::size_t> jobs_ = 0;
  std::list<std::pair<std::string, LedgerPtr>> ledgers_;  // last used first
  boost::asio::thread_pool pool_{1};
};

HttpRoute HistoryApi::Impl::route(const char* method, const char* path, Work work) {
  return {method, path, [this, work](const HttpRequest& request, const HttpRespond& respond) {
            const auto doc = doc_in_path(request.head.path, limits_);
            if (!doc) return respond(failure(404, "there is nothing here"));
            if (jobs_ >= limits_.history_requests) {
              return respond(failure(503, "too much is asked about the past at once"));
            }
            ++jobs_;
            std::shared_ptr<void> counted(nullptr, [this](void*) { --jobs_; });
            const auto job = std::make_shared<Job>(Job{request, *doc, respond, std::move(counted)});
            boost::asio::post(pool_, [this, work, job] { (this->*work)(job); });
          }};
}

std::vector<HttpRoute> HistoryApi::Impl::routes() {
  return {
      route("GET", "/api/docs/*/at", &Impl::show),
      route("GET", "/api/docs/*/activity", &Impl::show_activity),
      route("GET", "/api/docs/*/blame", &Impl::show_blame),
      route("GET", "/api/docs/*/attributions", &Impl::show_attributions),
      route("GET", "/api/docs/*/diff", &Impl::show_difference),
      route("GET", "/api/docs/*/versions", &Impl::list_versions),
      route("POST", "/api/docs/*/versions", &Impl::make_version),
      route("POST", "/api/docs/*/copy", &Impl::copy),
      route("POST", "/api/docs/*/revert", &Impl::revert),
  };
}

// A completion for the store that goes on here.
template <class T, class Then>
auto HistoryApi::Impl::on_our_thread(Then then) {
  return [this, then = std::move(then)](StoreResult<T> result) {
    boost::asio::post(pool_, [then, shared = std::make_shared<StoreResult<T>>(std::move(result))] { then(*shared); });
  };
}

// --- what is read ----------------------------------------------------------------------------------------------------

template <class Then>
void HistoryApi::Impl::load(const JobPtr& job, Moment moment, const Then& then) {
  store_.load_at(job->doc, moment, on_our_thread<LoadedDoc>([job, then](StoreResult<LoadedDoc>& result) {
                   const LoadedDoc* loaded = job->check(result);
                   if (!loaded) return;
                   if (!loaded->exists) return job->respond(failure(no_document(job->doc)));
                   auto doc = doc_of(*loaded);
                   if (const auto* fault = std::get_if<std::string>(&doc)) {
                     return job->respond(failure(damaged(job->doc, *fault)));
                   }
                   then(*loaded, std::get<Doc>(doc));
                 }));
}

// The ledger of the whole log, from the cache as far as it goes.
template <class Then>
void HistoryApi::Impl::with_ledger(const JobPtr& job, const Then& then) {
  auto known =
      std::find_if(ledgers_.begin(), ledgers_.end(), [&](const auto& entry) { return entry.first == job->doc; });
  if (known == ledgers_.end()) {
    ledgers_.emplace_front(job->doc, std::make_shared<Ledger>());
    std::size_t edits = 0;
    for (const auto& [doc, ledger] : ledgers_) edits += ledger->edits().size();
    for (; ledgers_.size() > 1 && (edits > limits_.history_edits || ledgers_.size() > limits_.history_ledgers);
         ledgers_.pop_back()) {
      edits -= ledgers_.back().second->edits().size();
    }
  } else {
    ledgers_.splice(ledgers_.begin(), ledgers_, known);
  }
  read_on(job, ledgers_.front().second, nullptr, then);
}

// Reads the rest of the log into the ledger, and into the document if there is one.
template <class Then>
void HistoryApi::Impl::read_on(const JobPtr& job, const LedgerPtr& ledger, const std::shared_ptr<Doc>& doc,
                               const Then& then) {
  storage::LogRange range = page;
  range.after_seq = ledger->seq();
  store_.read_log(job->doc, range, on_our_thread<LogPage>([=, this](StoreResult<LogPage>& result) {
                    const LogPage* read = job->check(result);
                    if (!read) return;
                    if (!read->exists) return job->respond(failure(no_document(job->doc)));
                    for (const storage::LogEntry& entry : read->entries) {
                      const auto added = ledger->add(entry);
                      const auto fault = !added ? std::optional(added.error()) : std::nullopt;
                      if (doc && !fault) {
                        const auto applied = doc->apply_update(entry.update);
                        if (!applied) {
                          return job->respond(failure(damaged(
                              job->doc, "update " + std::to_string(entry.seq) + ": " + applied.error().message())));
                        }
                      }
                      if (fault) {
                        return job->respond(failure(
                            damaged(job->doc, "update " + std::to_string(entry.seq) + ": " + fault->message())));
                      }
                    }
                    if (ledger->seq() < read->head_seq && !read->entries.empty())
                      return read_on(job, ledger, doc, then);
                    then(*ledger);
                  }));
}

// --- answers ---------------------------------------------------------------------------------------------------------

void HistoryApi::Impl::show(const JobPtr& job) {
  auto moment = moment_in(job->request.head.query);
  const Moment* at = job->check(moment);
  if (!at) return;
  load(job, *at, [job](const LoadedDoc& loaded, Doc& doc) {
    const std::string as = query_value(job->request.head.query, "as").value_or("text");
    json answer = {{"seq", loaded.seq()}, {"head_seq", loaded.head_seq}};
    if (as == "update") return job->respond(bytes_response(doc.encode_state(), loaded.seq(), loaded.head_seq));
    if (as == "text") {
      answer["text"] = doc.text(root_in(job->request)).to_string();
    } else if (as == "delta") {
      answer["delta"] = to_json(doc.text(root_in(job->request)).to_delta());
    } else if (as == "json") {
      answer["roots"] = to_json(doc);
    } else {
      return job->respond(failure(400, "as is none of text, delta, json, update"));
    }
    job->respond(json_response(200, answer));
  });
}

void HistoryApi::Impl::show_activity(const JobPtr& job) {
  auto filter = filter_in(job->request.head.query);
  auto limit = number_in(job->request.head.query, "limit", default_activities);
  auto pause_ms = number_in(job->request.head.query, "pause_ms", static_cast<std::uint64_t>(default_pause_ms));
  if (!job->check(filter) || !job->check(limit) || !job->check(pause_ms)) return;
  with_ledger(job, [=](const Ledger& ledger) {
    auto groups = activities(ledger, std::get<0>(filter), static_cast<std::int64_t>(std::get<0>(pause_ms)));
    const bool more = groups.size() > std::min<std::uint64_t>(std::get<0>(limit), most_activities);
    if (more) groups.resize(std::min<std::size_t>(std::get<0>(limit), most_activities));
    job->respond(json_response(200, {{"head_seq", ledger.seq()}, {"activity", to_json_array(groups)}, {"more", more}}));
  });
}

void HistoryApi::Impl::show_blame(const JobPtr& job) {
  auto moment = moment_in(job->request.head.query);
  auto pause_ms = number_in(job->request.head.query, "pause_ms", static_cast<std::uint64_t>(default_pause_ms));
  if (!job->check(moment) || !job->check(pause_ms)) return;
  load(job, std::get<0>(moment), [=, this](const LoadedDoc& loaded, Doc& doc) {
    const auto text = std::make_shared<Doc>(std::move(doc));
    with_ledger(job, [=, seq = loaded.seq(), head_seq = loaded.head_seq](const Ledger& ledger) {
      const auto parts =
          blame(ledger, text->text(root_in(job->request)), static_cast<std::int64_t>(std::get<0>(pause_ms)));
      job->respond(json_response(200, {{"seq", seq}, {"head_seq", head_seq}, {"parts", to_json_array(parts)}}));
    });
  });
}

void HistoryApi::Impl::show_attributions(const JobPtr& job) {
  auto seq = number_in(job->request.head.query, "seq", Moment().seq);
  if (!job->check(seq)) return;
  with_ledger(job, [=](const Ledger& ledger) {
    const std::uint64_t last = std::min(std::get<0>(seq), ledger.seq());
    job->respond(bytes_response(attribution_map(ledger, last), last, ledger.seq()));
  });
}

void HistoryApi::Impl::show_difference(const JobPtr& job) {
  auto from = number_in(job->request.head.query, "from", 0);
  auto to = number_in(job->request.head.query, "to", Moment().seq);
  if (!job->check(from) || !job->check(to)) return;
  if (std::get<0>(from) > std::get<0>(to)) return job->respond(failure(400, "from is after to"));
  load(job, {.seq = std::get<0>(to)}, [=, this](const LoadedDoc& later, Doc& doc) {
    const auto newer = std::make_shared<Doc>(std::move(doc));
    load(job, {.seq = std::get<0>(from)}, [=, this, to_seq = later.seq()](const LoadedDoc& earlier, Doc& older) {
      json answer = {{"from", earlier.seq()},
                     {"to", to_seq},
                     {"delta", to_json(difference(older, *newer, root_in(job->request)))}};
      const EditFilter interval{.after_seq = earlier.seq(), .to_seq = to_seq};
      with_ledger(job, [=](const Ledger& ledger) {
        json whole = answer;
        whole["activity"] = to_json_array(activities(ledger, interval));
        job->respond(json_response(200, whole));
      });
    });
  });
}

void HistoryApi::Impl::list_versions(const JobPtr& job) {
  store_.versions(job->doc, on_our_thread<std::vector<Version>>([job](StoreResult<std::vector<Version>>& result) {
                    if (const auto* versions = job->check(result)) {
                      job->respond(json_response(200, {{"versions", to_json_array(*versions)}}));
                    }
                  }));
}

void HistoryApi::Impl::make_version(const JobPtr& job) {
  const json body = json::parse(job->request.body, nullptr, false);
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string()) {
    return job->respond(failure(400, "the body is not {\"name\": \"...\"}"));
  }
  const std::string name = body["name"];
  if (name.empty() || name.size() > version_name_bytes || clean_author(name, limits_).empty()) {
    return job->respond(failure(400, "name is empty, too long, or has control characters"));
  }
  Moment moment;
  if (body.contains("seq")) {
    if (!body["seq"].is_number_unsigned()) return job->respond(failure(400, "seq is not a number"));
    moment.seq = body["seq"];
  }
  load(job, moment, [=, this](const LoadedDoc& loaded, Doc& doc) {
    store_.put_version(job->doc, {name, loaded.seq(), unix_ms(), job->author(limits_)},
                       std::make_shared<const Bytes>(doc.encode_state()),
                       on_our_thread<Version>([job](StoreResult<Version>& result) {
                         if (const Version* version = job->check(result)) {
                           job->respond(json_response(201, to_json(*version)));
                         }
                       }));
  });
}

// --- new edits -------------------------------------------------------------------------------------------------------

void HistoryApi::Impl::bring_in(const JobPtr& job, ServerEdit edit, json answer) {
  RoomHost& host = find_host_(edit.doc);
  contribute(host, std::move(edit), [job, answer = std::move(answer)](const std::optional<std::string>& failed) {
    job->respond(failed ? failure(503, "the edit could not be saved: " + *failed) : json_response(200, answer));
  });
}

void HistoryApi::Impl::copy(const JobPtr& job) {
  const json body = json::parse(job->request.body, nullptr, false);
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string()) {
    return job->respond(failure(400, "the body is not {\"name\": \"...\"}"));
  }
  const std::string name = body["name"];
  if (const char* fault = doc_name_fault(name, limits_)) return job->respond(failure(400, fault));
  Moment moment;
  if (body.contains("seq")) {
    if (!body["seq"].is_number_unsigned()) return job->respond(failure(400, "seq is not a number"));
    moment.seq = body["seq"];
  }
  load(job, moment, [=, this](const LoadedDoc& loaded, Doc& doc) {
    json answer = {{"name", name}, {"seq", loaded.seq()}};
    ServerEdit edit{name, job->author(limits_), "copy", doc.encode_state()};
    store_.find(job->doc, on_our_thread<std::optional<storage::DocInfo>>([=, this](auto& found) {
                  const auto* info = job->check(found);
                  if (!info) return;
                  store_.create(name, *info ? (*info)->kind : std::string(), unix_ms(),
                                on_our_thread<storage::DocInfo>([=, this](StoreResult<storage::DocInfo>& made) {
                                  if (job->check(made)) bring_in(job, edit, answer);
                                }));
                }));
  });
}

void HistoryApi::Impl::revert(const JobPtr& job) {
  const json body = json::parse(job->request.body, nullptr, false);
  if (!body.is_object() || body.empty()) {
    return job->respond(failure(400, "the body is not an object that says which edits are meant"));
  }
  auto filter = filter_of(body);
  const EditFilter* chosen = job->check(filter);
  if (!chosen) return;
  const json preview = body.value("preview", json(false));
  if (!preview.is_boolean()) return job->respond(failure(400, "preview is not true or false"));
  std::uint64_t client = random_();
  if (client == 0) client = 1;
  // All of the log, and a document that keeps what was deleted: it may have to come back.
  const auto ledger = std::make_shared<Ledger>();
  const auto doc = std::make_shared<Doc>(DocOptions{.client_id = client, .gc = false});
  read_on(job, ledger, doc, [=, this, meant = *chosen, only_show = preview.get<bool>()](Ledger& all) {
    take_back(job, meant, only_show, all, *doc);
  });
}

void HistoryApi::Impl::take_back(const JobPtr& job, const EditFilter& filter, bool preview, Ledger& ledger, Doc& doc) {
  if (filter.after_seq > 0 && filter.after_seq < ledger.base_seq()) {
    return job->respond(failure({StoreError::Kind::pruned, "the history of this document begins at sequence " +
                                                               std::to_string(ledger.base_seq())}));
  }
  const UpdateUnits units = ledger.units(filter);
  Delta delta;
  Bytes update;
  const Subscription changes =
      doc.text(root_in(job->request)).observe([&delta](const Event& event) { delta = event.delta(); });
  const Subscription updates =
      doc.on_update([&update](ByteView bytes, const TransactionInfo&) { update.assign(bytes.begin(), bytes.end()); });
  const bool done = stet::take_back(doc, units.inserted, units.deleted);
  if (preview && query_value(job->request.head.query, "as") == "update") {
    return job->respond(bytes_response(update, ledger.seq(), ledger.seq()));
  }
  json answer = {{"seq", ledger.seq()}, {"changed", done}, {"delta", to_json(delta)}};
  if (!done || preview) return job->respond(json_response(200, answer));
  std::string tags = restoring_tags(units.deleted);
  tags = tags.empty() ? "revert" : "revert\n" + tags;
  bring_in(job, {job->doc, job->author(limits_), std::move(tags), std::move(update)}, std::move(answer));
}

HistoryApi::HistoryApi(storage::Store& store, const Limits& limits, FindHost find_host)
    : impl_(std::make_unique<Impl>(store, limits, std::move(find_host))) {}

HistoryApi::~HistoryApi() { stop(); }

void HistoryApi::stop() { impl_->stop(); }

std::vector<HttpRoute> HistoryApi::routes() { return impl_->routes(); }

}  // namespace stet::net
