// Reads a text once, for those who do not stay.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "net/rooms/room_host.hpp"

namespace stet::net {

// Joins the document's room on its thread, whence `done` is called, and leaves it. May be called on any thread.
void read_text(RoomHost& host, std::string doc, std::string root,
               std::function<void(std::variant<WholeText, Closed>)> done);

}  // namespace stet::net
