// A socket that is one member of one room, on the thread of that room: y-websocket and y-sweet.
#pragma once

#include <string>

#include "net/rooms/room_host.hpp"
#include "net/sockets/upgrade.hpp"
#include "net/sockets/ws_session.hpp"

namespace stet::net {

class RoomSpeaker final : public WsSpeaker, private Membership {
 public:
  RoomSpeaker(RoomHost& host, const Upgrade& upgrade)
      : Membership(host.draw_id(), upgrade.author, {.dialect = upgrade.dialect, .is_read_only = upgrade.is_read_only}),
        host_(host),
        doc_(upgrade.doc),
        doc_fault_(upgrade.doc_fault) {}

  void opened(WebSocket& socket) override {
    socket_ = &socket;
    if (doc_fault_) return socket.close(CloseCode::forbidden, doc_fault_);
    host_.join(doc_, *this);
  }
  void received(ByteView message) override { host_.receive(*this, message); }
  void written(MemberId, std::size_t bytes) override { host_.written(*this, bytes); }
  void closed() override { host_.leave(*this); }

 private:
  void send(Frame frame) override { socket_->send(std::move(frame), id()); }
  void send_soon(Frame frame) override { socket_->send_soon(std::move(frame), id()); }
  void close(CloseCode code, const char* reason) override { socket_->close(code, reason); }

  RoomHost& host_;
  WebSocket* socket_ = nullptr;
  std::string doc_;
  const char* doc_fault_;
};

}  // namespace stet::net
