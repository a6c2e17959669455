// Times as people read them.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace stet::storage {

// Milliseconds since 1970 as `2024-05-01T12:00:00Z`.
inline std::string shown_time(std::int64_t time_ms) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm time{};
  gmtime_r(&seconds, &time);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &time));
  return text;
}

}  // namespace stet::storage
