// Writing updates, in both encodings; the counterpart of update_decoder.hpp. Bytes equal those of Yjs 13.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "any.hpp"
#include "wire.hpp"

namespace stet::core {

// Texts and keys that are handed to an encoder stay where they are until finish(): v2 copies them only then.
class EncoderV1 {
 public:
  // What no column holds: counts, clocks, delete sets.
  Writer rest;

  void info(std::uint8_t value) { rest.byte(value); }
  void client(std::uint64_t id) { rest.varuint(id); }
  void left_id(WireId id) { both(id); }
  void right_id(WireId id) { both(id); }
  void parent_info(bool root) { rest.varuint(root ? 1 : 0); }
  void type_ref(std::uint8_t ref) { rest.varuint(ref); }
  void length(std::uint64_t units) { rest.varuint(units); }
  // A text may come in parts: begin_string() for the whole, then each.
  void begin_string(std::uint64_t bytes, std::uint64_t units) {
    static_cast<void>(units);
    rest.varuint(bytes);
  }
  void string_part(std::string_view text) { rest.raw(as_bytes(text)); }
  void string(std::string_view text, std::uint64_t units) {
    begin_string(text.size(), units);
    string_part(text);
  }
  void key(std::string_view text) { rest.var_string(text); }
  // JSON texts with their lengths, as they lie in a struct.
  void json_texts(ByteView texts) { rest.raw(texts); }
  void json_value(ByteView value, bool any_value);

  // Writes plain structs, one by one. See v2.
  class PlainStructs {
   public:
    explicit PlainStructs(EncoderV1& out) : out_(out) {}
    static constexpr bool full() { return false; }
    void end() {}
    // A text, of which so many bytes can be read from its start on, or deleted units.
    [[gnu::always_inline]] void write(const PlainStruct& s, bool text, std::size_t readable) {
      out_.plain(s, text, readable);
    }

   private:
    EncoderV1& out_;
  };

  // To be called before the ranges of a client.
  void begin_deletes() {}
  void deletes(std::uint64_t clock, std::uint64_t length) {
    std::uint8_t* const at = Writer::put_varuint(rest.room(2 * Writer::max_varuint), clock);
    rest.wrote(Writer::put_varuint(at, length));
  }

  // So many bytes are likely to come.
  void reserve(std::size_t bytes) { rest.reserve(bytes); }
  Bytes finish() { return rest.take(); }

 private:
  static constexpr std::size_t short_text = 32;

  void both(WireId id) {
    rest.varuint(id.client);
    rest.varuint(id.clock);
  }

  // A short text is copied with what lies behind it, as it takes longer to tell how short it is.
  [[gnu::always_inline]] void plain(const PlainStruct& s, bool text, std::size_t readable) {
    std::uint8_t* at = rest.room(1 + 5 * Writer::max_varuint + short_text);
    *at++ = s.info;
    at = put(at, s.origin);
    if (s.has_right_origin()) at = put(at, s.right_origin);
    if (!text) {
      rest.wrote(Writer::put_varuint(at, s.length));
      return;
    }
    at = Writer::put_varuint(at, s.text.size());
    if (s.text.size() <= short_text && readable >= short_text) {
      std::memcpy(at, s.text.data(), short_text);
      rest.wrote(at + s.text.size());
    } else {
      rest.wrote(at);
      string_part(s.text);
    }
  }

  // Most name the client that the one before named: its bytes, at most eight, are kept.
  std::uint8_t* put(std::uint8_t* at, WireId id) {
    if (id.client != client_) [[unlikely]] {
      client_ = id.client;
      client_bytes_ = static_cast<std::size_t>(Writer::put_varuint(client_as_, id.client) - client_as_);
    }
    std::memcpy(at, client_as_, 8);
    return Writer::put_varuint(at + client_bytes_, id.clock);
  }

