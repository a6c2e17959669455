#include <cstring>

#include "stet/lib0.hpp"

namespace stet {

namespace {

std::uint64_t load8(const unsigned char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t high_bits = 0x8080808080808080ULL;

bool continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

}  // namespace

// Runs of ASCII are passed over 32 or 8 bytes at a time: nearly all text is ASCII.
bool valid_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  while (at != end) {
    if (end - at >= 32 && ((load8(at) | load8(at + 8) | load8(at + 16) | load8(at + 24)) & high_bits) == 0) {
      at += 32;
      continue;
    }
    if (end - at >= 8 && (load8(at) & high_bits) == 0) {
      at += 8;
      continue;
    }
    const unsigned char lead = *at;
    const auto left = end - at;
    if (lead < 0x80) {
      at += 1;
    } else if (lead < 0xc2) {
      return false;  // continuation byte or overlong form
    } else if (lead < 0xe0) {
      if (left < 2 || !continuation(at[1])) return false;
      at += 2;
    } else if (lead < 0xf0) {
      if (left < 3 || !continuation(at[1]) || !continuation(at[2])) return false;
      if (lead == 0xe0 && at[1] < 0xa0) return false;   // overlong
      if (lead == 0xed && at[1] >= 0xa0) return false;  // surrogate
      at += 3;
    } else if (lead < 0xf5) {
      if (left < 4 || !continuation(at[1]) || !continuation(at[2]) || !continuation(at[3])) return false;
      if (lead == 0xf0 && at[1] < 0x90) return false;   // overlong
      if (lead == 0xf4 && at[1] >= 0x90) return false;  // over U+10FFFF
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

// Every character counts one unit, those of four bytes two: count the bytes that start a character, and those again
// that start a long one.
std::uint64_t utf16_length(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  std::uint64_t units = 0;
  while (at != end) {
    if (end - at >= 8 && (load8(at) & high_bits) == 0) {
      at += 8;
      units += 8;
      continue;
    }
    units += !continuation(*at);
    units += *at >= 0xf0;
    ++at;
  }
  return units;
}

}  // namespace stet
