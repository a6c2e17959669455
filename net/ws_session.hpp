// One WebSocket, a member of a room on the same thread.
#pragma once

#include <memory>
#include <string>

#include "net/connections.hpp"
#include "net/http_session.hpp"
#include "net/limits.hpp"
#include "net/room_host.hpp"
#include "net/upgrade.hpp"

namespace boost::asio {
class io_context;
}

namespace stet::net {

// Completes the upgrade and serves the connection until it closes. To be called on the thread of `io`, where `host` is.
// `read_ahead`: what the client sent behind its request.
void serve_websocket(boost::asio::io_context& io, LooseSocket socket, std::string read_ahead, Upgrade upgrade,
                     MemberId id, RoomHost& host, const Limits& limits, std::unique_ptr<Connections::Lease> lease);

}  // namespace stet::net
