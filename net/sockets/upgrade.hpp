// The upgrade of an HTTP request to a WebSocket (RFC 6455, section 4.2). Pure functions.
#pragma once

#include <string>
#include <variant>

#include "net/http/http.hpp"
#include "net/http/origin.hpp"
#include "net/limits.hpp"
#include "net/protocols/protocol.hpp"

namespace stet::net {

// A request that is to become a WebSocket.
struct Upgrade {
  Dialect dialect = Dialect::y_websocket;
  std::string doc;                  // decoded; none where the frames tell
  const char* doc_fault = nullptr;  // what is wrong with that name. Said after the upgrade, in the close code: a
                                    // refusal before it reaches a browser as 1006, and is tried again for ever
  std::string author;
  bool is_read_only = false;   // asked for by `?readonly`, or by the token that y-sweet got for it
  std::string key;             // Sec-WebSocket-Key
  std::string subprotocol;     // the first one offered, to be echoed, or empty
  bool takes_deflate = false;  // permessage-deflate (RFC 7692) without context takeover is agreed on
};

// Whether a WebSocket is opened at this path (as sent).
bool is_websocket_path(std::string_view path);

// For requests to such a path: what it becomes, or the refusal.
std::variant<Upgrade, HttpResponse> check_upgrade(const HttpHead& head, const OriginRules& origins,
                                                  const Limits& limits);

}  // namespace stet::net
