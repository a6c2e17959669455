// The HTTP API: what is answered below /api, and /healthz.
#pragma once

#include <vector>

#include "net/connections.hpp"
#include "net/http.hpp"
#include "net/limits.hpp"
#include "storage/store.hpp"

namespace stet::net {

//   GET  /healthz                      {"status":"ok"}
//   GET  /api/docs?q=TEXT&limit=N      {"docs":[{"name","created_ms","modified_ms","seq","members"}]}, newest modified
//   first POST /api/docs {"name":NAME}       201 with that object, 409 where it exists
// Errors are {"error":"one clear sentence"}. All arguments are borrowed.
std::vector<HttpRoute> api_routes(storage::Store& store, Census& census, const Limits& limits);

}  // namespace stet::net
