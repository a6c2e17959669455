// What those are told of a room who hold no document of their own: thin clients and event streams, in the order in
// which it happened. Their protocols (thin_protocol.hpp) send it as it is. The room holds nothing back for such a
// member; its socket bounds what waits, and asks for what it dropped (Room::catch_up).
//
// A version is a sequence of the log: an edit makes the one of its own append. Up to `durable` versions mean the same
// for ever, above it within an epoch only: the time from one loading of the document to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "net/frame.hpp"
#include "net/rooms/people.hpp"
#include "net/rooms/text_delta.hpp"

namespace stet::net {

// What someone who comes back has of a text.
struct Known {
  std::uint64_t version = 0;
  std::uint64_t epoch = 0;
  std::uint64_t durable = 0;
};

// An edit of the root that a member watches, by the positions of the text at a version that it was told.
struct TextEdit {
  std::uint64_t id = 0;  // greater with each edit of the member
  std::uint64_t version = 0;
  TextDelta delta;
  std::string agent;  // what made the edit, if not a person
  std::string asked_by;
};

// The member has joined a document that is there. First of all.
struct Opened {
  std::string root;
  MemberId session = 0;   // its own id
  std::uint64_t you = 0;  // Person::id
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::uint64_t durable = 0;
  std::optional<std::string> text;  // if nothing is there: `delta`
  TextDelta delta;                  // since the version that was known
  std::uint64_t applied = 0;        // the last edit of its session before that is in the document; 0: none
};
// All of the text, whatever was known.
struct WholeText {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::string text;
};
// The answer to Room::catch_up().
struct CaughtUp {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::optional<std::string> text;  // if nothing is there: `delta`
  TextDelta delta;
};
// Somebody edited the text.
struct Changed {
  std::uint64_t version = 0;
  TextDelta delta;
};
// The member itself did. Nothing was left to do where `delta` is empty.
struct Accepted {
  std::uint64_t id = 0;
  std::uint64_t version = 0;
  TextDelta delta;
};
// An edit of the member was not applied.
enum class Refusal : std::uint8_t { stale_version, bad_splices, cut_pair, document_full, not_open, read_only };
struct Refused {
  std::uint64_t id = 0;
  Refusal code = Refusal::bad_splices;
};
struct Durable {
  std::uint64_t version = 0;
};
// Who is there now.
struct People {
  std::uint64_t version = 0;  // of the text in which the cursors are
  std::vector<Person> people;
};
// It is no member any more. (Said by protocols; the room has its own way to close a member.)
struct Closed {
  CloseCode code = CloseCode::try_again;
  std::string reason;
};

using RoomEvent = std::variant<Opened, WholeText, CaughtUp, Changed, Accepted, Refused, Durable, People, Closed>;
using SharedEvent = std::shared_ptr<const RoomEvent>;

}  // namespace stet::net
