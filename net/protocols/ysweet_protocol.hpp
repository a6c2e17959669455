// The protocol of y-sweet: y-websocket's frames (yws_protocol.hpp), and one more that clients send after each edit, on
// open, and after two seconds of silence:
//
//   kind 102  = a byte array, to be echoed word for word once everything before it is durable
//
// A client without any message 3 s after its 102 reconnects. No I/O.
#pragma once

#include "net/protocols/protocol.hpp"

namespace stet::net::ysweet {

// The authorization that its HTTP side is asked for, and the token that it gives then.
inline constexpr const char* read_only = "read-only";

Result<Message> decode(ByteView frame);
Frame encode(const Message& message);

}  // namespace stet::net::ysweet
