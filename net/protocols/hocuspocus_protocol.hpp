// The Hocuspocus protocol, as the providers 2 to 4 speak it: frames in, frames out. No I/O.
//
//   frame      = varstring address, varuint type, payload; or one bare byte: ping (9), answered by a bare pong (10)
//   address    = the document's name; with the provider's sessionAwareness `name NUL session`, answered to the same
//   types      = 0 sync, 1 awareness, 3 query awareness: the frames of y-websocket behind the address
//                2 auth: from a client 0, token, version (provider 4 only); to it 1, reason (denied) or 2, scope
//                5 stateless: a string to everybody else in the document
//                7 close: of the document, not of the socket; from a client without a payload
//                8 sync status: 1 for each step 2 or update of the client's, once it is durable; 0 where it is declined
//   others     are ignored, but for 6 (broadcast stateless), which only servers may say
//
// The server opens with auth and the awareness of all. It answers a step 1 with a step 1 of its own and then step 2.
#pragma once

#include <optional>
#include <string_view>

#include "net/protocols/protocol.hpp"

namespace stet::net::hocuspocus {

// A frame, read as far as the connection has to know it.
struct Envelope {
  enum class Type : std::uint8_t { ping, pong, auth, close, other };

  Type type = Type::other;
  std::string_view address;  // borrowed, as the rest; the document's name is what is before the NUL
  ByteView body;             // of the type `other`: what decode() takes
  bool takes_close = false;  // of the type `auth`: the provider knows type 7. Provider 2 throws when it sees one

  std::string_view doc() const { return address.substr(0, address.find('\0')); }
};

Result<Envelope> open(ByteView frame);

// What stands behind the address, for the room.
Result<Message> decode(ByteView body);

Frame encode(const Message& message, std::string_view address);
Frame authenticated(std::string_view address, bool is_read_only);
Frame permission_denied(std::string_view address, std::string_view reason);
Frame close(std::string_view address, std::string_view reason);
// That one step 2 or update is durable, or was not taken.
Frame sync_status(std::string_view address, bool is_saved = true);
const Frame& pong();

}  // namespace stet::net::hocuspocus
