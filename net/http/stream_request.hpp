// Requests for server-sent events. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/http/http.hpp"
#include "net/limits.hpp"
#include "net/rooms/room_event.hpp"

namespace stet::net {

// A request that is answered by an endless stream.
struct StreamRequest {
  std::string root;
  struct Doc {
    std::string name;
    std::optional<Known> known;
  };
  std::vector<Doc> docs;  // none: the server's own state
};

//   GET /api/docs/NAME/events?root=text     one document; NAME is one segment, `/` in it is %2F
//   GET /api/events?doc=A&doc=B&root=text   several
//   GET /api/events                         the server's own state
// Nothing if it is none of these; or the refusal.
std::optional<std::variant<StreamRequest, HttpResponse>> check_stream(const HttpHead& head, const Limits& limits);

// What a client sends back as Last-Event-ID: for each document in turn, `version.epoch.durable`, or nothing.
std::string stream_position(const std::vector<std::optional<Known>>& known);
// None of the documents is known if the text is not such a position for so many.
std::vector<std::optional<Known>> parse_stream_position(std::string_view text, std::size_t docs);

}  // namespace stet::net
