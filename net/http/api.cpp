#include "net/http/api.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "net/clock.hpp"
#include "net/doc_name.hpp"
#include "net/http/api_response.hpp"
#include "net/http/doc_request.hpp"
#include "net/rooms/edit_tags.hpp"
#include "net/rooms/text_reader.hpp"
#include "stet/lib0.hpp"

namespace stet::net {
namespace {

using nlohmann::json;
using storage::DocInfo;
using storage::StoreError;
using storage::StoreResult;

constexpr std::size_t default_docs = 100;
constexpr std::size_t most_docs = 1'000;

// Which editor a document has. One that nobody created but an edit has the first.
constexpr std::array<std::string_view, 2> kinds{"text", "rich"};

json describe(const DocInfo& doc, Census& census) {
  json object = {{"name", doc.name},
                 {"kind", doc.kind.empty() ? std::string(kinds.front()) : doc.kind},
                 {"created_ms", doc.created_ms},
                 {"modified_ms", doc.modified_ms},
                 {"seq", doc.head_seq},
                 {"members", census.members(doc.name)}};
  if (doc.deleted_ms > 0) object["deleted_ms"] = doc.deleted_ms;
  return object;
}

void list_docs(storage::Store& store, Census& census, const HttpRequest& request, const HttpRespond& respond) {
  storage::DocQuery query{.contains = query_value(request.head.query, "q").value_or(""), .limit = default_docs};
  if (const auto limit = query_value(request.head.query, "limit")) {
    const char* end = limit->data() + limit->size();
    const auto [stop, fault] = std::from_chars(limit->data(), end, query.limit);
    if (fault != std::errc{} || stop != end || query.limit == 0) {
      return respond(failure(400, "limit is not a number above 0"));
    }
    query.limit = std::min(query.limit, most_docs);
  }
  query.deleted = query_value(request.head.query, "deleted") == "true";
  store.list(std::move(query), [&census, respond](StoreResult<std::vector<DocInfo>> result) {
    if (const auto* error = std::get_if<StoreError>(&result)) return respond(failure(*error));
    json docs = json::array();
    for (const DocInfo& doc : std::get<0>(result)) docs.push_back(describe(doc, census));
    respond(json_response(200, {{"docs", std::move(docs)}}));
  });
}

// The name in /api/docs/NAME, one segment.
std::optional<std::string> only_doc_in_path(const HttpRequest& request, const Limits& limits) {
  const std::string& path = request.head.path;
  return std::count(path.begin(), path.end(), '/') > 3 ? std::nullopt : doc_in_path(path, limits);
}

void find_doc(storage::Store& store, Census& census, const Limits& limits, const HttpRequest& request,
              const HttpRespond& respond) {
  const auto name = only_doc_in_path(request, limits);
  if (!name) return respond(failure(404, "there is nothing here"));
  store.find(*name, [&census, respond](StoreResult<std::optional<DocInfo>> result) {
    if (const auto* error = std::get_if<StoreError>(&result)) return respond(failure(*error));
    const auto& doc = std::get<0>(result);
    respond(doc ? json_response(200, describe(*doc, census)) : failure(404, "there is no document of that name"));
  });
}

void create_doc(storage::Store& store, Census& census, const Limits& limits, const HttpRequest& request,
                const HttpRespond& respond) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string()) {
    return respond(failure(400, "the body is not {\"name\": \"...\"}"));
  }
  const std::string name = body["name"];
  const json kind = body.value("kind", json(kinds.front()));
  if (!kind.is_string() || std::find(kinds.begin(), kinds.end(), kind.get_ref<const std::string&>()) == kinds.end()) {
    return respond(failure(400, "kind is neither \"text\" nor \"rich\""));
  }
  if (const char* fault = doc_name_fault(name, limits)) return respond(failure(400, fault));
  store.create(name, kind, unix_ms(), [&census, respond](StoreResult<DocInfo> result) {
    const auto* error = std::get_if<StoreError>(&result);
    if (error && error->kind == StoreError::Kind::deleted) {
      return respond(failure(409, "a deleted document has that name until it is purged"));
    }
    if (error) return respond(failure(*error));
    respond(json_response(201, describe(std::get<DocInfo>(result), census)));
  });
}

