// Errors of hostile or damaged input. Broken invariants of our own are not errors: they abort (debug builds).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace [[gnu::visibility("default")]] stet {

enum class ErrorCode : std::uint8_t {
  truncated,    // the input ends inside a value
  malformed,    // a value that no writer produces (overlong varint, invalid UTF-8, trailing bytes, ...)
  unsupported,  // a content or type kind that this version does not know
  too_large,    // a count, length or nesting over its limit
  conflict,     // an update that refers to itself or closes a cycle
};

// `offset` is in bytes from the start of the input that was parsed. `what` is a static string without content
// of the input, so it may be logged.
struct Error {
  ErrorCode code = ErrorCode::malformed;
  std::size_t offset = 0;
  const char* what = "";

  std::string message() const { return std::string(what) + " at byte " + std::to_string(offset); }
};

// A value or an Error. Dereferencing a failed Result aborts (std::get throws inside noexcept).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(error) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& operator*() noexcept { return std::get<0>(state_); }
  const T& operator*() const noexcept { return std::get<0>(state_); }
  T* operator->() noexcept { return &std::get<0>(state_); }
  const T* operator->() const noexcept { return &std::get<0>(state_); }
  const Error& error() const noexcept { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace stet
