// The fields of structs in an update, in both encodings: see update_decoder.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
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
  WireId left_id() { return id(rest, left_); }
  WireId right_id() { return id(rest, right_); }
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
  // How many are likely to come, at most the number of bytes; `of_client` come of the client that is being read.
  std::uint64_t likely_structs(std::uint64_t of_client) const {
    return std::min<std::uint64_t>(of_client, rest.remaining());
  }

  // Calls `take` for each of the next plain structs of a client, at most `most`, and returns how many. They begin at
  // `clock`, which is where they end then. Stops in front of one that is not plain, or of which `fits` says no.
  template <class Fits, class Take>
  [[gnu::always_inline]] std::uint64_t read_plain(std::uint64_t /*client*/, std::uint64_t& clock, std::uint64_t most,
                                                  const Fits& fits, const Take& take) {
    std::uint64_t taken = 0;
    PlainStruct s;
    s.clock = clock;
    for (Reader in = rest; taken < most; ++taken) {
      s.info = in.byte();
      if (!PlainStruct::is(s.info)) break;
      if (s.has_origin()) s.origin = id(in, left_);
      if (s.has_right_origin()) s.right_origin = id(in, right_);
      s.length = in.varuint();
      if (s.kind() == Kind::string) {
        s.text = as_text(in.bytes(s.length));
        if (!is_ascii(s.text)) {
          if (!valid_utf8(s.text)) break;
          s.length = utf16_length(s.text);
        }
      }
      if (!in.ok() || !fits(s)) break;
      take(s);
      s.clock += s.length;
      rest = in;
    }
    clock = s.clock;
    return taken;
  }

 private:
  static WireId id(Reader& in, Reader::Recent& client) {
    const std::uint64_t id = in.varuint(client);
    return {id, in.varuint()};
  }

  Reader::Recent left_;  // clients
  Reader::Recent right_;
};

// The run-length encodings of lib0. read() reads a value, and how often it comes; next() is what it is each time, and
// put() writes so many of them, in pieces of `put_at_once` that need not all be wanted.
inline constexpr std::uint32_t put_at_once = 16;

// A negative sign marks a run, so negative zero counts.
struct UintOptRle {
  using Value = std::uint64_t;
  static constexpr bool mixed_sizes = false;
  std::uint64_t read(Reader& in) {
    const Reader::SignedInteger head = in.varint();
    value = head.magnitude;
    return head.negative ? in.varuint() + 2 : 1;
  }
  Value next() const { return value; }
  void put(Value* to, std::uint32_t count) const {
    for (const Value* const end = to + count; to < end; to += 4) to[0] = to[1] = to[2] = to[3] = value;
  }
  std::uint64_t value = 0;
};

// The lowest bit says whether a count follows; the rest, rounded down, is the difference.
struct IntDiffOptRle {
  using Value = std::uint64_t;
  static constexpr bool mixed_sizes = true;
  // Reads a value by the groups of its integer. Whether a count follows.
  bool take(std::uint32_t groups) {
    const std::int64_t sign = -static_cast<std::int64_t>(groups >> 6 & 1);
    diff = static_cast<std::uint64_t>(((static_cast<std::int64_t>(Reader::joined(groups, 6)) ^ sign) - sign) >> 1);
    return groups & 1;
  }
  std::uint64_t read(Reader& in) {
    const Reader::SignedInteger head = in.varint_of_any_size();
    const std::uint64_t negative = head.negative ? 1 : 0;
    diff = (((head.magnitude + negative) / 2) ^ (0 - negative)) + negative;
    return head.magnitude & 1 ? in.varuint() + 2 : 1;
  }
  Value next() {
    value += diff;
    return value & max_safe_integer;
  }
  void put(Value* to, std::uint32_t count) {
    for (const Value* const end = to + count; to < end; ++to) *to = next();
  }
  std::uint64_t value = 0;
  std::uint64_t diff = 0;  // modulo 2^64
};

