// XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md) with seed 0: a checksum against damage, as fast as memory.
#pragma once

#include "stet/bytes.hpp"

namespace stet::core {

std::uint64_t xxh64(ByteView data);

}  // namespace stet::core
