// The HTTP API: what is answered below /api, and /healthz.
#pragma once

#include <vector>

#include "net/http/http.hpp"
#include "net/limits.hpp"
#include "net/rooms/room_host.hpp"
#include "net/sockets/connections.hpp"
#include "storage/store.hpp"

namespace stet::net {

//   GET  /healthz                      {"status":"ok"}
//   GET  /api/docs?q=TEXT&limit=N      {"docs":[DOC...]}, newest modified first; DOC is {"name","kind","created_ms",
//                                      "modified_ms","seq","members"}. deleted=true: those that are deleted, instead
//   POST /api/docs {"name":NAME}       201 with that object, 409 where it exists
//   GET  /api/docs/NAME                DOC; 404 where there is none. NAME is one segment
//   DELETE /api/docs/NAME              DOC with "deleted_ms". From then on 410 for all that is asked of it
//   POST /api/docs/NAME/undelete       DOC, as it was; 409 where it is not deleted
//   GET  /api/docs/NAME/text?root=R    the root as plain text, its version in the field Stet-Version
// Errors are {"error":"one clear sentence"}. All arguments are borrowed. (Event streams: stream_request.hpp.)
std::vector<HttpRoute> api_routes(storage::Store& store, Census& census, const FindHost& find_host,
                                  const Limits& limits);

}  // namespace stet::net
