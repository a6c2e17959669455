#include "any.hpp"

#include <array>

namespace stet::core {

ByteView read_any(Reader& in) {
  const std::uint8_t* start = in.position();
  // How many values are still to come at each level; for an object each is preceded by its key.
  struct Level {
    std::uint64_t left;
    bool object;
  };
  std::array<Level, max_nesting + 1> levels;
  std::size_t depth = 0;
  levels[0] = {1, false};
  while (true) {
    while (levels[depth].left == 0) {
      if (depth == 0) return {start, static_cast<std::size_t>(in.position() - start)};
      --depth;
    }
    --levels[depth].left;
    if (levels[depth].object && !valid_utf8(in.var_string())) in.fail(ErrorCode::malformed, "invalid UTF-8");
    switch (in.byte()) {
      case any_undefined:
      case any_null:
      case any_true:
      case any_false:
        break;
      case any_integer:
        in.varint();
        break;
      case any_float32:
        in.bytes(4);
        break;
      case any_float64:
      case any_bigint:
        in.bytes(8);
        break;
      case any_string:
        if (!valid_utf8(in.var_string())) in.fail(ErrorCode::malformed, "invalid UTF-8");
        break;
      case any_bytes:
        // As JSON it is an object.
        if (depth + 1 > max_nesting) in.fail(ErrorCode::too_large, "value nested too deep");
        in.var_bytes();
        break;
      case any_array:
      case any_object: {
        const bool object = in.position()[-1] == any_object;
        const std::uint64_t count = in.varuint();
        if (depth + 1 > max_nesting) in.fail(ErrorCode::too_large, "value nested too deep");
        if (count > in.remaining()) in.fail(ErrorCode::truncated, "count exceeds input");
        if (in.ok()) levels[++depth] = {count, object};
        break;
      }
      default:
        in.fail(ErrorCode::malformed, "unknown value tag");
    }
    if (!in.ok()) return {};
  }
}

std::size_t any_size(ByteView from, std::size_t count) {
  Reader in(from);
  for (std::size_t i = 0; i < count; ++i) read_any(in);
  return in.offset();
}

std::size_t strings_size(ByteView from, std::size_t count) {
  Reader in(from);
  for (std::size_t i = 0; i < count; ++i) in.var_bytes();
  return in.offset();
}

}  // namespace stet::core
