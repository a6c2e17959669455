// A token bucket: `burst` events at once, then `per_second`. Reads no clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace stet::net {

class RateLimit {
 public:
  RateLimit(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Whether one more event is within the limit now.
  bool take(std::int64_t now_ms) {
    const auto passed_ms = static_cast<double>(now_ms - last_ms_);
    tokens_ = std::min(burst_, tokens_ + passed_ms * per_second_ / 1000.0);
    last_ms_ = now_ms;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  std::int64_t last_ms_ = 0;
};

}  // namespace stet::net
