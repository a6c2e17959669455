// One WebSocket, and what speaks over it.
// Thread rule: everything on the thread of the socket's event loop.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/frame.hpp"
#include "net/http/http_session.hpp"
#include "net/limits.hpp"
#include "net/sockets/connections.hpp"
#include "net/sockets/upgrade.hpp"

namespace boost::asio {
class io_context;
}

namespace stet::net {

// The socket, as a speaker sees it. None of the calls calls back into the speaker.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Queues a message. WsSpeaker::written() is called for it with the same `member`.
  virtual void send(Frame frame, MemberId member) = 0;
  // The same, in no hurry: it may wait 40 to 80 ms for others, with which it is written at once.
  virtual void send_soon(Frame frame, MemberId member) { send(std::move(frame), member); }
  // Closes, after what is queued.
  virtual void close(CloseCode code, const char* reason) = 0;
  // Reads on, after takes_more() was false.
  virtual void resume() = 0;
};

// Speaks a protocol over one socket, which owns it.
class WsSpeaker {
 public:
  virtual ~WsSpeaker() = default;
  // The upgrade is done.
  virtual void opened(WebSocket& socket) = 0;
  virtual void received(ByteView message) = 0;
  // Whether the next message may be read; if not, until WebSocket::resume().
  virtual bool takes_more() const { return true; }
  // So many bytes of what was sent for the member are written.
  virtual void written(MemberId member, std::size_t bytes) = 0;
  // The peer is gone, or is being sent away. Nothing is received after it; may be called twice.
  virtual void closed() = 0;
};

// Completes the upgrade and serves the connection until it closes. To be called on the thread of `io`.
// `read_ahead`: what the client sent behind its request.
void serve_websocket(boost::asio::io_context& io, LooseSocket socket, std::string read_ahead, const Upgrade& upgrade,
                     std::unique_ptr<WsSpeaker> speaker, const Limits& limits,
                     std::unique_ptr<Connections::Lease> lease);

}  // namespace stet::net
