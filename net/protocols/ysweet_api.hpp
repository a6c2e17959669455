// The HTTP side of y-sweet (npm: @y-sweet/sdk), so that its clients need only another address.
#pragma once

#include <vector>

#include "net/http/http.hpp"
#include "net/limits.hpp"
#include "net/rooms/room_host.hpp"
#include "storage/store.hpp"

namespace stet::net {

//   POST /check_store                        {"ok":true}
//   POST /doc/new {"docId":ID}               {"docId":ID}; makes it where there is none; without an id under a new one
//   POST /doc/ID/auth {"authorization":A}    {"url","baseUrl","docId","authorization"}, and "token" where A is
//                                            "read-only"; 404 where there is none
//   GET  /d/ID/as-update                     the state as an update (v1)
//   POST /d/ID/update                        an update (v1); answered when it is durable
// The WebSocket is /d/ID/ws/ID, see upgrade.hpp. All arguments are borrowed.
std::vector<HttpRoute> ysweet_routes(storage::Store& store, const FindHost& find_host, const Limits& limits);

}  // namespace stet::net
