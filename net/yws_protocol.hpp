// The y-websocket protocol: frames in, frames out. No I/O.
//
//   frame     = varuint kind, rest
//   kind 0    = sync: varuint 0 (step 1), 1 (step 2) or 2 (update), then a byte array (state vector, update, update);
//               nothing may follow it
//   kind 1    = awareness: a byte array, see stet/awareness.hpp
//   kind 3    = asks for the awareness of all
//   others    are ignored, and so is what follows a kind other than 0: the protocol grows by appending
//
// A WebSocket message carries one frame: stable clients read only the first.
#pragma once

#include <cstdint>

#include "net/frame.hpp"
#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace stet::net::yws {

enum class Kind : std::uint8_t { step1, step2, update, awareness, query_awareness, unknown };

struct Message {
  Kind kind = Kind::unknown;
  ByteView payload;  // borrowed from the frame
};

Result<Message> decode(ByteView frame);

Frame encode_step1(ByteView state_vector);
Frame encode_step2(ByteView update);
Frame encode_update(ByteView update);
Frame encode_awareness(ByteView payload);

// The empty awareness: a message that every client accepts and that changes nothing. Keeps clients from closing, which
// they do when no application message came for 30 s (WebSocket pings do not count).
const Frame& heartbeat();

}  // namespace stet::net::yws