// One edit as a Yjs update. Answered when it is durable.
void update_doc(const FindHost& find_host, const Limits& limits, const HttpRequest& request,
                const HttpRespond& respond) {
  const auto doc = doc_in_path(request.head.path, limits);
  if (!doc) return respond(failure(404, "there is nothing here"));
  const auto word = [&](const char* name) {
    return clean_author(query_value(request.head.query, name).value_or(""), limits);
  };
  const ByteView update = as_bytes(request.body);
  apply_update(find_host(*doc), *doc, word("user"), agent_tags(word("agent"), word("asked_by")),
               {update.begin(), update.end()}, [respond](std::optional<DocRefusal> refusal) {
                 respond(refusal ? refused(refusal->code, refusal->reason) : json_response(200, json::object()));
               });
}

void delete_doc(storage::Store& store, Census& census, const FindHost& find_host, const Limits& limits,
                const HttpRequest& request, const HttpRespond& respond) {
  const auto name = only_doc_in_path(request, limits);
  if (!name) return respond(failure(404, "there is nothing here"));
  store.remove(*name, unix_ms(), [&census, &host = find_host(*name), respond](StoreResult<DocInfo> result) {
    if (const auto* error = std::get_if<StoreError>(&result)) return respond(failure(*error));
    const auto& doc = std::get<DocInfo>(result);
    host.post([&host, name = doc.name] { host.end(name); });
    respond(json_response(200, describe(doc, census)));
  });
}

void undelete_doc(storage::Store& store, Census& census, const Limits& limits, const HttpRequest& request,
                  const HttpRespond& respond) {
  const auto name = doc_in_path(request.head.path, limits);
  if (!name) return respond(failure(404, "there is nothing here"));
  store.undelete(*name, [&census, respond](StoreResult<DocInfo> result) {
    const auto* error = std::get_if<StoreError>(&result);
    if (error && error->kind == StoreError::Kind::exists) return respond(failure(409, "it is not deleted"));
    if (error) return respond(failure(*error));
    respond(json_response(200, describe(std::get<DocInfo>(result), census)));
  });
}

void send_text(const FindHost& find_host, const Limits& limits, const HttpRequest& request,
               const HttpRespond& respond) {
  const auto segment = doc_segment(request.head.path, "/text");
  if (!segment) return respond(failure(404, "there is nothing here"));
  const auto name = percent_decode(*segment);
  const char* fault = name ? doc_name_fault(*name, limits) : "document name is not percent-encoded";
  if (fault) return respond(failure(400, fault));
  const std::string root = query_value(request.head.query, "root").value_or("text");
  if (root.size() > limits.doc_name_bytes || !valid_utf8(root)) {
    return respond(failure(400, "the root's name is too long, or not UTF-8"));
  }
  read_text(find_host(*name), *name, root, [respond](std::variant<WholeText, Closed> read) {
    if (const auto* closed = std::get_if<Closed>(&read)) return respond(refused(closed->code, closed->reason));
    HttpResponse response;
    const auto& whole = std::get<WholeText>(read);
    response.body = whole.text;
    response.fields.emplace_back("Cache-Control", "no-store");
    response.fields.emplace_back("Stet-Version", std::to_string(whole.version));
    respond(std::move(response));
  });
}

}  // namespace

std::vector<HttpRoute> api_routes(storage::Store& store, Census& census, const FindHost& find_host,
                                  const Limits& limits) {
  return {
      {"GET", "/healthz",
       [](const HttpRequest&, const HttpRespond& respond) { respond(json_response(200, {{"status", "ok"}})); }},
      {"GET", "/api/docs",
       [&store, &census](const HttpRequest& request, const HttpRespond& respond) {
         list_docs(store, census, request, respond);
       }},
      {"POST", "/api/docs/*/update",
       [find_host, &limits](const HttpRequest& request, const HttpRespond& respond) {
         update_doc(find_host, limits, request, respond);
       },
       limits.message_bytes},
      {"GET", "/api/docs/*/text",
       [find_host, &limits](const HttpRequest& request, const HttpRespond& respond) {
         send_text(find_host, limits, request, respond);
       }},
      {"GET", "/api/docs/*",
       [&store, &census, &limits](const HttpRequest& request, const HttpRespond& respond) {
         find_doc(store, census, limits, request, respond);
       }},
      {"DELETE", "/api/docs/*",
       [&store, &census, find_host, &limits](const HttpRequest& request, const HttpRespond& respond) {
         delete_doc(store, census, find_host, limits, request, respond);
       }},
      {"POST", "/api/docs/*/undelete",
       [&store, &census, &limits](const HttpRequest& request, const HttpRespond& respond) {
         undelete_doc(store, census, limits, request, respond);
       }},
      {"POST", "/api/docs",
       [&store, &census, &limits](const HttpRequest& request, const HttpRespond& respond) {
         create_doc(store, census, limits, request, respond);
       }},
  };
}

}  // namespace stet::net
