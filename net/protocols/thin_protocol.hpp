// The protocol stet.v1 of clients that hold no CRDT (docs/PROTOCOL.md): messages in, messages out. No I/O.
// What the server tells them and those who only listen (server-sent events) is the same, in MessagePack and in JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "net/frame.hpp"
#include "net/limits.hpp"
#include "net/rooms/room_event.hpp"
#include "stet/result.hpp"

namespace stet::net::thin {

inline constexpr std::string_view subprotocol = "stet.v1";

// --- what clients say ---

struct Open {
  std::string root = "text";
  std::optional<Known> known;
  MemberId session = 0;  // of the connection before; 0: none
};
struct SetPresence {
  std::string name;
  std::string color;
  std::optional<Cursor> cursor;
};
struct Leave {};
struct Unknown {};  // to be ignored: the protocol grows

using RequestKind = std::variant<Unknown, Open, TextEdit, SetPresence, Leave>;
struct Request {
  std::string doc;
  RequestKind what;
};

Result<Request> decode_request(ByteView frame, const Limits& limits);
Bytes encode(const Request& request);

// --- what the server says ---

Frame encode(const std::string& doc, const RoomEvent& event);

// One sentence.
const char* reason(Refusal code);

// As a server-sent event. `id`: what a browser sends back when it resumes the stream; may be empty.
Frame encode_sse(const std::string& doc, const RoomEvent& event, std::string_view id);

// For clients.
Result<std::pair<std::string, RoomEvent>> decode_event(ByteView frame);

}  // namespace stet::net::thin
