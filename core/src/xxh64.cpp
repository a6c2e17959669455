#include "xxh64.hpp"

#include <bit>
#include <cstring>

namespace stet::core {

namespace {

constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t prime3 = 0x165667B19E3779F9;
constexpr std::uint64_t prime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t prime5 = 0x27D4EB2F165667C5;

template <unsigned bytes>
std::uint64_t load_little_endian(const std::uint8_t* at) {
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, at, bytes);
  } else {
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{at[i]} << (8 * i);
  }
  return value;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) { return std::rotl(lane + input * prime2, 31) * prime1; }

}  // namespace

std::uint64_t xxh64(ByteView data) {
  const std::uint8_t* at = data.data();
  const std::uint8_t* const end = at + data.size();
  std::uint64_t hash = prime5;
  if (data.size() >= 32) {
    std::uint64_t lanes[] = {prime1 + prime2, prime2, 0, 0 - prime1};
    for (; end - at >= 32; at += 32) {
      for (unsigned i = 0; i < 4; ++i) lanes[i] = round(lanes[i], load_little_endian<8>(at + 8 * i));
    }
    hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
    for (const std::uint64_t lane : lanes) hash = (hash ^ round(0, lane)) * prime1 + prime4;
  }
  hash += data.size();
  for (; end - at >= 8; at += 8) hash = std::rotl(hash ^ round(0, load_little_endian<8>(at)), 27) * prime1 + prime4;
  if (end - at >= 4) {
    hash = std::rotl(hash ^ (load_little_endian<4>(at) * prime1), 23) * prime2 + prime3;
    at += 4;
  }
  for (; at != end; ++at) hash = std::rotl(hash ^ (*at * prime5), 11) * prime1;
  hash = (hash ^ (hash >> 33)) * prime2;
  hash = (hash ^ (hash >> 29)) * prime3;
  return hash ^ (hash >> 32);
}

}  // namespace stet::core
