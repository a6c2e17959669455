// What a room and its members say to each other, whatever protocol a member speaks. No I/O.
//
// Three protocols carry the same messages of Yjs and differ in their frame, in who speaks first and in what tells a
// client that its edit is saved. A fourth kind of member takes no frames but events: see room_event.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/frame.hpp"
#include "net/rooms/room_event.hpp"
#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace stet::net {

enum class Dialect : std::uint8_t {
  y_websocket,  // yws_protocol.hpp
  hocuspocus,   // hocuspocus_protocol.hpp
  y_sweet,      // ysweet_protocol.hpp
  events,       // no frames, but a RoomEvent for all that happens
};

// Who joins a room.
struct MemberProfile {
  Dialect dialect = Dialect::y_websocket;
  std::string address = {};         // hocuspocus: the name with which each of its frames begins
  std::string root = {};            // events: the root text that it watches
  std::optional<Known> known = {};  // events: what it has of it
  MemberId session = 0;             // events: the one it had before, if it edited
  std::string tags = {};            // of all its updates, one a line
  bool is_read_only = false;        // edits of it are declined
};

enum class Kind : std::uint8_t {
  step1,            // payload: a state vector
  step2,            // an update
  update,           // an update
  awareness,        // see stet/awareness.hpp
  query_awareness,  // no payload
  stateless,        // text, of Hocuspocus only
  sync_status,      // of y-sweet only: to be echoed once all before it is durable
  denied,           // text: why an edit of a read-only session is declined; not of Hocuspocus
  unknown,
};

struct Message {
  Kind kind = Kind::unknown;
  ByteView payload = {};  // borrowed from the frame
};

// The payload of an awareness that says nothing of anybody: a message that every client accepts and that changes
// nothing. Keeps clients from closing, which they do when no application message came for 30 s (WebSocket pings do not
// count).
inline constexpr std::uint8_t no_awareness[] = {0};

// A frame of a member that speaks so, without its address.
Result<Message> decode(Dialect dialect, ByteView frame);

// A message as the member takes it.
Frame encode(const Message& message, const MemberProfile& member);

// A message to many: encoded once for all who take the same bytes.
class SharedMessage {
 public:
  // The payload is borrowed. `plain`: its frame for those without an address, where that was made before.
  explicit SharedMessage(const Message& message, Frame plain = {}) : message_(message), plain_(std::move(plain)) {}

  const Frame& frame_for(const MemberProfile& member);

 private:
  Message message_;
  Frame plain_;  // for those without an address
  std::map<std::string, Frame, std::less<>> addressed_;
};

}  // namespace stet::net
