#include "dialect.hpp"

#include <array>

#include "../core/input.hpp"
#include "stet/lib0.hpp"
#include "websocket.hpp"

namespace stet::bench {
namespace {

constexpr std::array<std::uint8_t, 1> empty_state_vector = {0};
constexpr std::array<std::uint8_t, 2> empty_update = {0, 0};

}  // namespace

Bytes Protocol::frame(std::initializer_list<std::uint8_t> head, ByteView payload) const {
  Writer message;
  if (dialect_ == Dialect::hocuspocus) message.var_string(doc_);
  for (const std::uint8_t byte : head) message.byte(byte);
  message.var_bytes(payload);
  Bytes out;
  put_frame(out, Opcode::binary, message.view(), dialect_ != Dialect::relay);
  return out;
}

Bytes Protocol::hello() const {
  Bytes out;
  if (dialect_ == Dialect::hocuspocus) out = frame({2, 0}, as_bytes(""));
  const Bytes step1 = frame({0, 0}, empty_state_vector);
  out.insert(out.end(), step1.begin(), step1.end());
  return out;
}

Bytes Protocol::answer() const { return frame({0, 1}, empty_update); }
Bytes Protocol::update(ByteView update) const { return frame({0, 2}, update); }
Bytes Protocol::awareness(ByteView payload) const { return frame({1}, payload); }

ServerMessage Protocol::decode(ByteView message) const {
  using Kind = ServerMessage::Kind;
  Reader in(message);
  if (dialect_ == Dialect::hocuspocus) {
    if (message.size() == 1) return {};  // ping
    in.var_bytes();
  }
  const std::uint64_t kind = in.varuint();
  if (kind == 0) {
    const std::uint64_t step = in.varuint();
    return {step == 0 ? Kind::step1 : step == 1 ? Kind::step2 : Kind::update, in.var_bytes()};
  }
  if (kind == 1) return {Kind::awareness, in.var_bytes()};
  if (kind == 2 && in.varuint() == 1) die("denied");
  if (kind == 8 && dialect_ == Dialect::hocuspocus) {
    if (in.varuint() != 1) die("an edit was not taken");
    return {Kind::saved, {}};
  }
  return {};
}

}  // namespace stet::bench
