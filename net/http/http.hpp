// HTTP/1.1 as far as this server speaks it (RFC 9112), strict where parsers are lax (hostile-inputs.md 1 to 7).
// Pure functions and values; bytes come and go in http_session.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/limits.hpp"

namespace stet::net {

struct HttpHead {
  std::string method;
  std::string path;   // as sent, without the query
  std::string query;  // as sent, without `?`
  bool is_http10 = false;
  bool keep_alive = true;
  std::size_t content_length = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case

  // The value of the first field of that name (lower case).
  std::optional<std::string_view> field(std::string_view name) const;
  // Whether a comma-separated field holds that token (both compared without case).
  bool field_has_token(std::string_view name, std::string_view token) const;
};

// Why a request is refused. `reason` is one clear sentence without content of the request.
struct HttpError {
  unsigned status = 400;
  const char* reason = "";
};

// Parses a request line and fields, up to and including the empty line.
std::variant<HttpHead, HttpError> parse_http_head(std::string_view text, const Limits& limits);

struct HttpRequest {
  HttpHead head;
  std::string body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view fixed_body = {};  // instead of `body`: bytes that live as long as the program
  std::vector<std::pair<std::string, std::string>> fields = {};

  std::string_view bytes() const { return fixed_body.data() ? fixed_body : std::string_view(body); }
};

// The status line, the fields that every response has, those of `response`, and the empty line.
std::string encode_http_head(const HttpResponse& response, bool keep_alive);

// An error as the caller reads it best: JSON below /api, else a plain sentence.
HttpResponse error_response(const HttpError& error, std::string_view path);

// To be called once, on any thread.
using HttpRespond = std::function<void(HttpResponse)>;

// One way to answer. Runs on the thread of the socket and must not block.
struct HttpRoute {
  const char* method;  // GET answers HEAD as well; the session leaves the body out
  const char* path;    // exact; `*` stands for one segment, at the end for any rest
  std::function<void(const HttpRequest&, HttpRespond)> handle;
  std::size_t body_bytes = 0;  // the longest body, where that is not limits.body_bytes
};

// The longest body that the request's route takes.
std::size_t most_body_bytes(const std::vector<HttpRoute>& routes, const HttpHead& head, const Limits& limits);

// Answers by the first route that fits; 404 if none has the path, 405 if none of those has the method.
void dispatch(const std::vector<HttpRoute>& routes, const HttpRequest& request, HttpRespond respond);

}  // namespace stet::net
