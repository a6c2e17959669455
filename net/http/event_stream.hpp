// Server-sent events (HTML standard, section 9.2): documents and the server's own state to those who only listen.
#pragma once

#include <memory>

#include "net/http/http_session.hpp"
#include "net/http/stream_request.hpp"
#include "net/limits.hpp"
#include "net/rooms/remote_member.hpp"
#include "net/sockets/connections.hpp"

namespace boost::asio {
class io_context;
}

namespace stet::net {

// Answers until one of the two goes. To be called on the thread of `io`, where `home` is.
void serve_stream(boost::asio::io_context& io, LooseSocket socket, StreamRequest request, RoomHost& home,
                  FindHost find_host, ServerState& state, const Limits& limits,
                  std::unique_ptr<Connections::Lease> lease);

}  // namespace stet::net
