#include "net/protocol.hpp"

#include "net/hocuspocus_protocol.hpp"
#include "net/yws_protocol.hpp"

namespace stet::net {

Result<Message> decode(Dialect dialect, ByteView frame) {
  return dialect == Dialect::hocuspocus ? hocuspocus::decode(frame) : yws::decode(frame);
}

Frame encode(const Message& message, const MemberProfile& member) {
  return member.dialect == Dialect::hocuspocus ? hocuspocus::encode(message, member.address) : yws::encode(message);
}

const Frame& SharedMessage::frame_for(const MemberProfile& member) {
  Frame& frame = member.address.empty() ? plain_ : addressed_[member.address];
  if (!frame) frame = encode(message_, member);
  return frame;
}

}  // namespace stet::net
