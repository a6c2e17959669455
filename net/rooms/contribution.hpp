// An edit that the server itself brings into a document: it joins the room as any member does, says its update, and is
// told when that is durable.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "net/rooms/room_host.hpp"
#include "stet/bytes.hpp"

namespace stet::net {

struct ServerEdit {
  std::string doc;
  std::string author;  // on whose behalf
  std::string tags;    // one a line
  Bytes update;
};

// `done` is called once, on the thread of the room: with nothing once the edit is durable, else with why it is not. May
// be called on any thread.
void contribute(RoomHost& host, ServerEdit edit, std::function<void(std::optional<std::string>)> done);

}  // namespace stet::net
