// Speaks stet.v1 (docs/PROTOCOL.md) over one socket, with many documents on whatever threads.
// Thread rule: the thread of the socket.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "net/http/event_flow.hpp"
#include "net/protocols/thin_protocol.hpp"
#include "net/rooms/remote_member.hpp"
#include "net/sockets/rate_limit.hpp"
#include "net/sockets/ws_session.hpp"

namespace stet::net {

class ThinSpeaker final : public WsSpeaker, public RemoteMember::Owner, private ManyDocSocket {
 public:
  // `home`: of the socket's thread.
  ThinSpeaker(RoomHost& home, FindHost find_host, const Upgrade& upgrade, const Limits& limits);

  void opened(WebSocket& socket) override;
  void received(ByteView message) override;
  bool takes_more() const override { return !flow_->is_full() && lagging_ == 0; }
  void written(MemberId member, std::size_t bytes) override;
  void closed() override;

 private:
  struct Place {
    std::string doc;
    std::shared_ptr<RemoteMember> member;
    EventFlow flow;
  };

  void on_frame(RemoteMember&, Frame) override {}
  void on_event(RemoteMember& member, const SharedEvent& event) override;
  void on_closed(RemoteMember& member, CloseCode code, const char* reason) override;
  void on_flow() override;
  void close_if_drained() override;

  void open(const std::string& doc, const thin::Open& open);
  void leave(const std::string& doc);
  Place* find(const std::string& doc);
  // Runs on the room's thread, where the document is open.
  void perform(const std::string& doc, std::size_t bytes, std::function<void(RoomHost&, RemoteMember&)> action);
  void send(Place& place, const RoomEvent& event);
  // What belongs to no document that is open.
  void send(const std::string& doc, const RoomEvent& event);
  void erase(MemberId member);

  RoomHost& home_;
  FindHost find_host_;
  std::string author_;
  bool is_read_only_;
  const Limits& limits_;
  WebSocket* socket_ = nullptr;
  std::shared_ptr<Flow> flow_;
  RateLimit requests_;
  std::size_t lagging_ = 0;  // places
  std::unordered_map<MemberId, Place> places_;
  std::unordered_map<std::string, MemberId> by_doc_;
};

}  // namespace stet::net
