// Writing updates, in both encodings; the counterpart of update_decoder.hpp. Bytes equal those of Yjs 13.
#pragma once

#include <cstdint>
#include <cstring>
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

  // A struct of a text or of deleted units, in one go.
  void plain(const PlainStruct& s) {
    std::uint8_t* at = rest.room(1 + 5 * Writer::max_varuint + s.text.size());
    *at++ = s.info;
    if (s.has_origin()) at = put(at, s.origin);
    if (s.has_right_origin()) at = put(at, s.right_origin);
    if (s.kind() == Kind::string) {
      at = Writer::put_varuint(at, s.text.size());
      std::memcpy(at, s.text.data(), s.text.size());
      at += s.text.size();
    } else {
      at = Writer::put_varuint(at, s.length);
    }
    rest.wrote(at);
  }

  void delete_clock(std::uint64_t clock) { rest.varuint(clock); }
  void delete_length(std::uint64_t length) { rest.varuint(length); }
  void reset_delete_clock() {}

  Bytes finish() { return rest.take(); }

 private:
  void both(WireId id) {
    rest.varuint(id.client);
    rest.varuint(id.clock);
  }

  // Most name the client that the one before named: its bytes are kept.
  std::uint8_t* put(std::uint8_t* at, WireId id) {
    if (id.client != client_) {
      client_ = id.client;
      client_bytes_ = static_cast<std::size_t>(Writer::put_varuint(client_as_, id.client) - client_as_);
    }
    std::memcpy(at, client_as_, sizeof client_as_);
    return Writer::put_varuint(at + client_bytes_, id.clock);
  }

  std::uint64_t client_ = 0;
  std::size_t client_bytes_ = 1;
  std::uint8_t client_as_[Writer::max_varuint] = {};
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
  void flush() {
    if (count_ == 0) return;
    out_.varint(value_, count_ > 1);
    if (count_ > 1) out_.varuint(count_ - 2);
    count_ = 0;
  }

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
  void flush() {
    if (count_ == 0) return;
    const std::int64_t encoded = diff_ * 2 + (count_ > 1 ? 1 : 0);
    const bool negative = encoded < 0;
    out_.varint(static_cast<std::uint64_t>(negative ? -encoded : encoded), negative);
    if (count_ > 1) out_.varuint(count_ - 2);
    count_ = 0;
  }

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
  void plain(const PlainStruct& s) {
    info(s.info);
    if (s.has_origin()) left_id(s.origin);
    if (s.has_right_origin()) right_id(s.right_origin);
    if (s.kind() == Kind::string) {
      string(s.text, s.length);
    } else {
      length(s.length);
    }
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
