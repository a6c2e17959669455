// The y-websocket protocol: frames in, frames out. No I/O.
//
//   frame     = varuint kind, rest
//   kind 0    = sync: varuint 0 (step 1), 1 (step 2) or 2 (update), then a byte array (state vector, update, update);
//               nothing may follow it
//   kind 1    = awareness: a byte array, see stet/awareness.hpp
//   kind 2    = auth, only to clients: varuint 0 (denied), then a string, the reason
//   kind 3    = asks for the awareness of all
//   others    are ignored, and so is what follows a kind other than 0: the protocol grows by appending
//
// A WebSocket message carries one frame: stable clients read only the first. The server opens with a step 1 and the
// awareness of all. What a client sent comes back to it, word for word, once it is durable.
#pragma once

#include "net/protocols/protocol.hpp"

namespace stet::net::yws {

Result<Message> decode(ByteView frame);

// Hocuspocus puts a name before the same frame: `address`, where it is not empty.
Frame encode(const Message& message, std::string_view address = {});

}  // namespace stet::net::yws
