#include "net/protocols/hocuspocus_protocol.hpp"

#include "net/protocols/yws_protocol.hpp"
#include "stet/lib0.hpp"

namespace stet::net::hocuspocus {
namespace {

enum Type : std::uint8_t {
  auth_type = 2,
  stateless_type = 5,
  broadcast_stateless_type = 6,
  close_type = 7,
  sync_status_type = 8,
  ping_type = 9,
  pong_type = 10,
};

enum AuthType : std::uint8_t { token = 0, denied = 1, granted = 2 };

Frame frame_of(std::string_view address, std::initializer_list<std::uint8_t> head, std::string_view text) {
  Writer out;
  constexpr std::size_t most_length_bytes = 16;
  out.reserve(address.size() + head.size() + text.size() + most_length_bytes);
  out.var_string(address);
  for (const std::uint8_t byte : head) out.byte(byte);
  out.var_string(text);
  return make_frame(out.take());
}

// Provider 4 says its version. Provider 3 says who has no token; provider 2 says nothing then.
bool is_provider_3_or_4(Reader& in) {
  if (in.varuint() != token) in.fail(ErrorCode::unsupported, "unknown auth message");
  const bool has_token = !in.var_string().empty();
  return !has_token || !in.at_end();
}

}  // namespace

Result<Envelope> open(ByteView frame) {
  Envelope envelope;
  if (frame.size() == 1 && (frame[0] == ping_type || frame[0] == pong_type)) {
    envelope.type = frame[0] == ping_type ? Envelope::Type::ping : Envelope::Type::pong;
    return envelope;
  }
  Reader in(frame);
  envelope.address = in.var_string();
  envelope.body = frame.subspan(in.offset());
  const std::uint64_t type = in.varuint();
  if (type == auth_type) {
    envelope.type = Envelope::Type::auth;
    envelope.takes_close = is_provider_3_or_4(in);
  } else if (type == close_type) {
    envelope.type = Envelope::Type::close;
  }
  if (!in.ok()) return in.error();
  return envelope;
}

Result<Message> decode(ByteView body) {
  Reader in(body);
  const std::uint64_t type = in.varuint();
  if (type == broadcast_stateless_type) in.fail(ErrorCode::unsupported, "a message between servers");
  if (type != stateless_type && in.ok()) return yws::decode(body);
  const std::string_view text = in.var_string();
  if (in.ok() && !valid_utf8(text)) in.fail(ErrorCode::malformed, "text is not valid UTF-8");
  if (!in.ok()) return in.error();
  return Message{Kind::stateless, as_bytes(text)};
}

Frame encode(const Message& message, std::string_view address) {
  if (message.kind != Kind::stateless) return yws::encode(message, address);
  return frame_of(address, {stateless_type}, as_text(message.payload));
}

Frame authenticated(std::string_view address, bool is_read_only) {
  return frame_of(address, {auth_type, granted}, is_read_only ? "readonly" : "read-write");
}
Frame permission_denied(std::string_view address, std::string_view reason) {
  return frame_of(address, {auth_type, denied}, reason);
}
Frame close(std::string_view address, std::string_view reason) { return frame_of(address, {close_type}, reason); }

Frame sync_status(std::string_view address, bool is_saved) {
  Writer out;
  out.var_string(address);
  out.byte(sync_status_type);
  out.byte(is_saved ? 1 : 0);
  return make_frame(out.take());
}

const Frame& pong() {
  static const Frame frame = make_frame({pong_type});
  return frame;
}

}  // namespace stet::net::hocuspocus
