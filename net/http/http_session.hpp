// One accepted connection, as long as it speaks HTTP.
// Thread rule: runs on the thread of the socket's executor.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "net/http/http.hpp"
#include "net/http/stream_request.hpp"
#include "net/sockets/connections.hpp"
#include "net/sockets/upgrade.hpp"

namespace stet::net {

// A connected socket on its way from one thread to another.
struct LooseSocket {
  int handle;
  bool is_v6;
};

// What all sessions share; outlives them.
struct HttpSite {
  const Limits& limits;
  OriginRules origins;
  std::vector<HttpRoute> routes;
  // Takes over a connection: its socket, what was read behind the request, and its place in the count.
  std::function<void(Upgrade, LooseSocket, std::string read_ahead, std::unique_ptr<Connections::Lease>)> upgrade;
  // The same for an event stream.
  std::function<void(StreamRequest, LooseSocket, std::unique_ptr<Connections::Lease>)> stream;
};

// Serves requests until the connection closes or is upgraded. Without a lease it answers 503 and closes.
void serve_http(boost::asio::ip::tcp::socket socket, const HttpSite& site, std::unique_ptr<Connections::Lease> lease);

}  // namespace stet::net
