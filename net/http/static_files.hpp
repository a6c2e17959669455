// The web app, embedded in the program at build time from web/dist (see embed.cmake).
#pragma once

#include <string_view>
#include <vector>

#include "net/http/http.hpp"

namespace stet::net {

struct StaticFile {
  std::string_view path;  // as in a URL, `/index.html`
  std::string_view etag;  // with quotes, from the content
  std::string_view content;
};

// Generated; empty if there was no web/dist. Sorted by path.
const std::vector<StaticFile>& embedded_files();

// GET of anything: `/` and `/d/NAME` are the single page app, other paths the file of that path, else 404.
HttpRoute static_route(const std::vector<StaticFile>& files);

}  // namespace stet::net
