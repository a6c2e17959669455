// A plain value, as JavaScript has it: what arrays, maps, embeds and attributes hold beside shared types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

class Any;

struct Undefined {
  bool operator==(const Undefined&) const = default;
};
struct Null {
  bool operator==(const Null&) const = default;
};
// A JavaScript BigInt that fits into 64 bits.
struct BigInt {
  std::int64_t value = 0;
  bool operator==(const BigInt&) const = default;
};

using AnyArray = std::vector<Any>;
// In the order of the members. Keys are unique.
using AnyObject = std::vector<std::pair<std::string, Any>>;

class Any {
 public:
  using Variant = std::variant<Undefined, Null, bool, double, BigInt, std::string, Bytes, AnyArray, AnyObject>;

  Any() = default;
  Any(Null value) : value_(value) {}
  Any(bool value) : value_(value) {}
  Any(double value) : value_(value) {}
  Any(int value) : value_(static_cast<double>(value)) {}
  Any(BigInt value) : value_(value) {}
  Any(const char* value) : value_(std::string(value)) {}
  Any(std::string_view value) : value_(std::string(value)) {}
  Any(std::string value) : value_(std::move(value)) {}
  Any(Bytes value) : value_(std::move(value)) {}
  Any(AnyArray value) : value_(std::move(value)) {}
  Any(AnyObject value) : value_(std::move(value)) {}

  const Variant& variant() const { return value_; }
  bool is_undefined() const { return std::holds_alternative<Undefined>(value_); }
  bool is_null() const { return std::holds_alternative<Null>(value_); }
  // The value if it is a T (one of Variant's types), else nullptr.
  template <class T>
  const T* get() const {
    return std::get_if<T>(&value_);
  }

  // Deep; the order of an object's members does not matter.
  bool operator==(const Any& other) const;

  // As JSON.stringify writes it. What JSON cannot say is written as in an array: undefined as null, a BigInt as a
  // number, bytes as an object of their numbers.
  std::string to_json() const;

  // Error if `json` is not one well-formed value (RFC 8259), or nested deeper than 128.
  static Result<Any> from_json(std::string_view json);

 private:
  Variant value_;
};

// Whether `text` is one well-formed JSON value (RFC 8259), nested at most `depth` deep.
bool valid_json(std::string_view text, unsigned depth);

// Attributes of text: names with values; a value of Null removes.
using Attributes = std::vector<std::pair<std::string, Any>>;

}  // namespace stet
