// A socket of Hocuspocus: a member of as many rooms as the provider names, each on its own thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "net/limits.hpp"
#include "net/protocols/hocuspocus_protocol.hpp"
#include "net/rooms/remote_member.hpp"
#include "net/sockets/upgrade.hpp"
#include "net/sockets/ws_session.hpp"

namespace stet::net {

// Nobody has to be authorised yet: a document is joined at the first frame that names it.
//
// What concerns one document (it cannot be named so, or never be accepted) is told for that document, and further
// frames for it are ignored until the provider asks again. A provider does not come back to a single document, so
// everything else, such as a commit that failed, closes the socket: then it comes back with all of them.
class HocuspocusSpeaker final : public WsSpeaker, public RemoteMember::Owner, private ManyDocSocket {
 public:
  // `home`: the host of the socket's thread.
  HocuspocusSpeaker(RoomHost& home, FindHost find_host, const Upgrade& upgrade, const Limits& limits);

  void opened(WebSocket& socket) override;
  void received(ByteView message) override;
  bool takes_more() const override { return !flow_->is_full(); }
  void written(MemberId member, std::size_t bytes) override;
  void closed() override;

 private:
  // A document on this socket, by the address that its frames have.
  struct Joined {
    std::shared_ptr<RemoteMember> member;  // none where it was refused
    bool is_authenticated = false;         // Auth was answered
    bool takes_close = false;
  };

  Joined* joined(const hocuspocus::Envelope& envelope);
  void refuse(const std::string& address, Joined& document, CloseCode code, const char* reason);
  void leave(const std::string& address);
  void send(Frame frame, MemberId member);

  void on_frame(RemoteMember& member, Frame frame) override;
  void on_closed(RemoteMember& member, CloseCode code, const char* reason) override;
  void on_flow() override;
  void close_if_drained() override;

  RoomHost& home_;
  FindHost find_host_;
  std::string author_;
  bool is_read_only_;
  const Limits& limits_;
  std::shared_ptr<Flow> flow_;
  WebSocket* socket_ = nullptr;
  std::size_t queued_bytes_ = 0;  // given to the socket and not yet written
  std::unordered_map<std::string, Joined> documents_;
  std::unordered_map<MemberId, std::shared_ptr<RemoteMember>> members_;
};

}  // namespace stet::net
