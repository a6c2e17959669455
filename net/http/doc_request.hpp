// One question to a document, or one edit of it, by who is no member for longer than that: HTTP requests.
// Thread rule: any thread; `done` runs once, on the thread of the room, and must not block.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "net/rooms/room_host.hpp"

namespace stet::net {

// Why the room sent it away; see CloseCode.
struct DocRefusal {
  CloseCode code;
  const char* reason;
};

// The whole state, as one update (v1). `host`: the one of the document.
using StateDone = std::function<void(std::variant<Bytes, DocRefusal>)>;
void read_state(RoomHost& host, const std::string& doc, StateDone done);

// Applies an update (v1); done when it is durable. `tags`: of the edit, one a line.
using UpdateDone = std::function<void(std::optional<DocRefusal>)>;
void apply_update(RoomHost& host, const std::string& doc, std::string author, std::string tags, Bytes update,
                  UpdateDone done);

}  // namespace stet::net
