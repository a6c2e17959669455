// What goes to a socket: encoded once, shared by all who get it.
#pragma once

#include <cstdint>
#include <memory>

#include "stet/bytes.hpp"

namespace stet::net {

using Frame = std::shared_ptr<const Bytes>;

// A connection, unique in this process and drawn at random, so that it can stand in the log as the session.
using MemberId = std::uint64_t;
inline constexpr MemberId no_member = 0;  // never drawn

// The close codes that this server sends itself (Beast adds those of broken framing: 1002, 1007, 1009).
enum class CloseCode : std::uint16_t {
  going_away = 1001,        // the server shuts down
  unsupported_data = 1003,  // a text message
  policy = 1008,            // a flood
  internal_error = 1011,    // the document cannot be loaded
  try_again = 1013,         // overload, or a commit failed: come back and sync
  bad_content = 4400,       // can never be accepted; permanent for y-websocket, which would else send it again for ever
  forbidden = 4403,         // not allowed, or a bad name
};

}  // namespace stet::net
