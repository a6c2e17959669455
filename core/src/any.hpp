// The Any encoding of the Yjs family (one tagged JavaScript value) and its relation to JSON text.
#pragma once

#include <string>
#include <string_view>

#include "stet/bytes.hpp"
#include "stet/lib0.hpp"

namespace stet::core {

// How deep arrays and objects may nest, in Any and in JSON (hostile-inputs 56).
inline constexpr unsigned max_nesting = 128;

// Tags of the encoding.
enum : std::uint8_t {
  any_bytes = 116,
  any_array = 117,
  any_object = 118,
  any_string = 119,
  any_true = 120,
  any_false = 121,
  any_bigint = 122,
  any_float64 = 123,
  any_float32 = 124,
  any_integer = 125,
  any_null = 126,
  any_undefined = 127,
};

// Reads over one value and verifies it: tags, lengths, UTF-8, nesting. Returns its bytes; on failure `in` has failed.
ByteView read_any(Reader& in);

// Size in bytes of `count` values at the beginning of `from`, verified before.
std::size_t any_size(ByteView from, std::size_t count);

// Size in bytes of `count` length-prefixed strings at the beginning of `from`, verified before.
std::size_t strings_size(ByteView from, std::size_t count);

// Writes a number as lib0 does: an integer of up to 31 bits, else the smallest float that holds it.
void write_number(Writer& out, double value);

// The value as JSON.stringify would write it. `any` was verified before.
std::string any_to_json(ByteView any);

// The Any encoding of what JSON.parse would make of the text. `json` was verified before.
Bytes json_to_any(std::string_view json);

}  // namespace stet::core
