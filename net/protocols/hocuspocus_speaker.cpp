#include "net/protocols/hocuspocus_speaker.hpp"

#include "net/doc_name.hpp"

namespace stet::net {

using hocuspocus::Envelope;

HocuspocusSpeaker::HocuspocusSpeaker(RoomHost& home, FindHost find_host, const Upgrade& upgrade, const Limits& limits)
    : home_(home),
      find_host_(std::move(find_host)),
      author_(upgrade.author),
      is_read_only_(upgrade.is_read_only),
      limits_(limits),
      flow_(std::make_shared<Flow>(limits.flow_bytes)) {}

void HocuspocusSpeaker::opened(WebSocket& socket) {
  socket_ = &socket;
  home_.add(*this);
  close_if_drained();
}

void HocuspocusSpeaker::received(ByteView message) {
  const auto opened = hocuspocus::open(message);
  if (!opened) {
    closed();
    return socket_->close(CloseCode::bad_content, opened.error().what);
  }
  const Envelope& envelope = *opened;
  if (envelope.type == Envelope::Type::ping) return send(hocuspocus::pong(), no_member);
  if (envelope.type == Envelope::Type::pong) return;
  if (envelope.type == Envelope::Type::close) return leave(std::string(envelope.address));
  Joined* document = joined(envelope);
  if (!document || !document->member) return;
  if (envelope.type == Envelope::Type::other) return document->member->receive(envelope.body);
  document->takes_close = envelope.takes_close;
  if (std::exchange(document->is_authenticated, true)) return;
  send(hocuspocus::authenticated(envelope.address, is_read_only_), no_member);
}

// The document that a frame is for, joined where that is new or asked for again.
HocuspocusSpeaker::Joined* HocuspocusSpeaker::joined(const Envelope& envelope) {
  const std::string address(envelope.address);
  const bool asks = envelope.type == Envelope::Type::auth;
  const auto known = documents_.find(address);
  if (known != documents_.end() && (known->second.member || !asks)) return &known->second;
  if (known == documents_.end() && documents_.size() >= limits_.documents_per_socket) {
    closed();
    socket_->close(CloseCode::policy, "too many documents on one connection");
    return nullptr;
  }
  Joined& document = documents_[address];
  const std::string doc(envelope.doc());
  const char* fault = doc_name_fault(doc, limits_);
  if (address.size() - doc.size() > limits_.session_name_bytes) fault = "session name is too long";
  if (fault) {
    refuse(address, document, CloseCode::forbidden, fault);
    return nullptr;
  }
  MemberProfile profile{.dialect = Dialect::hocuspocus, .address = address, .is_read_only = is_read_only_};
  document.member = std::make_shared<RemoteMember>(home_.draw_id(), author_, std::move(profile), home_, find_host_(doc),
                                                   flow_, *this);
  members_[document.member->id()] = document.member;
  // What is sent at once comes before everything from the room.
  document.member->join(doc);
  return &document;
}

void HocuspocusSpeaker::refuse(const std::string& address, Joined& document, CloseCode code, const char* reason) {
  const bool closes = code != CloseCode::forbidden && document.takes_close;
  document = {};
  send(closes ? hocuspocus::close(address, reason) : hocuspocus::permission_denied(address, reason), no_member);
}

void HocuspocusSpeaker::leave(const std::string& address) {
  const auto known = documents_.find(address);
  if (known == documents_.end()) return;
  if (const auto& member = known->second.member) {
    members_.erase(member->id());
    member->leave();
  }
  documents_.erase(known);
  close_if_drained();
}

void HocuspocusSpeaker::send(Frame frame, MemberId member) {
  queued_bytes_ += frame->size();
  socket_->send(std::move(frame), member);
  if (queued_bytes_ <= limits_.socket_queue_bytes) return;
  closed();
  socket_->close(CloseCode::try_again, "reads too slowly");
}

void HocuspocusSpeaker::written(MemberId member, std::size_t bytes) {
  queued_bytes_ -= bytes;
  const auto at = members_.find(member);
  if (at != members_.end()) at->second->written(bytes);
}

void HocuspocusSpeaker::closed() {
  home_.remove(*this);
  for (const auto& [id, member] : members_) member->leave();
  members_.clear();
  documents_.clear();
}

void HocuspocusSpeaker::on_frame(RemoteMember& member, Frame frame) { send(std::move(frame), member.id()); }

void HocuspocusSpeaker::on_closed(RemoteMember& member, CloseCode code, const char* reason) {
  const std::string address = member.profile().address;
  members_.erase(member.id());
  if (code == CloseCode::bad_content || code == CloseCode::forbidden || code == CloseCode::gone) {
    refuse(address, documents_.at(address), code, reason);
  } else if (code == CloseCode::going_away) {
    documents_.at(address) = {};  // others may still wait for their commits
  } else {
    closed();
    return socket_->close(code, reason);
  }
  close_if_drained();
}

void HocuspocusSpeaker::on_flow() { socket_->resume(); }

void HocuspocusSpeaker::close_if_drained() {
  if (!home_.is_draining() || !members_.empty()) return;
  closed();
  socket_->close(CloseCode::going_away, going_away_reason);
}

}  // namespace stet::net
