// Writing updates, in both encodings; the counterpart of update_decoder.hpp. Bytes equal those of Yjs 13.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "any.hpp"
#include "wire.hpp"

namespace stet::core {

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
  void string(std::string_view text, std::uint64_t units) {
    static_cast<void>(units);
    rest.var_string(text);
  }
  void key(std::string_view text) { rest.var_string(text); }
  // JSON texts with their lengths, as they lie in a struct.
  void json_texts(ByteView texts) { rest.raw(texts); }
  void json_value(ByteView value, bool any_value);

  void delete_clock(std::uint64_t clock) { rest.varuint(clock); }
  void delete_length(std::uint64_t length) { rest.varuint(length); }
  void reset_delete_clock() {}

  Bytes finish() { return rest.take(); }

 private:
  void both(WireId id) {
    rest.varuint(id.client);
    rest.varuint(id.clock);
  }
};

class UintOptRleWriter {
 public:
  void write(std::uint64_t value) {
    if (count_ > 0 && value == value_) {
      ++count_;
      return;
    }
    flush();
    value_ = value;
    count_ = 1;
  }
  ByteView finish() {
    flush();
    return out_.view();
  }

 private:
  void flush();
  Writer out_;
  std::uint64_t value_ = 0;
  std::uint64_t count_ = 0;
};

class IntDiffOptRleWriter {
 public:
  void write(std::uint64_t value) {
    const auto diff = static_cast<std::int64_t>(value - value_);
    value_ = value;
    if (count_ > 0 && diff == diff_) {
      ++count_;
      return;
    }
    flush();
    diff_ = diff;
    count_ = 1;
  }
  ByteView finish() {
    flush();
    return out_.view();
  }

 private:
  void flush();
  Writer out_;
  std::uint64_t value_ = 0;
  std::int64_t diff_ = 0;
  std::uint64_t count_ = 0;
};

class ByteRleWriter {
 public:
  void write(std::uint8_t value) {
    if (count_ > 0 && value == value_) {
      ++count_;
      return;
    }
    // The last run goes without a count: it lasts for ever.
    if (count_ > 0) out_.varuint(count_ - 1);
    out_.byte(value);
    value_ = value;
    count_ = 1;
  }
  ByteView finish() { return out_.view(); }

 private:
  Writer out_;
  std::uint8_t value_ = 0;
  std::uint64_t count_ = 0;
};

class EncoderV2 {
 public:
  Writer rest;

  void info(std::uint8_t value) { info_.write(value); }
  void client(std::uint64_t id) { client_.write(id); }
  void left_id(WireId id) {
    client_.write(id.client);
    left_clock_.write(id.clock);
  }
  void right_id(WireId id) {
    client_.write(id.client);
    right_clock_.write(id.clock);
  }
  void parent_info(bool root) { parent_info_.write(root ? 1 : 0); }
  void type_ref(std::uint8_t ref) { type_ref_.write(ref); }
  void length(std::uint64_t units) { length_.write(units); }
  void string(std::string_view text, std::uint64_t units) {
    strings_.raw(as_bytes(text));
    string_length_.write(units);
  }
  // Yjs 13 never reuses a key, though readers accept it.
  void key(std::string_view text) {
    key_clock_.write(next_key_++);
    string(text, utf16_length(text));
  }
  void json_texts(ByteView texts);
  void json_value(ByteView value, bool any_value);

  void delete_clock(std::uint64_t clock) {
    rest.varuint(clock - delete_at_);
    delete_at_ = clock;
  }
  void delete_length(std::uint64_t length) {
    rest.varuint(length - 1);
    delete_at_ += length;
  }
  void reset_delete_clock() { delete_at_ = 0; }

  Bytes finish();

 private:
  IntDiffOptRleWriter key_clock_;
  UintOptRleWriter client_;
  IntDiffOptRleWriter left_clock_;
  IntDiffOptRleWriter right_clock_;
  ByteRleWriter info_;
  Writer strings_;
  UintOptRleWriter string_length_;
  ByteRleWriter parent_info_;
  UintOptRleWriter type_ref_;
  UintOptRleWriter length_;
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

// Where in `text` the UTF-16 unit `units` begins; a pair that is cut there gives U+FFFD, which `cut` then holds before
// the rest. Returns the text from there on.
std::string_view text_from(std::string_view text, std::uint64_t units, std::string& cut);

}  // namespace stet::core
