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
  // Sets `units` to its length in UTF-16 code units.
  std::string_view string(std::uint64_t& units);
  std::string_view string() {
    std::uint64_t units = 0;
    return string(units);
  }
  std::string_view key() { return string(); }

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

// The run-length decoders of lib0, one for each column. They decode some values ahead, in loops that need few registers
// and make no calls: what costs most in reading v2 are the processor's wrong guesses about the bytes of an integer, and
// so each costs no more than itself. A bad integer is reported when its value is asked for.
template <class Value>
class ReadAhead {
 public:
  // Failures are reported to `rest`.
  ReadAhead(Reader in, Reader& rest) : in_(in), rest_(rest) {}

 protected:
  static constexpr std::uint32_t ahead = 64;
  // For fill(): no value could be read. From now on all are zero.
  void fail() {
    rest_.fail_as(in_);
    values_[0] = 0;
    filled_ = 1;
  }

  Reader in_;
  Reader& rest_;
  std::uint32_t next_ = 0;
  std::uint32_t filled_ = 0;
  std::uint64_t count_ = 0;  // so many values like the last one come before the next integer
  Value values_[ahead];      // next_ to filled_
};

// A negative sign marks a run, so negative zero counts.
class UintOptRle : private ReadAhead<std::uint64_t> {
 public:
  using ReadAhead::ReadAhead;
  std::uint64_t next() {
    if (next_ == filled_) [[unlikely]]
      fill();
    return values_[next_++];
  }

 private:
  void fill();
  std::uint64_t value_ = 0;
};

class IntDiffOptRle : private ReadAhead<std::uint64_t> {
 public:
  using ReadAhead::ReadAhead;
  std::uint64_t next() {
    if (next_ == filled_) [[unlikely]]
      fill();
    return values_[next_++];
  }

 private:
  void fill();
  std::uint64_t value_ = 0;
  std::uint64_t diff_ = 0;  // modulo 2^64
};

// The last run has no count.
class ByteRle : private ReadAhead<std::uint8_t> {
 public:
  using ReadAhead::ReadAhead;
  std::uint8_t next() {
    if (next_ == filled_) [[unlikely]]
      fill();
    return values_[next_++];
  }

 private:
  void fill();
  std::uint8_t value_ = 0;
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
  std::string_view string(std::uint64_t& units) {
    units = string_length_.next();
    if (!ascii_ || units > joined_.size() - string_at_) return string_beyond_ascii(units);
    const char* const at = joined_.data() + string_at_;
    string_at_ += units;
    return {at, units};
  }
  std::string_view string() {
    std::uint64_t units = 0;
    return string(units);
  }
  std::string_view key();

  ByteView json_texts(std::uint64_t count);
  ByteView json_value(bool& any_value);

  // Runs let many structs hide in few bytes; no honest document comes near this (hostile-inputs 51).
  std::uint64_t max_structs() const { return max_structs_; }

 private:
  Reader column() { return rest.within(rest.var_bytes()); }
  std::string_view string_beyond_ascii(std::uint64_t& units);

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
  [[gnu::always_inline]] const WireStruct* next() {
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
  // Texts and deletions, which nearly all structs are, are read here; other contents by read_content().
  [[gnu::always_inline]] void read_struct() {
    WireStruct& s = current_;
    s.clock = clock_;
    s.info = in.info();
    s.kind = static_cast<Kind>(s.info & info_kind);
    s.parent_info = ParentInfo::none;
    if (s.kind == Kind::gc || s.kind == Kind::skip) {
      s.info &= info_kind;
      s.length = s.kind == Kind::gc ? in.length() : in.rest.varuint();
    } else {
      if (s.has_origin()) s.origin = in.left_id();
      if (s.has_right_origin()) s.right_origin = in.right_id();
      if (!s.has_origin() && !s.has_right_origin()) {
        read_parent();
      } else {
        // Without its key the bit says nothing; Yjs drops it when it writes on a struct that it has only read.
        s.info &= static_cast<std::uint8_t>(~info_key);
      }
      if (s.kind == Kind::string) {
        s.text = in.string(s.length);
      } else if (s.kind == Kind::deleted) {
        s.length = in.length();
      } else {
        read_content();
      }
    }
    clock_ += s.length;
    // A Skip holds nothing, and may have to span a hole of any size.
    if (s.length == 0 || (s.length > max_length && s.kind != Kind::skip) || clock_ > max_wire_clock) fail_length();
    if (s.has_origin()) check(s.origin);
    if (s.has_right_origin()) check(s.right_origin);
    if (s.parent_info == ParentInfo::id) check(s.parent);
  }

  void check(const WireId& id) {
    if (id.clock > max_wire_clock || (id.client == current_.client && id.clock >= current_.clock)) fail_reference(id);
  }

  void read_parent();
  void read_content();
  void fail_length();
  void fail_reference(const WireId& id);

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
