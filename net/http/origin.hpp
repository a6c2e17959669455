// Which pages may use the server from a browser, and under which names it may be called. Pure functions.
//
// A browser lets any page open a WebSocket to any server, so the server has to look at Origin. And a page of a foreign
// name that resolves to 127.0.0.1 (DNS rebinding) is its own origin: as long as there is no authentication, a server on
// loopback only answers to names that mean this machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stet::net {

class OriginRules {
 public:
  // `allowed`: origins as parse_origin() gives them. `listen_host`: as in a URL (`127.0.0.1`, `[::1]`).
  OriginRules(std::vector<std::string> allowed, std::string listen_host, bool is_loopback)
      : allowed_(std::move(allowed)), listen_host_(std::move(listen_host)), is_loopback_(is_loopback) {}

  // Whether a request with this Host is meant for this server.
  bool host_allowed(std::string_view host) const;

  // Whether a request with this Origin (none: not a browser, or not across origins) to this Host is served.
  bool origin_allowed(std::optional<std::string_view> origin, std::string_view host) const;

 private:
  std::vector<std::string> allowed_;
  std::string listen_host_;
  bool is_loopback_;
};

// `scheme://host[:port]` in lower case; nothing if `text` is no origin.
std::optional<std::string> parse_origin(std::string_view text);

}  // namespace stet::net
