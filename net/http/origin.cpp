#include "net/http/origin.hpp"

#include <algorithm>

#include "net/text.hpp"

namespace stet::net {
namespace {

// `host` or `[v6]` of `host[:port]`.
std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

// `host[:port]` of an origin.
std::string_view authority(std::string_view origin) {
  const std::size_t scheme_end = origin.find("://");
  return scheme_end == std::string_view::npos ? std::string_view{} : origin.substr(scheme_end + 3);
}

// `host:port` with the port that the scheme of the origin means where none is written.
std::string with_port(std::string_view host, std::string_view origin) {
  std::string out = lower_case(host);
  if (without_port(host) == host) out += origin.starts_with("https://") ? ":443" : ":80";
  return out;
}

}  // namespace

bool OriginRules::host_allowed(std::string_view host) const {
  if (!is_loopback_) return true;
  const std::string name = lower_case(without_port(host));
  if (name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == listen_host_) return true;
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [&](const std::string& origin) { return without_port(authority(origin)) == name; });
}

bool OriginRules::origin_allowed(std::optional<std::string_view> origin, std::string_view host) const {
  if (!origin) return true;
  const std::string asking = lower_case(*origin);
  if (std::find(allowed_.begin(), allowed_.end(), asking) != allowed_.end()) return true;
  const std::string_view asking_host = authority(asking);
  return !asking_host.empty() && with_port(asking_host, asking) == with_port(host, asking);
}

std::optional<std::string> parse_origin(std::string_view text) {
  const std::string origin = lower_case(text);
  const std::string_view host = authority(origin);
  const bool is_web = origin.starts_with("http://") || origin.starts_with("https://");
  const bool is_host = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
  if (!is_web || !is_host) return std::nullopt;
  return origin;
}

}  // namespace stet::net
