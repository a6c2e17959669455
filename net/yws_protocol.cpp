#include "net/yws_protocol.hpp"

#include "stet/awareness.hpp"
#include "stet/lib0.hpp"

namespace stet::net::yws {
namespace {

constexpr std::uint64_t sync_kind = 0;
constexpr std::uint64_t awareness_kind = 1;
constexpr std::uint64_t query_awareness_kind = 3;

Frame frame_of(std::initializer_list<std::uint8_t> head, ByteView payload) {
  Writer out;
  out.reserve(head.size() + payload.size() + 8);
  for (const std::uint8_t byte : head) out.byte(byte);
  out.var_bytes(payload);
  return std::make_shared<const Bytes>(out.take());
}

Message decode_sync(Reader& in) {
  const std::uint64_t step = in.varuint();
  if (step > 2) in.fail(ErrorCode::unsupported, "unknown sync message");
  const ByteView payload = in.var_bytes();
  if (in.ok() && !in.at_end()) in.fail(ErrorCode::malformed, "bytes after a sync message");
  return {step == 0 ? Kind::step1 : step == 1 ? Kind::step2 : Kind::update, payload};
}

}  // namespace

Result<Message> decode(ByteView frame) {
  Reader in(frame);
  const std::uint64_t kind = in.varuint();
  Message message;
  if (kind == sync_kind) {
    message = decode_sync(in);
  } else if (kind == awareness_kind) {
    message = {Kind::awareness, in.var_bytes()};
  } else if (kind == query_awareness_kind) {
    message.kind = Kind::query_awareness;
  }
  if (!in.ok()) return in.error();
  return message;
}

Frame encode_step1(ByteView state_vector) { return frame_of({0, 0}, state_vector); }
Frame encode_step2(ByteView update) { return frame_of({0, 1}, update); }
Frame encode_update(ByteView update) { return frame_of({0, 2}, update); }
Frame encode_awareness(ByteView payload) { return frame_of({1}, payload); }

const Frame& heartbeat() {
  static const Frame frame = encode_awareness(stet::encode_awareness({}));
  return frame;
}

}  // namespace stet::net::yws