// The last run has no count.
struct ByteRle {
  using Value = std::uint8_t;
  static constexpr bool mixed_sizes = false;
  std::uint64_t read(Reader& in) {
    value = in.byte();
    return in.at_end() ? ~std::uint64_t{0} : in.varuint() + 1;
  }
  Value next() const { return value; }
  void put(Value* to, std::uint32_t count) const {
    for (const Value* const end = to + count; to < end; to += put_at_once) std::memset(to, value, put_at_once);
  }
  std::uint8_t value = 0;
};

// A column. Some values are decoded ahead, in loops that need few registers and make no calls: what costs most in
// reading v2 are the processor's wrong guesses about the bytes of an integer, and so each costs no more than itself. A
// bad integer is reported when its value is asked for.
template <class Runs>
class ReadAhead {
 public:
  using Value = typename Runs::Value;

  // At most so many values are decoded ahead, into memory for `put_at_once` more. Failures are reported to `rest`.
  ReadAhead(Reader in, Reader& rest, Value* memory, std::uint32_t most)
      : in_(in), rest_(rest), most_(most), values_(memory) {}

  Value next() {
    if (next_ == filled_) [[unlikely]]
      fill();
    return values_[next_++];
  }

  // Whether the next `count` values, at most as many as are decoded ahead, are there; else next() tells what is wrong.
  bool has(std::uint32_t count) {
    if (filled_ - next_ < count) [[unlikely]]
      fill();
    return filled_ - next_ >= count;
  }
  // How many are there without reading on; at least one.
  std::uint32_t ready() {
    if (next_ == filled_) fill();
    return filled_ - next_;
  }
  // How many values have been decoded, of the last run all, and are still to be taken; and what is not decoded.
  std::uint64_t decoded() const { return filled_ - next_ + std::min(count_, max_safe_integer); }
  const Reader& undecoded() const { return in_; }
  const Value* values() const { return values_ + next_; }
  // Whether the values that are there are of one run.
  bool one_run() const { return last_run_ <= next_; }
  void skip_to(const Value* value) { next_ = static_cast<std::uint32_t>(value - values_); }

 private:
  void fill();
  std::uint32_t fill_from_window(Reader& in, Runs& runs_now, std::uint32_t filled, std::uint32_t& last_run,
                                 std::uint64_t& count)
    requires(Runs::mixed_sizes);

  Reader in_;
  Reader& rest_;
  Runs runs_;
  std::uint32_t next_ = 0;
  std::uint32_t filled_ = 0;
  std::uint32_t last_run_ = 0;  // where its values begin
  std::uint64_t count_ = 0;     // so many values like the last one come before the next integer
  std::uint32_t most_;
  Value* values_;  // next_ to filled_
};

