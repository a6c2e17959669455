#include "net/http/event_flow.hpp"

namespace stet::net {

bool EventFlow::take(const RoomEvent& event) {
  if (const auto* caught_up = std::get_if<CaughtUp>(&event)) {
    is_lagging_ = has_asked_ = false;
    version_ = caught_up->version;
    return true;
  }
  // Few, since a socket that lags is not read.
  if (std::holds_alternative<Refused>(event) || std::holds_alternative<Closed>(event)) return true;
  if (is_lagging_) {
    if (const auto* accepted = std::get_if<Accepted>(&event)) accepted_.push_back(accepted->id);
    return false;
  }
  if (const auto* opened = std::get_if<Opened>(&event)) {
    version_ = opened->version;
    epoch_ = opened->epoch;
    durable_ = opened->durable;
  } else if (const auto* changed = std::get_if<Changed>(&event)) {
    version_ = changed->version;
  } else if (const auto* accepted = std::get_if<Accepted>(&event)) {
    version_ = accepted->version;
  } else if (const auto* durable = std::get_if<Durable>(&event)) {
    durable_ = durable->version;
  }
  return true;
}

void EventFlow::queued(std::size_t bytes) {
  queued_ += bytes;
  is_lagging_ = is_lagging_ || queued_ > max_bytes_;
}

bool EventFlow::written(std::size_t bytes) {
  queued_ -= bytes;
  if (!is_lagging_ || has_asked_ || queued_ > 0) return false;
  return has_asked_ = true;
}

}  // namespace stet::net
