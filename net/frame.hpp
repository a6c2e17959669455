// What goes to sockets: encoded once, and compressed once where some of them take it so, shared by all who get it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "stet/bytes.hpp"

namespace stet::net {

// Thread rule: any thread.
class Payload {
 public:
  explicit Payload(Bytes bytes) : bytes_(std::move(bytes)) {}

  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  operator ByteView() const { return bytes_; }

  // The same as permessage-deflate sends it (RFC 7692), made when this is first called. nullptr where it is not
  // shorter.
  const Bytes* deflated() const;

 private:
  Bytes bytes_;
  mutable std::once_flag is_deflated_;
  mutable std::unique_ptr<const Bytes> deflated_;
};

using Frame = std::shared_ptr<const Payload>;

inline Frame make_frame(Bytes bytes) { return std::make_shared<const Payload>(std::move(bytes)); }

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
  gone = 4410,              // the document was deleted
  forbidden = 4403,         // not allowed, or a bad name
};
inline constexpr const char* going_away_reason = "server shuts down";

}  // namespace stet::net
