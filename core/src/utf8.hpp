// Where in UTF-8 a number of UTF-16 code units ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stet::core {

// U+FFFD: what stands for half a character.
inline constexpr std::string_view replacement = "\xef\xbf\xbd";

struct Cut {
  std::size_t bytes;      // up to there, not counting a character that is cut
  bool inside_character;  // the unit is the second half of a character of four bytes
};

// How many bytes of ASCII the text begins with.
std::size_t ascii_prefix(std::string_view text);

// Passes over well-formed UTF-8 in large steps, up to the start of a character, as long as that is less than `units`
// UTF-16 units; takes them off. Returns how many bytes that are.
std::size_t pass_blocks(std::string_view text, std::uint64_t& units);

// Where the UTF-16 unit `units` begins in well-formed UTF-8 that has so many, and perhaps more.
Cut find_unit(std::string_view text, std::uint64_t units);

}  // namespace stet::core
