#include "websocket.hpp"

#include <array>

#include "../core/input.hpp"

namespace stet::bench {
namespace {

constexpr std::array<std::uint8_t, 4> mask = {0x5a, 0x3c, 0x96, 0xe1};

std::size_t number(ByteView big_endian) {
  std::size_t value = 0;
  for (const std::uint8_t byte : big_endian) value = value << 8 | byte;
  return value;
}

}  // namespace

std::string upgrade_request(const std::string& host, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Version: 13\r\n\r\n";
}

bool is_accepted(std::string_view head) { return head.starts_with("HTTP/1.1 101"); }

void put_frame(Bytes& out, Opcode opcode, ByteView payload, bool masked) {
  const std::uint8_t mask_bit = masked ? 0x80 : 0;
  out.push_back(0x80 | static_cast<std::uint8_t>(opcode));
  if (payload.size() < 126) {
    out.push_back(mask_bit | static_cast<std::uint8_t>(payload.size()));
  } else {
    const bool wide = payload.size() > 0xffff;
    out.push_back(mask_bit | (wide ? 127 : 126));
    for (unsigned byte = wide ? 8 : 2; byte-- > 0;) {
      out.push_back(static_cast<std::uint8_t>(payload.size() >> (8 * byte)));
    }
  }
  if (!masked) {
    out.insert(out.end(), payload.begin(), payload.end());
    return;
  }
  out.insert(out.end(), mask.begin(), mask.end());
  for (std::size_t i = 0; i < payload.size(); ++i) out.push_back(payload[i] ^ mask[i % 4]);
}

std::optional<ReceivedFrame> first_frame(ByteView input) {
  if (input.size() < 2) return std::nullopt;
  if ((input[0] & 0x80) == 0) die("a fragmented message");
  if ((input[1] & 0x80) != 0) die("a masked frame from the server");
  std::size_t header = 2;
  std::size_t length = input[1];
  if (length > 125) {
    header += length == 126 ? 2 : 8;
    if (input.size() < header) return std::nullopt;
    length = number(input.subspan(2, header - 2));
  }
  if (input.size() - header < length) return std::nullopt;
  return ReceivedFrame{static_cast<Opcode>(input[0] & 0x0f), input.subspan(header, length), header + length};
}

}  // namespace stet::bench
