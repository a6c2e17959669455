#include "net/protocols/yws_protocol.hpp"

#include <cassert>

#include "stet/lib0.hpp"

namespace stet::net::yws {
namespace {

constexpr std::uint64_t sync_kind = 0;
constexpr std::uint64_t awareness_kind = 1;
constexpr std::uint64_t auth_kind = 2;
constexpr std::uint64_t query_awareness_kind = 3;

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

Frame encode(const Message& message, std::string_view address) {
  Writer out;
  constexpr std::size_t most_head_bytes = 16;  // two lengths, kind and step
  out.reserve(address.size() + message.payload.size() + most_head_bytes);
  if (!address.empty()) out.var_string(address);
  switch (message.kind) {
    case Kind::step1:
    case Kind::step2:
    case Kind::update:
      out.varuint(sync_kind);
      out.varuint(message.kind == Kind::step1 ? 0 : message.kind == Kind::step2 ? 1 : 2);
      out.var_bytes(message.payload);
      break;
    case Kind::awareness:
      out.varuint(awareness_kind);
      out.var_bytes(message.payload);
      break;
    case Kind::query_awareness:
      out.varuint(query_awareness_kind);
      break;
    case Kind::denied:
      out.varuint(auth_kind);
      out.varuint(0);
      out.var_bytes(message.payload);
      break;
    case Kind::stateless:
    case Kind::sync_status:
    case Kind::unknown:
      assert(!"there is no frame of this kind");
  }
  return make_frame(out.take());
}

}  // namespace stet::net::yws