  std::uint64_t client_ = 0;
  std::size_t client_bytes_ = 1;
  std::uint8_t client_as_[Writer::max_varuint] = {};
};

// The run-length encodings of lib0 (see update_columns.hpp for the reading). What a run repeats is told by next(), from
// a value and the one before it; put() writes a run of so many, the last of the column or not. put_short() writes one
// of a value below `small` that is shorter than short_run.

inline constexpr std::uint64_t short_run = 0x80;  // its count takes a byte

struct UintOptRuns {
  using Value = std::uint64_t;
  static constexpr std::uint64_t small = 0x2000;
  static Value next(Value value, Value) { return value; }
  static std::uint8_t* put(std::uint8_t* at, Value value, std::uint64_t count, bool) {
    at = Writer::put_varuint(at, Writer::varint_groups(value, count > 1));
    return count > 1 ? Writer::put_varuint(at, count - 2) : at;
  }
  static std::uint8_t* put_short(std::uint8_t* at, Value value, std::uint64_t count) {
    const unsigned counted = count > 1 ? 1 : 0;
    const unsigned second = value > 0x3f ? 1 : 0;  // is there such a group?
    at[0] = static_cast<std::uint8_t>((value & 0x3f) | counted << 6 | second << 7);
    at[1] = static_cast<std::uint8_t>(value >> 6);
    at[1 + second] = static_cast<std::uint8_t>(count - 2);
    return at + 1 + second + counted;
  }
};

struct IntDiffOptRuns {
  using Value = std::uint64_t;
  static Value next(Value value, Value before) { return value - before; }
  static std::uint8_t* put(std::uint8_t* at, Value diff, std::uint64_t count, bool) {
    const std::uint64_t encoded = diff * 2 + (count > 1 ? 1 : 0);
    const std::uint64_t sign = 0 - (encoded >> 63);
    at = Writer::put_varuint_of_any_size(at, Writer::varint_groups((encoded ^ sign) - sign, sign != 0));
    return count > 1 ? Writer::put_varuint(at, count - 2) : at;
  }
};

struct ByteRuns {
  using Value = std::uint8_t;
  static constexpr std::uint64_t small = 0x100;
  static Value next(Value value, Value) { return value; }
  // The last run goes without a count: it lasts for ever.
  static std::uint8_t* put(std::uint8_t* at, Value value, std::uint64_t count, bool last) {
    *at++ = value;
    return last ? at : Writer::put_varuint(at, count - 1);
  }
  static std::uint8_t* put_short(std::uint8_t* at, Value value, std::uint64_t count) {
    at[0] = value;
    at[1] = static_cast<std::uint8_t>(count - 1);
    return at + 2;
  }
};

// So many values can be written to a column at once.
inline constexpr std::uint32_t column_room = 32;

// A column. Values are collected, and encoded some at a time in a loop that keeps in registers what it needs; the
// counterpart of ReadAhead.
template <class Runs>
class Column {
 public:
  using Value = typename Runs::Value;

  void write(Value value) {
    values_[filled_++] = value;
    if (filled_ == most) [[unlikely]]
      encode();
  }
  // Room for column_room values, and where those end that were written there.
  Value* room() { return values_ + filled_; }
  void wrote(const Value* end) {
    filled_ = static_cast<std::uint32_t>(end - values_);
    if (filled_ >= most) encode();
  }
  // So many times a value that mostly is the one before it.
  void write_again(Value value, std::uint64_t times) {
    for (; filled_ != 0 || value != repeated_; --times) {
      if (times == 0) return;
      write(value);
    }
    count_ += times;
  }
  ByteView finish();

 private:
  // A run takes two varuints at most. A multiple of what a vector register holds.
  static constexpr std::uint32_t most = Writer::max_room / (2 * Writer::max_varuint) / 16 * 16;

  void encode();  // the first `most` values, or all if there are fewer
  void encode_each(std::uint32_t values);
  // `most` values, if they are small and make short runs, as nearly all do; else false, and nothing is done.
  bool encode_full();
  // What bits there are in `most` values.
  Value bits() const {
    Value all = 0;
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < most; ++i) all |= values_[i];
    return all;
  }

  std::uint32_t filled_ = 0;
  Value values_[most + column_room];  // not encoded yet
  Value before_ = 0;                  // the last that is encoded
  Value repeated_ = 0;                // by the run that is not written yet
  std::uint64_t count_ = 0;
  Writer out_;
};

template <>
bool Column<IntDiffOptRuns>::encode_full();
extern template class Column<UintOptRuns>;
extern template class Column<IntDiffOptRuns>;
extern template class Column<ByteRuns>;

// All texts, joined. Those of a store mostly lie one behind the other already, and are then copied as one, at the end.
class TextColumn {
 public:
  // `text` stays where it is.
  void add(std::string_view text) {
    if (text.data() == last_.data() + last_.size()) [[likely]] {
      last_ = {last_.data(), last_.size() + text.size()};
    } else {
      first_.raw(as_bytes(std::exchange(last_, text)));
    }
  }
  // Where the last one ends; and adds what lies behind it, up to `end`.
  const char* end() const { return last_.data() + last_.size(); }
  void extend(const char* end) { last_ = {last_.data(), static_cast<std::size_t>(end - last_.data())}; }
  // `text` does not stay.
  void copy(std::string_view text) {
    first_.raw(as_bytes(std::exchange(last_, {})));
    first_.raw(as_bytes(text));
  }
  std::size_t size() const { return first_.size() + last_.size(); }
  void append_to(Bytes& out) {
    for (const ByteView texts : {first_.view(), as_bytes(last_)}) out.insert(out.end(), texts.begin(), texts.end());
  }

 private:
  Writer first_;
  std::string_view last_;
};

class EncoderV2 {
 public:
  Writer rest;

