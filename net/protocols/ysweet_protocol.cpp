#include "net/protocols/ysweet_protocol.hpp"

#include "net/protocols/yws_protocol.hpp"
#include "stet/lib0.hpp"

namespace stet::net::ysweet {
namespace {

constexpr std::uint8_t sync_status_kind = 102;

}  // namespace

Result<Message> decode(ByteView frame) {
  if (frame.empty() || frame[0] != sync_status_kind) return yws::decode(frame);
  Reader in(frame);
  in.varuint();
  const ByteView version = in.var_bytes();
  if (!in.ok()) return in.error();
  return Message{Kind::sync_status, version};
}

Frame encode(const Message& message) {
  if (message.kind != Kind::sync_status) return yws::encode(message);
  Writer out;
  out.varuint(sync_status_kind);
  out.var_bytes(message.payload);
  return make_frame(out.take());
}

}  // namespace stet::net::ysweet
