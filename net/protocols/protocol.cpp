#include "net/protocols/protocol.hpp"

#include "net/protocols/hocuspocus_protocol.hpp"
#include "net/protocols/ysweet_protocol.hpp"
#include "net/protocols/yws_protocol.hpp"

namespace stet::net {

Result<Message> decode(Dialect dialect, ByteView frame) {
  switch (dialect) {
    case Dialect::hocuspocus:
      return hocuspocus::decode(frame);
    case Dialect::y_sweet:
      return ysweet::decode(frame);
    case Dialect::y_websocket:
    case Dialect::events:
      break;
  }
  return yws::decode(frame);
}

Frame encode(const Message& message, const MemberProfile& member) {
  switch (member.dialect) {
    case Dialect::hocuspocus:
      return hocuspocus::encode(message, member.address);
    case Dialect::y_sweet:
      return ysweet::encode(message);
    case Dialect::y_websocket:
    case Dialect::events:
      break;
  }
  return yws::encode(message);
}

const Frame& SharedMessage::frame_for(const MemberProfile& member) {
  Frame& frame = member.address.empty() ? plain_ : addressed_[member.address];
  if (!frame) frame = encode(message_, member);
  return frame;
}

}  // namespace stet::net
