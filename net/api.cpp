#include "net/api.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "net/clock.hpp"
#include "net/doc_name.hpp"

namespace stet::net {
namespace {

using nlohmann::json;
using storage::DocInfo;
using storage::StoreError;
using storage::StoreResult;

constexpr std::size_t default_docs = 100;
constexpr std::size_t most_docs = 1'000;

HttpResponse json_response(unsigned status, const json& body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = body.dump();
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse failure(unsigned status, const std::string& sentence) {
  return json_response(status, {{"error", sentence}});
}

HttpResponse failure(const StoreError& error) {
  if (error.kind == StoreError::Kind::exists) return failure(409, "a document of that name exists");
  spdlog::error("api: {}", error.what);
  return failure(503, "the storage does not answer now");
}

json describe(const DocInfo& doc, Census& census) {
  return {{"name", doc.name},
          {"created_ms", doc.created_ms},
          {"modified_ms", doc.modified_ms},
          {"seq", doc.head_seq},
          {"members", census.members(doc.name)}};
}

void list_docs(storage::Store& store, Census& census, const HttpRequest& request, const HttpRespond& respond) {
  storage::DocQuery query{query_value(request.head.query, "q").value_or(""), default_docs};
  if (const auto limit = query_value(request.head.query, "limit")) {
    const char* end = limit->data() + limit->size();
    const auto [stop, fault] = std::from_chars(limit->data(), end, query.limit);
    if (fault != std::errc{} || stop != end || query.limit == 0) {
      return respond(failure(400, "limit is not a number above 0"));
    }
    query.limit = std::min(query.limit, most_docs);
  }
  store.list(std::move(query), [&census, respond](StoreResult<std::vector<DocInfo>> result) {
    if (const auto* error = std::get_if<StoreError>(&result)) return respond(failure(*error));
    json docs = json::array();
    for (const DocInfo& doc : std::get<0>(result)) docs.push_back(describe(doc, census));
    respond(json_response(200, {{"docs", std::move(docs)}}));
  });
}

void create_doc(storage::Store& store, Census& census, const Limits& limits, const HttpRequest& request,
                const HttpRespond& respond) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("name") || !body["name"].is_string()) {
    return respond(failure(400, "the body is not {\"name\": \"...\"}"));
  }
  const std::string name = body["name"];
  if (const char* fault = doc_name_fault(name, limits)) return respond(failure(400, fault));
  store.create(name, unix_ms(), [&census, respond](StoreResult<DocInfo> result) {
    if (const auto* error = std::get_if<StoreError>(&result)) return respond(failure(*error));
    respond(json_response(201, describe(std::get<DocInfo>(result), census)));
  });
}

}  // namespace

std::vector<HttpRoute> api_routes(storage::Store& store, Census& census, const Limits& limits) {
  return {
      {"GET", "/healthz",
       [](const HttpRequest&, const HttpRespond& respond) { respond(json_response(200, {{"status", "ok"}})); }},
      {"GET", "/api/docs",
       [&store, &census](const HttpRequest& request, const HttpRespond& respond) {
         list_docs(store, census, request, respond);
       }},
      {"POST", "/api/docs",
       [&store, &census, &limits](const HttpRequest& request, const HttpRespond& respond) {
         create_doc(store, census, limits, request, respond);
       }},
  };
}

}  // namespace stet::net
