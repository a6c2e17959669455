// The two clocks, read only by what surrounds the logic.
#pragma once

#include <chrono>
#include <cstdint>

namespace stet::net {

// Days, fractions too, in milliseconds.
constexpr std::int64_t days_in_ms(double days) { return static_cast<std::int64_t>(days * 86'400'000); }

template <class Clock>
std::int64_t now_ms_of() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

// Monotonic; for timeouts.
inline std::int64_t steady_ms() { return now_ms_of<std::chrono::steady_clock>(); }

// Since 1970, may jump; for the log.
inline std::int64_t unix_ms() { return now_ms_of<std::chrono::system_clock>(); }

}  // namespace stet::net