extern template class ReadAhead<UintOptRle>;
extern template class ReadAhead<IntDiffOptRle>;
extern template class ReadAhead<ByteRle>;

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
    return string_of(units);
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
  std::uint64_t likely_structs(std::uint64_t of_client) const;

  // As in v1. First the values of some structs are decoded, column by column, then taken together.
  template <class Fits, class Take>
  [[gnu::always_inline]] std::uint64_t read_plain(std::uint64_t client, std::uint64_t& clock, std::uint64_t most,
                                                  const Fits& fits, const Take& take) {
    std::uint64_t taken = 0;
    while (taken < most) {
      const std::uint32_t structs = plain_ahead(most - taken);
      const bool own = structs > 0 && client_.one_run() && *client_.values() == client;
      const std::uint32_t now =
          own ? take_plain<true>(clock, structs, fits, take) : take_plain<false>(clock, structs, fits, take);
      taken += now;
      if (structs == 0 || now != structs) break;
    }
    return taken;
  }

 private:
  // `own`: all ids are of the client itself.
  template <bool own, class Fits, class Take>
  [[gnu::always_inline]] std::uint32_t take_plain(std::uint64_t& clock, std::uint32_t structs, const Fits& fits,
                                                  const Take& take) {
    const std::uint8_t* info = info_.values();
    const std::uint8_t* const end = info + structs;
    const std::uint64_t* clients = client_.values();
    const std::uint64_t* lefts = left_clock_.values();
    const std::uint64_t* rights = right_clock_.values();
    const std::uint64_t* lengths = length_.values();
    const std::uint64_t* text_lengths = string_length_.values();
    PlainStruct s;
    s.clock = clock;
    s.own = own;
    if (own) s.origin.client = s.right_origin.client = *clients;
    for (; info != end; ++info) {
      s.info = *info;
      if (s.has_origin()) [[likely]] {
        if (!own) s.origin.client = *clients++;
        s.origin.clock = *lefts++;
      }
      if (s.has_right_origin()) [[likely]] {
        if (!own) s.right_origin.client = *clients++;
        s.right_origin.clock = *rights++;
      }
      const bool text = s.kind() == Kind::string;
      s.length = text ? *text_lengths++ : *lengths++;
      bool fine = fits(s);
      if (text && fine) {
        std::uint64_t units = s.length;
        s.text = string_of(units);
        fine = units == s.length;  // else it failed
      }
      if (!fine) [[unlikely]] {  // it is read again
        if (!own) clients -= (s.has_origin() ? 1 : 0) + (s.has_right_origin() ? 1 : 0);
        lefts -= s.has_origin() ? 1 : 0;
        rights -= s.has_right_origin() ? 1 : 0;
        (text ? text_lengths : lengths) -= 1;
        break;
      }
      take(s);
      s.clock += s.length;
    }
    clock = s.clock;
    if (own) clients += (lefts - left_clock_.values()) + (rights - right_clock_.values());
    const auto taken = static_cast<std::uint32_t>(info - info_.values());
    info_.skip_to(info);
    client_.skip_to(clients);
    left_clock_.skip_to(lefts);
    right_clock_.skip_to(rights);
    length_.skip_to(lengths);
    string_length_.skip_to(text_lengths);
    return taken;
  }

  Reader column() { return rest.within(rest.var_bytes()); }
  template <class Runs>
  ReadAhead<Runs> read_ahead(Reader from) {
    using Value = typename ReadAhead<Runs>::Value;
    std::uint64_t* const memory = memory_.get() + std::size_t{columns_++} * (ahead_ + put_at_once);
    return {from, rest, reinterpret_cast<Value*>(memory), ahead_};
  }
  std::string_view string_of(std::uint64_t& units) {
    if (units > ascii_end_ - string_at_) return string_beyond_ascii(units);
    const char* const at = joined_.data() + string_at_;
    string_at_ += units;
    return {at, units};
  }
  std::string_view string_beyond_ascii(std::uint64_t& units);
  std::uint32_t plain_ahead(std::uint64_t most);

  std::size_t size_;  // of the update in bytes
  // So many values of each column are decoded ahead: the more, the fewer wrong guesses, for the processor stays with
  // one column. They take about as much memory as the update.
  std::uint32_t ahead_;
  static constexpr std::size_t columns = 9;
  std::uint32_t columns_ = 0;  // that have got theirs
  std::unique_ptr<std::uint64_t[]> memory_;
  std::uint64_t max_structs_;
  std::size_t key_bytes_allowed_;  // a long key that is used again and again would be written as often in v1
  ReadAhead<IntDiffOptRle> key_clock_;
  ReadAhead<UintOptRle> client_;
  ReadAhead<IntDiffOptRle> left_clock_;
  ReadAhead<IntDiffOptRle> right_clock_;
  ReadAhead<ByteRle> info_;
  Reader strings_;
  std::string_view joined_;  // all strings, joined
  std::size_t string_at_ = 0;
  std::size_t ascii_end_ = 0;  // up to there they are ASCII, from string_at_ on
  bool inside_pair_ = false;   // the next string begins with the second half of the character before string_at_
  ReadAhead<UintOptRle> string_length_;
  ReadAhead<ByteRle> parent_info_;
  ReadAhead<UintOptRle> type_ref_;
  ReadAhead<UintOptRle> length_;
  std::deque<std::string> keys_;
  std::deque<std::string> cut_;  // strings whose characters were cut by their neighbours
  std::deque<Bytes> texts_;      // JSON texts in the form of a struct
};

}  // namespace stet::core
