#include "net/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace stet::net {
namespace {

constexpr std::array<std::pair<std::string_view, const char*>, 14> content_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
}};

// Nothing but our own files, no inline script and no inline style. (Not every browser counts a WebSocket as 'self'.)
// A picture in a rich text is part of the document: its bytes are its address. Nobody is made to fetch one elsewhere.
constexpr const char* security_policy =
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'";

const char* content_type(std::string_view path) {
  for (const auto& [ending, type] : content_types) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

// `/d/NAME`, `/r/NAME`: one segment, the rest is for the app to read.
bool is_app_page(std::string_view path) {
  constexpr std::array<std::string_view, 3> pages{"/d/", "/r/", "/live/"};
  if (path == "/") return true;
  return std::any_of(pages.begin(), pages.end(), [path](std::string_view page) {
    return path.starts_with(page) && path.size() > page.size() && path.find('/', page.size()) == std::string_view::npos;
  });
}

const StaticFile* find_file(const std::vector<StaticFile>& files, std::string_view path) {
  const auto at = std::lower_bound(files.begin(), files.end(), path,
                                   [](const StaticFile& file, std::string_view wanted) { return file.path < wanted; });
  return at != files.end() && at->path == path ? &*at : nullptr;
}

HttpResponse serve_file(const std::vector<StaticFile>& files, const HttpHead& head) {
  const bool is_app = is_app_page(head.path);
  if (is_app && files.empty()) {
    return error_response({404, "this build has no web app: build web/dist, then the program again"}, head.path);
  }
  const StaticFile* file = find_file(files, is_app ? "/index.html" : std::string_view(head.path));
  if (!file) return error_response({404, "there is nothing here"}, head.path);
  HttpResponse response;
  response.fields.emplace_back("ETag", file->etag);
  // Vite puts a hash of the content into the names below /assets.
  response.fields.emplace_back("Cache-Control",
                               file->path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  response.fields.emplace_back("Content-Security-Policy", security_policy);
  if (head.field_has_token("if-none-match", file->etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = content_type(file->path);
  response.fixed_body = file->content;
  return response;
}

}  // namespace

HttpRoute static_route(const std::vector<StaticFile>& files) {
  return {"GET", "/*", [&files](const HttpRequest& request, const HttpRespond& respond) {
            respond(serve_file(files, request.head));
          }};
}

}  // namespace stet::net
