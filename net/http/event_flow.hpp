// The events of one document on their way to one socket, bounded: past the bound they are dropped, and when the socket
// has taken what was queued, the room is asked for what came since. No I/O.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "net/rooms/room_event.hpp"

namespace stet::net {

class EventFlow {
 public:
  explicit EventFlow(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Whether the event is to be sent. If so queued() is to be told, with the size of what it became.
  bool take(const RoomEvent& event);
  void queued(std::size_t bytes);
  // So many bytes of it are written. Whether Room::catch_up(version()) is to be asked for now.
  bool written(std::size_t bytes);

  // After CaughtUp: the edits whose Accepted was dropped.
  std::vector<std::uint64_t> take_accepted() { return std::exchange(accepted_, {}); }

  bool is_lagging() const { return is_lagging_; }
  // Of what was sent. Mean anything once Opened was.
  std::uint64_t version() const { return version_; }
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t durable() const { return durable_; }

 private:
  std::size_t max_bytes_;
  std::size_t queued_ = 0;
  bool is_lagging_ = false;
  bool has_asked_ = false;
  std::uint64_t version_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t durable_ = 0;
  std::vector<std::uint64_t> accepted_;
};

}  // namespace stet::net
