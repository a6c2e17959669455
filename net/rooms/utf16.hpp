// UTF-8 text counted in UTF-16 code units, as Yjs and JavaScript count it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stet::net {

// The bytes that so many units at the beginning of `text` take; a pair that this would cut counts as a whole.
inline std::size_t bytes_of_units(std::string_view text, std::uint64_t units) {
  std::size_t at = 0;
  while (units > 0 && at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    units -= std::min<std::uint64_t>(units, bytes == 4 ? 2 : 1);
    at += bytes;
  }
  return std::min(at, text.size());
}

}  // namespace stet::net
