#include "net/sockets/upgrade.hpp"

#include <algorithm>

#include "net/doc_name.hpp"
#include "net/protocols/thin_protocol.hpp"
#include "net/protocols/ysweet_protocol.hpp"
#include "net/text.hpp"

namespace stet::net {
namespace {

constexpr std::string_view y_websocket_path = "/ws/";        // and the document behind it, which may hold `/`
constexpr std::string_view hocuspocus_path = "/hocuspocus";  // stock providers send nothing behind it that matters
constexpr std::string_view ysweet_path = "/d/";              // the document, one segment, `/ws/`, and its name again

// The segment that names the document; empty where this is no such path.
std::string_view ysweet_segment(std::string_view path) {
  if (!path.starts_with(ysweet_path)) return {};
  path.remove_prefix(ysweet_path.size());
  const std::string_view segment = path.substr(0, path.find('/'));
  return path.substr(segment.size()).starts_with("/ws/") ? segment : std::string_view{};
}
constexpr std::string_view thin_path = "/thin";

bool is_hocuspocus_path(std::string_view path) {
  return path.starts_with(hocuspocus_path) &&
         (path.size() == hocuspocus_path.size() || path[hocuspocus_path.size()] == '/');
}

HttpResponse refusal(unsigned status, const char* reason, const char* field = nullptr, const char* value = nullptr) {
  HttpResponse response = error_response({status, reason}, y_websocket_path);
  if (field) response.fields.emplace_back(field, value);
  return response;
}

// Base64 of 16 bytes.
bool is_key(std::string_view text) {
  return text.size() == 24 && text.ends_with("==") &&
         std::all_of(text.begin(), text.end() - 2, [](char c) { return is_alphanumeric(c) || c == '+' || c == '/'; });
}

// What is in front of the separator; it goes from `rest`, and the separator with it.
std::string_view take_until(char separator, std::string_view& rest) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view out = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

// A parameter of permessage-deflate that we can live with: what we send needs a window of 15 bits.
bool is_deflate_parameter(std::string_view parameter) {
  const std::string_view name = take_until('=', parameter);
  const std::string_view value = trimmed(parameter);
  if (name == "server_no_context_takeover" || name == "client_no_context_takeover") return value.empty();
  if (name == "server_max_window_bits") return value == "15";
  if (name != "client_max_window_bits") return false;
  return value.empty() || (value.size() == 1 && (value == "8" || value == "9")) ||
         (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5');
}

// Whether one of the extensions offered is permessage-deflate as we speak it.
bool offers_deflate(std::string_view extensions) {
  while (!extensions.empty()) {
    std::string_view offer = take_until(',', extensions);
    bool is_taken = take_until(';', offer) == "permessage-deflate";
    while (!offer.empty()) is_taken = is_deflate_parameter(take_until(';', offer)) && is_taken;
    if (is_taken) return true;
  }
  return false;
}

}  // namespace

bool is_websocket_path(std::string_view path) {
  return path.starts_with(y_websocket_path) || is_hocuspocus_path(path) || !ysweet_segment(path).empty() ||
         path == thin_path;
}

std::variant<Upgrade, HttpResponse> check_upgrade(const HttpHead& head, const OriginRules& origins,
                                                  const Limits& limits) {
  if (head.method != "GET") return refusal(405, "a WebSocket is opened by GET", "Allow", "GET");
  if (head.is_http10 || !head.field_has_token("upgrade", "websocket")) {
    return refusal(426, "there is a WebSocket here", "Upgrade", "websocket");
  }
  if (!head.field_has_token("connection", "upgrade")) return refusal(400, "Connection does not say upgrade");
  if (head.field("sec-websocket-version") != "13") {
    return refusal(426, "the WebSocket version is not 13", "Sec-WebSocket-Version", "13");
  }
  const std::string_view key = head.field("sec-websocket-key").value_or("");
  if (!is_key(key)) return refusal(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  if (!origins.origin_allowed(head.field("origin"), head.field("host").value_or(""))) {
    return refusal(403, "pages of this origin may not connect");
  }
  Upgrade upgrade;
  upgrade.key = key;
  const std::string_view offered = head.field("sec-websocket-protocol").value_or("");
  upgrade.subprotocol = trimmed(offered.substr(0, offered.find(',')));
  upgrade.author = clean_author(query_value(head.query, "user").value_or(""), limits);
  upgrade.takes_deflate =
      limits.deflate_from_bytes > 0 && offers_deflate(head.field("sec-websocket-extensions").value_or(""));
  upgrade.is_read_only = query_value(head.query, "readonly").value_or("false") != "false";
  if (is_hocuspocus_path(head.path)) {
    upgrade.dialect = Dialect::hocuspocus;
    return upgrade;
  }
  if (head.path == thin_path) {
    if (!head.field_has_token("sec-websocket-protocol", thin::subprotocol)) {
      return refusal(400, "Sec-WebSocket-Protocol does not offer stet.v1");
    }
    upgrade.dialect = Dialect::events;
    upgrade.subprotocol = thin::subprotocol;
    return upgrade;
  }
  std::string_view name = ysweet_segment(head.path);
  if (!name.empty()) {
    upgrade.dialect = Dialect::y_sweet;
    if (query_value(head.query, "token") == ysweet::read_only) upgrade.is_read_only = true;
  } else {
    name = std::string_view(head.path).substr(y_websocket_path.size());
  }
  const auto doc = percent_decode(name);
  upgrade.doc_fault = doc ? doc_name_fault(*doc, limits) : "document name is not percent-encoded";
  if (!upgrade.doc_fault) upgrade.doc = *doc;
  return upgrade;
}

}  // namespace stet::net
