// What a member without a document of its own is told of a room, in the order in which it happened: thin clients and
// event streams. The room never holds anything back for such a member; what bounds its queue is its protocol, which may
// merge what it has not sent yet.
//
// `seq` is the sequence of the log: an Updated has the one of its own append, and Durable says up to which all is kept.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "net/frame.hpp"
#include "stet/awareness.hpp"
#include "stet/types.hpp"

namespace stet::net {

// The member has joined a document that is there. First of all.
struct Opened {
  std::uint64_t seq = 0;
  std::uint64_t durable_seq = 0;
  Delta text;  // of the root that the member watches
  std::vector<AwarenessEntry> present;
};

// Somebody edited the document.
struct Updated {
  std::uint64_t seq = 0;
  MemberId by = 0;  // the member itself, where it was its own edit
  Delta delta;      // what changed in the root that the member watches; empty where that was elsewhere
};

struct PresenceChanged {
  std::vector<AwarenessEntry> entries;
};

struct Durable {
  std::uint64_t seq = 0;
};

using RoomEvent = std::variant<Opened, Updated, PresenceChanged, Durable>;
using SharedEvent = std::shared_ptr<const RoomEvent>;

}  // namespace stet::net
