// Reading updates struct by struct, in both encodings. The formats are those of Yjs 13 (src/utils/UpdateDecoder.js
// names the columns); hostile-inputs 47 to 58 say what is refused.
//
//   UpdateDecoder  clients × (structs), delete set          the grammar, once
//   ├ ColumnsV1    every field in one stream
//   └ ColumnsV2    a column for each kind of field, run-length encoded
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "any.hpp"
#include "stet/any.hpp"
#include "stet/doc.hpp"
#include "wire.hpp"

namespace stet::core {

// A text with its length in UTF-16 code units.
struct WireText {
  std::string_view text;
  std::uint64_t units = 0;
};

class ColumnsV1 {
 public:
  static constexpr Encoding encoding = Encoding::v1;
  explicit ColumnsV1(ByteView update) : rest(update) {}

  Reader rest;

  bool ok() const { return rest.ok(); }
  Error error() const { return rest.error(); }

  std::uint8_t info() { return rest.byte(); }
  std::uint64_t client() { return rest.varuint(); }
  WireId left_id() { return id(); }
  WireId right_id() { return id(); }
  bool parent_is_root() { return rest.varuint() == 1; }
  std::uint64_t type_ref() { return rest.varuint(); }
  std::uint64_t length() { return rest.varuint(); }
  WireText string();
  std::string_view key() { return string().text; }

  // `count` JSON texts, each with its length before it.
  ByteView json_texts(std::uint64_t count);
  // The value of an embed or format; sets whether it is Any.
  ByteView json_value(bool& any_value);

  // How many structs the bytes can hold, honestly or not.
  std::uint64_t max_structs() const { return rest.remaining(); }

 private:
  WireId id() {
    const std::uint64_t client = rest.varuint();
    return {client, rest.varuint()};
  }
};

// The run-length decoders of lib0. A negative sign marks a run in UintOptRle, so negative zero counts.
class UintOptRle {
 public:
  // Failures are reported to `rest`.
  UintOptRle(Reader in, Reader& rest) : in_(in), rest_(rest) {}
  std::uint64_t next() {
    if (count_ == 0) refill();
    --count_;
    return value_;
  }

 private:
  void refill();
  Reader in_;
  Reader& rest_;
  std::uint64_t value_ = 0;
  std::uint64_t count_ = 0;
};

class IntDiffOptRle {
 public:
  IntDiffOptRle(Reader in, Reader& rest) : in_(in), rest_(rest) {}
  std::uint64_t next() {
    if (count_ == 0) refill();
    --count_;
    value_ += diff_;
    return value_ & max_safe_integer;
  }

 private:
  void refill();
  Reader in_;
  Reader& rest_;
  std::uint64_t value_ = 0;
  std::uint64_t diff_ = 0;  // modulo 2^64
  std::uint64_t count_ = 0;
};

class ByteRle {
 public:
  ByteRle(Reader in, Reader& rest) : in_(in), rest_(rest) {}
  std::uint8_t next() {
    if (count_ == 0) refill();
    --count_;
    return value_;
  }

 private:
  void refill();
  Reader in_;
  Reader& rest_;
  std::uint8_t value_ = 0;
  std::uint64_t count_ = 0;
};

class ColumnsV2 {
 public:
  static constexpr Encoding encoding = Encoding::v2;
  explicit ColumnsV2(ByteView update);
  ColumnsV2(const ColumnsV2&) = delete;

  Reader rest;

  bool ok() const { return rest.ok(); }
  Error error() const { return rest.error(); }

  std::uint8_t info() { return info_.next(); }
  std::uint64_t client() { return client_.next(); }
  WireId left_id() {
    const std::uint64_t client = client_.next();
    return {client, left_clock_.next()};
  }
  WireId right_id() {
    const std::uint64_t client = client_.next();
    return {client, right_clock_.next()};
  }
  bool parent_is_root() { return parent_info_.next() == 1; }
  std::uint64_t type_ref() { return type_ref_.next(); }
  std::uint64_t length() { return length_.next(); }
  WireText string();
  std::string_view key();

  ByteView json_texts(std::uint64_t count);
  ByteView json_value(bool& any_value);

  // Runs let many structs hide in few bytes; no honest document comes near this (hostile-inputs 51).
  std::uint64_t max_structs() const { return max_structs_; }

 private:
  Reader column() { return rest.within(rest.var_bytes()); }

  std::uint64_t max_structs_;
  std::size_t key_bytes_allowed_;  // a long key that is used again and again would be written as often in v1
  IntDiffOptRle key_clock_;
  UintOptRle client_;
  IntDiffOptRle left_clock_;
  IntDiffOptRle right_clock_;
  ByteRle info_;
  Reader strings_;
  std::string_view joined_;  // all strings, joined
  bool ascii_ = false;
  std::size_t string_at_ = 0;
  bool inside_pair_ = false;  // the next string begins with the second half of the character before string_at_
  UintOptRle string_length_;
  ByteRle parent_info_;
  UintOptRle type_ref_;
  UintOptRle length_;
  std::deque<std::string> keys_;
  std::deque<std::string> cut_;  // strings whose characters were cut by their neighbours
  std::deque<Bytes> texts_;      // JSON texts in the form of a struct
};

// Appends the ranges of a delete set to `ranges`.
void read_delete_set(Reader& in, Encoding encoding, std::vector<DeleteRange>& ranges);

template <class Columns>
class UpdateDecoder {
 public:
  explicit UpdateDecoder(ByteView update) : in(update), structs_allowed_(in.max_structs()) {
    clients_left_ = in.rest.varuint();
  }

  Columns in;

  bool ok() const { return in.ok(); }
  Error error() const { return in.error(); }

  // The next struct of the update, or nullptr after the last one or a failure.
  const WireStruct* next() {
    while (structs_left_ == 0) {
      if (clients_left_ == 0 || !in.ok()) return nullptr;
      --clients_left_;
      structs_left_ = in.rest.varuint();
      const std::uint64_t client = in.client();
      clock_ = in.rest.varuint();
      if (structs_left_ > 0) {
        // Whoever reads on would take them for one section, whose clocks follow one another.
        if (begun_ && client == current_.client) in.rest.fail(ErrorCode::malformed, "two sections for one client");
        current_.client = client;
        begun_ = true;
      }
      if (!in.ok()) return nullptr;
    }
    --structs_left_;
    if (structs_allowed_-- == 0) in.rest.fail(ErrorCode::too_large, "too many structs for so few bytes");
    read_struct();
    if (!in.ok()) return nullptr;
    return &current_;
  }

  // The delete set; call it after next() has returned nullptr. Then the update must end.
  void read_deletes(std::vector<DeleteRange>& ranges);

 private:
  void read_struct();
  void read_content();

  WireStruct current_;
  std::uint64_t clock_ = 0;
  std::uint64_t clients_left_ = 0;
  std::uint64_t structs_left_ = 0;
  bool begun_ = false;  // there was a section before
  std::uint64_t structs_allowed_;
};

extern template class UpdateDecoder<ColumnsV1>;
extern template class UpdateDecoder<ColumnsV2>;

}  // namespace stet::core
