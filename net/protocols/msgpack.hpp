// MessagePack as JSON values. Pure functions.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace stet::net {

struct MsgpackLimits {
  std::size_t depth = 8;        // of arrays and maps in each other
  std::size_t values = 10'000;  // in all; nothing is reserved by what the input says of itself
};

// One value, and nothing behind it. Refused are what JSON has not (binary data, extensions, NaN, infinities), keys that
// are no texts or occur twice, and invalid UTF-8.
Result<nlohmann::json> decode_msgpack(ByteView bytes, const MsgpackLimits& limits = {});

// Texts in `value` are valid UTF-8.
Bytes encode_msgpack(const nlohmann::json& value);

}  // namespace stet::net
