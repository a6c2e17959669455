// The client's side of a WebSocket as bytes, as little of it as the servers measured here need: no fragments, no
// extensions. Everybody masks with the same key, so that frames can be made before the clock starts.
#pragma once

#include <optional>
#include <string>

#include "stet/bytes.hpp"

namespace stet::bench {

enum class Opcode : std::uint8_t { binary = 2, close = 8, ping = 9, pong = 10 };

// The request that opens a WebSocket, and whether `head`, the head of an answer, accepts it.
std::string upgrade_request(const std::string& host, const std::string& path);
bool is_accepted(std::string_view head);

// Appends a frame. Unmasked ones are for the relay, which hands them on as they are.
void put_frame(Bytes& out, Opcode opcode, ByteView payload, bool masked);

struct ReceivedFrame {
  Opcode opcode;
  ByteView payload;
  std::size_t size;  // header included
};
// The frame that `input` begins with; nothing while it is not whole. Dies of fragments and masks.
std::optional<ReceivedFrame> first_frame(ByteView input);

}  // namespace stet::bench