  void info(std::uint8_t value) { info_.write(value); }
  void client(std::uint64_t id) { client_.write(id); }
  void left_id(WireId id) {
    client_.write_again(id.client, 1);
    left_clock_.write(id.clock);
  }
  void right_id(WireId id) {
    client_.write_again(id.client, 1);
    right_clock_.write(id.clock);
  }
  void parent_info(bool root) { parent_info_.write(root ? 1 : 0); }
  void type_ref(std::uint8_t ref) { type_ref_.write(ref); }
  void length(std::uint64_t units) { length_.write(units); }
  void begin_string(std::uint64_t bytes, std::uint64_t units) {
    static_cast<void>(bytes);
    string_length_.write(units);
  }
  void string_part(std::string_view text) { strings_.add(text); }
  void string(std::string_view text, std::uint64_t units) {
    begin_string(text.size(), units);
    string_part(text);
  }
  // Writes plain structs until it is full, or end() is called: before nothing else may be written. Knows the ends of
  // the columns, so that registers hold them.
  class PlainStructs {
   public:
    explicit PlainStructs(EncoderV2& out)
        : out_(out),
          info_(out.info_.room()),
          left_clock_(out.left_clock_.room()),
          right_clock_(out.right_clock_.room()),
          string_length_(out.string_length_.room()),
          length_(out.length_.room()),
          texts_(out.strings_.end()),
          full_(info_ + column_room) {}
    bool full() const { return info_ == full_; }
    [[gnu::always_inline]] void end() {
      out_.info_.wrote(info_);
      out_.client_.write_again(client_, times_);
      out_.left_clock_.wrote(left_clock_);
      out_.right_clock_.wrote(right_clock_);
      out_.string_length_.wrote(string_length_);
      out_.length_.wrote(length_);
      out_.strings_.extend(texts_);
    }

    // A text or deleted units.
    [[gnu::always_inline]] void write(const PlainStruct& s, bool text, std::size_t) {
      *info_++ = s.info;
      client(s.origin.client);
      *left_clock_++ = s.origin.clock;
      if (s.has_right_origin()) {
        client(s.right_origin.client);
        *right_clock_++ = s.right_origin.clock;
      }
      if (!text) {
        *length_++ = s.length;
        return;
      }
      *string_length_++ = s.length;
      if (s.text.data() == texts_) [[likely]] {
        texts_ += s.text.size();
      } else {
        out_.strings_.extend(texts_);
        out_.strings_.add(s.text);
        texts_ = out_.strings_.end();
      }
    }

   private:
    [[gnu::always_inline]] void client(std::uint64_t id) {
      if (id != client_) [[unlikely]] {
        out_.client_.write_again(client_, times_);
        client_ = id;
        times_ = 0;
      }
      ++times_;
    }

    EncoderV2& out_;
    std::uint64_t client_ = 0;
    std::uint64_t times_ = 0;  // that it comes
    std::uint8_t* info_;
    std::uint64_t* left_clock_;
    std::uint64_t* right_clock_;
    std::uint64_t* string_length_;
    std::uint64_t* length_;
    const char* texts_;
    const std::uint8_t* full_;
  };
  // Yjs 13 never reuses a key, though readers accept it.
  void key(std::string_view text) {
    key_clock_.write(next_key_++);
    string(text, utf16_length(text));
  }
  void json_texts(ByteView texts);
  void json_value(ByteView value, bool any_value);

  void begin_deletes() { delete_at_ = 0; }
  void deletes(std::uint64_t clock, std::uint64_t length) {
    std::uint8_t* const at = Writer::put_varuint(rest.room(2 * Writer::max_varuint), clock - delete_at_);
    rest.wrote(Writer::put_varuint(at, length - 1));
    delete_at_ = clock + length;
  }

  void reserve(std::size_t) {}  // each column grows by itself
  Bytes finish();

 private:
  Column<IntDiffOptRuns> key_clock_;
  Column<UintOptRuns> client_;
  Column<IntDiffOptRuns> left_clock_;
  Column<IntDiffOptRuns> right_clock_;
  Column<ByteRuns> info_;
  TextColumn strings_;
  Column<UintOptRuns> string_length_;
  Column<ByteRuns> parent_info_;
  Column<UintOptRuns> type_ref_;
  Column<UintOptRuns> length_;
  std::uint64_t next_key_ = 0;
  std::uint64_t delete_at_ = 0;
};

// Writes the struct without its first `offset` units (it then follows on its own cut-off part).
template <class Encoder>
void write_struct(Encoder& out, const WireStruct& s, std::uint64_t offset);

// `ranges` must be normalized.
template <class Encoder>
void write_deletes(Encoder& out, const std::vector<DeleteRange>& ranges);

extern template void write_struct(EncoderV1&, const WireStruct&, std::uint64_t);
extern template void write_struct(EncoderV2&, const WireStruct&, std::uint64_t);
extern template void write_deletes(EncoderV1&, const std::vector<DeleteRange>&);
extern template void write_deletes(EncoderV2&, const std::vector<DeleteRange>&);

}  // namespace stet::core
