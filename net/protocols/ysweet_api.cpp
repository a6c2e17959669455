#include "net/protocols/ysweet_api.hpp"

#include <nlohmann/json.hpp>
#include <random>

#include "net/clock.hpp"
#include "net/doc_name.hpp"
#include "net/http/api_response.hpp"
#include "net/http/doc_request.hpp"
#include "net/protocols/ysweet_protocol.hpp"

namespace stet::net {
namespace {

using nlohmann::json;
using storage::DocInfo;
using storage::StoreError;
using storage::StoreResult;

// The document in `/doc/ID/...` and `/d/ID/...`.
std::optional<std::string> doc_of(const HttpRequest& request, const Limits& limits) {
  std::string_view path = request.head.path;
  path.remove_prefix(path.find('/', 1) + 1);
  const auto name = percent_decode(path.substr(0, path.find('/')));
  return name && !doc_name_fault(*name, limits) ? name : std::nullopt;
}

std::string new_id() {
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::size_t length = 21;
  std::random_device random;
  std::uniform_int_distribution<std::size_t> draw(0, alphabet.size() - 1);
  std::string id;
  while (id.size() < length) id += alphabet[draw(random)];
  return id;
}

void create_doc(storage::Store& store, const Limits& limits, const HttpRequest& request, const HttpRespond& respond) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object() || (body.contains("docId") && !body["docId"].is_string())) {
    return respond(failure(400, "the body is not {\"docId\": \"...\"}"));
  }
  const std::string doc = body.value("docId", new_id());
  if (const char* fault = doc_name_fault(doc, limits)) return respond(failure(400, fault));
  store.create(doc, {}, unix_ms(), [doc, respond](StoreResult<DocInfo> result) {
    const auto* error = std::get_if<StoreError>(&result);
    if (error && error->kind != StoreError::Kind::exists) return respond(failure(*error));
    respond(json_response(200, {{"docId", doc}}));
  });
}

// Where a client finds the document. Behind a proxy that speaks TLS, what the proxy says of itself.
json client_token(const HttpHead& head, const std::string& doc, bool is_read_only) {
  const bool is_secure = head.field("x-forwarded-proto") == "https";
  const std::string rest = "://" + std::string(head.field("host").value_or("")) + "/d/" + percent_encode(doc);
  json token{{"url", (is_secure ? "wss" : "ws") + rest + "/ws"},
             {"baseUrl", (is_secure ? "https" : "http") + rest},
             {"docId", doc},
             {"authorization", is_read_only ? ysweet::read_only : "full"}};
  if (is_read_only) token["token"] = ysweet::read_only;
  return token;
}

void authorise(storage::Store& store, const Limits& limits, const HttpRequest& request, const HttpRespond& respond) {
  const auto doc = doc_of(request, limits);
  if (!doc) return respond(failure(404, "there is no document of that name"));
  const json body = json::parse(request.body, nullptr, false);
  const bool is_read_only = body.is_object() && body.value("authorization", json()) == ysweet::read_only;
  store.find(*doc, [answer = client_token(request.head, *doc, is_read_only),
                    respond](StoreResult<std::optional<DocInfo>> result) {
    if (const auto* error = std::get_if<StoreError>(&result)) return respond(failure(*error));
    if (!std::get<0>(result)) return respond(failure(404, "there is no document of that name"));
    respond(json_response(200, answer));
  });
}

void read_doc(const FindHost& find_host, const Limits& limits, const HttpRequest& request, const HttpRespond& respond) {
  const auto doc = doc_of(request, limits);
  if (!doc) return respond(failure(404, "there is no document of that name"));
  read_state(find_host(*doc), *doc, [respond](std::variant<Bytes, DocRefusal> result) {
    if (const auto* refusal = std::get_if<DocRefusal>(&result)) return respond(refused(refusal->code, refusal->reason));
    HttpResponse response;
    response.content_type = "application/octet-stream";
    response.body = as_text(std::get<Bytes>(result));
    respond(std::move(response));
  });
}

void update_doc(const FindHost& find_host, const Limits& limits, const HttpRequest& request,
                const HttpRespond& respond) {
  const auto doc = doc_of(request, limits);
  if (!doc) return respond(failure(404, "there is no document of that name"));
  const ByteView update = as_bytes(request.body);
  apply_update(find_host(*doc), *doc, {}, {}, {update.begin(), update.end()},
               [respond](std::optional<DocRefusal> refusal) {
                 respond(refusal ? refused(refusal->code, refusal->reason) : json_response(200, json::object()));
               });
}

}  // namespace

std::vector<HttpRoute> ysweet_routes(storage::Store& store, const FindHost& find_host, const Limits& limits) {
  return {
      {"POST", "/check_store",
       [](const HttpRequest&, const HttpRespond& respond) { respond(json_response(200, {{"ok", true}})); }},
      {"POST", "/doc/new",
       [&store, &limits](const HttpRequest& request, const HttpRespond& respond) {
         create_doc(store, limits, request, respond);
       }},
      {"POST", "/doc/*/auth",
       [&store, &limits](const HttpRequest& request, const HttpRespond& respond) {
         authorise(store, limits, request, respond);
       }},
      {"GET", "/d/*/as-update",
       [find_host, &limits](const HttpRequest& request, const HttpRespond& respond) {
         read_doc(find_host, limits, request, respond);
       }},
      {"POST", "/d/*/update",
       [find_host, &limits](const HttpRequest& request, const HttpRespond& respond) {
         update_doc(find_host, limits, request, respond);
       },
       limits.message_bytes},
  };
}

}  // namespace stet::net
