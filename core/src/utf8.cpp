#include "utf8.hpp"

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

// UTF-16 units of the characters that begin in these bytes: each byte that is no continuation begins one, those of four
// bytes have two.
constexpr std::size_t block = 64;
std::size_t units_of_block(const unsigned char* at) {
  constexpr std::uint64_t ones = high_bits >> 7;
  std::uint64_t continuations = 0;
  std::uint64_t long_ones = 0;
  for (std::size_t i = 0; i < block; i += 8) {
    const std::uint64_t word = load8(at + i);
    continuations += (word & ~(word << 1) & high_bits) >> 7;
    long_ones += (word & (word << 1) & (word << 2) & (word << 3) & high_bits) >> 7;
  }
  return block - (continuations * ones >> 56) + (long_ones * ones >> 56);
}

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

std::uint64_t utf16_length(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  std::uint64_t units = 0;
  for (; static_cast<std::size_t>(end - at) >= block; at += block) units += units_of_block(at);
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

namespace core {

std::size_t ascii_prefix(std::string_view text) {
  const auto* const start = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  const auto ascii = [&](std::size_t bytes) {  // the next ones
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bytes; i += 8) seen |= load8(start + at + i);
    return (seen & high_bits) == 0;
  };
  while (text.size() - at >= 32 && ascii(32)) at += 32;
  while (text.size() - at >= 8 && ascii(8)) at += 8;
  while (at < text.size() && start[at] < 0x80) ++at;
  return at;
}

std::size_t pass_blocks(std::string_view text, std::uint64_t& units) {
  const auto* const start = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  while (text.size() - at >= block) {
    const std::size_t passed = units_of_block(start + at);
    if (passed >= units) break;
    units -= passed;
    at += block;
  }
  while (at > 0 && at < text.size() && continuation(start[at])) ++at;  // of a character that is passed
  return at;
}

Cut find_unit(std::string_view text, std::uint64_t units) {
  std::size_t at = pass_blocks(text, units);
  while (units > 0) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead >= 0xf0) {
      if (units == 1) return {at, true};
      units -= 2;
      at += 4;
    } else {
      at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
      units -= 1;
    }
  }
  return {at, false};
}

}  // namespace core

}  // namespace stet
