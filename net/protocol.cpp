#include "net/protocol.hpp"

#include "net/yws_protocol.hpp"

namespace stet::net {

Result<Message> decode(Dialect, ByteView frame) { return yws::decode(frame); }

Frame encode(const Message& message, const MemberProfile& member) { return yws::encode(message, member.address); }

const Frame& SharedMessage::frame_for(const MemberProfile& member) {
  Frame& frame = member.address.empty() ? plain_ : addressed_[member.address];
  if (!frame) frame = encode(message_, member);
  return frame;
}

}  // namespace stet::net
