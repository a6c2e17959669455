#include "net/http/http.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "net/text.hpp"

namespace stet::net {
namespace {

constexpr std::string_view line_end = "\r\n";

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

bool is_visible_ascii(char c) { return c > 0x20 && c < 0x7f; }

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

// Whether the fields that say where the body ends agree, and are of a kind that is read here.
std::optional<HttpError> check_framing(HttpHead& head) {
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::optional<std::string_view> coding;
  for (const auto& [name, value] : head.fields) {
    if (name == "host") ++hosts;
    if (name == "transfer-encoding") coding = value;
    if (name != "content-length") continue;
    ++lengths;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), head.content_length);
    if (fault != std::errc{} || end != value.data() + value.size())
      return HttpError{400, "Content-Length is no number"};
  }
  if (hosts > 1 || (hosts == 0 && !head.is_http10)) return HttpError{400, "exactly one Host is needed"};
  if (lengths > 1) return HttpError{400, "Content-Length occurs twice"};
  if (!coding) return std::nullopt;
  if (lengths > 0) return HttpError{400, "Content-Length beside Transfer-Encoding"};
  const std::size_t comma = coding->rfind(',');
  const auto last = trimmed(comma == std::string_view::npos ? *coding : coding->substr(comma + 1));
  if (head.is_http10 || !equals_ignoring_case(last, "chunked"))
    return HttpError{400, "Transfer-Encoding is not chunked"};
  return HttpError{411, "the body needs a Content-Length"};
}

std::optional<HttpError> parse_request_line(std::string_view line, HttpHead& head, const Limits& limits) {
  const std::size_t method_end = line.find(' ');
  const std::size_t version_begin = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == version_begin) return HttpError{400, "not an HTTP request"};
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, version_begin - method_end - 1);
  const std::string_view version = line.substr(version_begin + 1);
  if (target.size() > limits.target_bytes) return HttpError{414, "the path is too long"};
  if (!is_token(method)) return HttpError{400, "the method is no token"};
  if (target.empty() || target[0] != '/' || !std::all_of(target.begin(), target.end(), is_visible_ascii)) {
    return HttpError{400, "the path is not a path"};
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return HttpError{505, "the version is neither HTTP/1.0 nor 1.1"};
  head.is_http10 = version == "HTTP/1.0";
  const std::size_t question = target.find('?');
  head.method = method;
  head.path = target.substr(0, question);
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return std::nullopt;
}

const char* status_text(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

bool path_fits(std::string_view pattern, std::string_view path) {
  while (true) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == path;
    if (!path.starts_with(pattern.substr(0, star))) return false;
    if (star + 1 == pattern.size()) return true;
    path.remove_prefix(star);
    pattern.remove_prefix(star + 1);
    path.remove_prefix(std::min(path.find('/'), path.size()));
  }
}

}  // namespace

std::optional<std::string_view> HttpHead::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (field_name == name) return value;
  }
  return std::nullopt;
}

bool HttpHead::field_has_token(std::string_view name, std::string_view token) const {
  for (const auto& [field_name, value] : fields) {
    if (field_name != name) continue;
    std::string_view rest = value;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (equals_ignoring_case(trimmed(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

std::variant<HttpHead, HttpError> parse_http_head(std::string_view text, const Limits& limits) {
  HttpHead head;
  bool is_first_line = true;
  while (true) {
    const std::size_t end = text.find(line_end);
    if (end == std::string_view::npos) return HttpError{400, "a line does not end"};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + line_end.size());
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return HttpError{400, "a bare CR or LF, or NUL, in the head"};
    }
    if (is_first_line) {
      if (const auto fault = parse_request_line(line, head, limits)) return *fault;
      is_first_line = false;
      continue;
    }
    if (line.empty()) break;
    if (head.fields.size() == limits.head_fields) return HttpError{431, "too many header fields"};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return HttpError{400, "a malformed header field"};
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return HttpError{400, "a control character in a header field"};
    head.fields.emplace_back(lower_case(line.substr(0, colon)), value);
  }
  if (const auto fault = check_framing(head)) return *fault;
  head.keep_alive =
      head.is_http10 ? head.field_has_token("connection", "keep-alive") : !head.field_has_token("connection", "close");
  return head;
}

std::string encode_http_head(const HttpResponse& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ' + status_text(response.status) + "\r\n";
  const auto field = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append(line_end);
  };
  if (response.status != 304) {
    field("Content-Type", response.content_type);
    field("Content-Length", std::to_string(response.bytes().size()));
  }
  field("X-Content-Type-Options", "nosniff");
  field("Referrer-Policy", "same-origin");
  for (const auto& [name, value] : response.fields) field(name, value);
  field("Connection", keep_alive ? "keep-alive" : "close");
  return out.append(line_end);
}

HttpResponse error_response(const HttpError& error, std::string_view path) {
  HttpResponse response;
  response.status = error.status;
  if (path.starts_with("/api")) {
    response.content_type = "application/json";
    response.body = nlohmann::json{{"error", error.reason}}.dump();
  } else {
    response.body = std::string(error.reason) + "\n";
  }
  return response;
}

std::size_t most_body_bytes(const std::vector<HttpRoute>& routes, const HttpHead& head, const Limits& limits) {
  for (const HttpRoute& route : routes) {
    if (route.body_bytes > 0 && head.method == route.method && path_fits(route.path, head.path))
      return route.body_bytes;
  }
  return limits.body_bytes;
}

void dispatch(const std::vector<HttpRoute>& routes, const HttpRequest& request, HttpRespond respond) {
  const std::string_view method = request.head.method == "HEAD" ? "GET" : std::string_view(request.head.method);
  std::string allowed;
  for (const HttpRoute& route : routes) {
    if (!path_fits(route.path, request.head.path)) continue;
    if (method == route.method) return route.handle(request, std::move(respond));
    if (allowed.find(route.method) == std::string::npos) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    }
  }
  if (allowed.empty()) return respond(error_response({404, "there is nothing here"}, request.head.path));
  HttpResponse response = error_response({405, "this method does not exist here"}, request.head.path);
  response.fields.emplace_back("Allow", allowed);
  respond(std::move(response));
}

}  // namespace stet::net
