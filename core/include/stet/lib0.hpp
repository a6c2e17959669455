// The primitive encodings of the Yjs family (npm: lib0): variable-length integers and length-prefixed bytes.
// Used by the update formats and by the sync and awareness protocols alike.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

// The largest integer that JavaScript represents exactly; nothing on the wire may exceed it.
inline constexpr std::uint64_t max_safe_integer = (std::uint64_t{1} << 53) - 1;

// Reads from a borrowed buffer. After the first failure every further read returns zero and ok() is false, so a
// parser may check once per record. Never reads past the end, never allocates.
class Reader {
 public:
  explicit Reader(ByteView data) : begin_(data.data()), at_(data.data()), end_(data.data() + data.size()) {}

  // A reader of `part`, which lies in this one's input: its errors tell offsets in the whole.
  Reader within(ByteView part) const {
    Reader reader(part);
    reader.begin_ = begin_;
    return reader;
  }

  bool ok() const { return what_ == nullptr; }
  bool at_end() const { return at_ == end_; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  const std::uint8_t* position() const { return at_; }
  Error error() const { return {code_, error_offset_, what_ ? what_ : "no error"}; }

  void fail(ErrorCode code, const char* what) {
    if (what_) return;
    code_ = code;
    what_ = what;
    error_offset_ = offset();
    at_ = end_;
  }

  // Fails as `part` has, if it has failed.
  void fail_as(const Reader& part) {
    if (!part.what_ || what_) return;
    code_ = part.code_;
    what_ = part.what_;
    error_offset_ = part.error_offset_;
    at_ = end_;
  }

  std::uint8_t byte() {
    if (at_ == end_) {
      fail(ErrorCode::truncated, "unexpected end");
      return 0;
    }
    return *at_++;
  }

  // At most 2^53 - 1 and without superfluous leading zero groups (no writer makes those).
  std::uint64_t varuint() {
    if (at_ != end_ && *at_ < 0x80) [[likely]]
      return *at_++;
    if (const ShortGroups groups = peek_short(); groups.bytes > 0) {
      at_ += groups.bytes;
      return groups.joined(7);
    }
    return varuint_of_any_size();
  }

  // A value that comes again and again is recognised by its bytes, which is quicker than reading them.
  class Recent {
    friend Reader;
    std::uint64_t value_ = 0;
    std::uint64_t mask_ = 0;  // of its bytes in a word
    std::uint64_t bits_ = 1;  // what they are; nothing is recognised yet
    std::uint32_t bytes_ = 0;
  };
  std::uint64_t varuint(Recent& recent) {
    std::uint64_t word = 0;
    const bool enough = remaining() >= sizeof word;
    if (enough) [[likely]] {
      std::memcpy(&word, at_, sizeof word);
      if ((word & recent.mask_) == recent.bits_) [[likely]] {
        at_ += recent.bytes_;
        return recent.value_;
      }
    }
    const std::uint8_t* const start = at_;
    const std::uint64_t value = varuint();
    const auto bytes = static_cast<std::uint32_t>(at_ - start);
    if (enough && ok() && bytes < sizeof word) {
      recent.value_ = value;
      recent.bytes_ = bytes;
      recent.mask_ = (std::uint64_t{1} << 8 * bytes) - 1;
      recent.bits_ = word & recent.mask_;
    }
    return value;
  }

  // `count` bytes, borrowed.
  ByteView bytes(std::uint64_t count) {
    if (count > remaining()) {
      fail(ErrorCode::truncated, "length exceeds input");
      return {};
    }
    ByteView view{at_, static_cast<std::size_t>(count)};
    at_ += count;
    return view;
  }

  // One byte more: the sign is bit 6 of the first. `negative` tells -0 from 0, which the run-length encodings need.
  struct SignedInteger {
    std::uint64_t magnitude = 0;
    bool negative = false;
  };
  SignedInteger varint() {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      const std::uint8_t only = *at_++;
      return {only & std::uint64_t{0x3f}, (only & 0x40) != 0};
    }
    if (remaining() >= 2 && at_[1] - 1U < 0x7f) {
      const std::uint8_t first = at_[0];
      const std::uint64_t second = at_[1];
      at_ += 2;
      return {(first & 0x3f) | second << 6, (first & 0x40) != 0};
    }
    return varint_of_any_size();
  }

  // The same where sizes are mixed: takes as long for any size, but spares the processor wrong guesses of it.
  SignedInteger varint_of_any_size() {
    const ShortGroups groups = peek_short();
    if (groups.bytes == 0) [[unlikely]]
      return varint_long();
    at_ += groups.bytes;
    return {groups.joined(6), (groups.bits & 0x40) != 0};
  }

  // A varuint length and so many bytes, borrowed.
  ByteView var_bytes() { return bytes(varuint()); }

  // The same as text. The caller checks UTF-8 where it matters.
  std::string_view var_string() { return as_text(var_bytes()); }

  // What groups of seven bits, each in its byte, come to: the first gives so many bits, the others seven.
  static constexpr std::uint64_t joined(std::uint32_t groups, unsigned first) {
    return (groups & ((1U << first) - 1)) | (groups & 0x7f00) >> (8 - first) | (groups & 0x7f0000) >> (9 - first) |
           (groups & 0x7f000000) >> (10 - first);
  }

 private:
  // Up to four groups of seven bits, to the first byte without a continuation bit, read without a branch on their
  // number. `bytes` is 0 where it takes a closer look: more groups, near the end of the input, and where the last of
  // several groups is zero.
  struct ShortGroups {
    std::uint32_t bits = 0;  // each group in its byte
    std::uint32_t bytes = 0;
    std::uint64_t joined(unsigned first) const { return Reader::joined(bits, first); }
  };
  ShortGroups peek_short() const {
    static_assert(std::endian::native == std::endian::little);
    if (remaining() < 4) return {};
    std::uint32_t word;
    std::memcpy(&word, at_, sizeof word);
    const std::uint32_t ends = ~word & 0x80808080U;
    const std::uint32_t all = ends ^ (ends - 1);  // up to the last group
    word &= all & 0x7f7f7f7fU;
    if (ends == 0 || word < all >> 8) [[unlikely]]  // a single group may be zero
      return {};
    return {word, (static_cast<std::uint32_t>(std::countr_zero(ends)) >> 3) + 1};
  }

  // The same for up to eight groups.
  struct Groups {
    std::uint64_t value = 0;
    std::uint32_t bytes = 0;
  };
  Groups peek_groups() const {
    if (remaining() < 8) return {};
    std::uint64_t word;
    std::memcpy(&word, at_, sizeof word);
    const std::uint64_t ends = ~word & 0x8080808080808080U;
    if (ends == 0) return {};
    word &= ends ^ (ends - 1);
    const auto bytes = static_cast<std::uint32_t>(std::countr_zero(ends) + 1) / 8;
    if (word >> (8 * bytes - 8) == 0) return {};
    // Groups of 7 bits become groups of 14, of 28 and of 56.
    word = (word & 0x007f007f007f007fU) | (word & 0x7f007f007f007f00U) >> 1;
    word = (word & 0x00003fff00003fffU) | (word & 0x3fff00003fff0000U) >> 2;
    word = (word & 0x000000000fffffffU) | (word & 0x0fffffff00000000U) >> 4;
    return {word, bytes};
  }

  std::uint64_t varuint_of_any_size() {
    const Groups groups = peek_groups();
    if (groups.bytes == 0 || groups.value > max_safe_integer) return varuint_long();
    at_ += groups.bytes;
    return groups.value;
  }

  SignedInteger varint_long() {
    const std::uint8_t first = byte();
    SignedInteger value{first & std::uint64_t{0x3f}, (first & 0x40) != 0};
    if (first & 0x80) {
      const std::uint64_t rest = varuint();
      if (rest > max_safe_integer >> 6) fail(ErrorCode::too_large, "varint over 2^53 - 1");
      value.magnitude |= rest << 6;
    }
    return value;
  }

  std::uint64_t varuint_long() {
    std::uint64_t value = 0;
    unsigned shift = 0;
    while (true) {
      if (at_ == end_) {
        fail(ErrorCode::truncated, "unexpected end in varuint");
        return 0;
      }
      const std::uint8_t group = *at_++;
      value |= static_cast<std::uint64_t>(group & 0x7f) << shift;
      if (group < 0x80) {
        if (value > max_safe_integer) {
          fail(ErrorCode::too_large, "varuint over 2^53 - 1");
          return 0;
        }
        if (group == 0) {
          fail(ErrorCode::malformed, "overlong varuint");
          return 0;
        }
        return value;
      }
      shift += 7;
      if (shift > 49) {
        fail(ErrorCode::too_large, "varuint too long");
        return 0;
      }
    }
  }

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const char* what_ = nullptr;
  ErrorCode code_ = ErrorCode::malformed;
  std::size_t error_offset_ = 0;
};

// Appends to a growing buffer. What is written lies in a small block first, and goes behind the rest when that is full:
// so there is hardly an allocation for what is short, and no byte of the buffer is touched before it is written.
class Writer {
 public:
  Writer() {}  // NOLINT(modernize-use-equals-default): that one would fill the block with zeros

  // Gives what was written away; the writer is empty then.
  Bytes take() {
    if (!done_.empty()) end_block();
    Bytes taken = done_.empty() ? Bytes(block_, block_ + used_) : std::exchange(done_, {});
    used_ = 0;
    return taken;
  }
  // What was written; lives until more is.
  ByteView view() {
    if (done_.empty()) return {block_, used_};
    end_block();
    return done_;
  }
  std::size_t size() const { return done_.size() + used_; }
  // So many more bytes are likely to come.
  void reserve(std::size_t bytes) {
    const std::size_t wanted = size() + bytes;
    if (bytes > sizeof block_ && wanted > done_.capacity()) done_.reserve(std::max(wanted, done_.capacity() * 2));
  }

  void byte(std::uint8_t value) {
    *room(1) = value;
    ++used_;
  }

  void varuint(std::uint64_t value) { wrote(put_varuint(room(max_varuint), value)); }

  void varint(std::uint64_t magnitude, bool negative) { varuint(varint_groups(magnitude, negative)); }

  // For what is written often, at once: room() for it all, at most max_room bytes, then the writing, and where that
  // ended for wrote(). A varuint takes at most max_varuint bytes, and as much room whatever it takes.
  static constexpr std::size_t max_varuint = 10;
  static constexpr std::size_t max_room = 1024;
  std::uint8_t* room(std::size_t bytes) {
    if (sizeof block_ - used_ < bytes) [[unlikely]]
      end_block();
    return block_ + used_;
  }
  void wrote(const std::uint8_t* end) { used_ = static_cast<std::size_t>(end - block_); }

  // One byte, or three as the clocks of most documents take, is guessed right by the processor.
  static std::uint8_t* put_varuint(std::uint8_t* at, std::uint64_t value) {
    if (value < 0x80) {
      *at = static_cast<std::uint8_t>(value);
      return at + 1;
    }
    if (value - 0x4000 < 0x200000 - 0x4000) {
      const std::uint32_t groups = spread(static_cast<std::uint32_t>(value)) | 0x8080;
      std::memcpy(at, &groups, sizeof groups);
      return at + 3;
    }
    return put_varuint_of_any_size(at, value);
  }

  // The same where sizes are mixed: takes as long for any size up to four bytes, but spares the processor wrong guesses
  // of it.
  static std::uint8_t* put_varuint_of_any_size(std::uint8_t* at, std::uint64_t value) {
    if (value < 1U << 28) [[likely]] {
      const auto bits = static_cast<std::uint32_t>(value);
      const unsigned further = further_groups[std::bit_width(bits | 1)];
      const std::uint32_t groups = spread(bits) | continued[further];
      std::memcpy(at, &groups, sizeof groups);
      return at + further + 1;
    }
    for (; value > 0x7f; value >>= 7) *at++ = static_cast<std::uint8_t>(value | 0x80);
    *at++ = static_cast<std::uint8_t>(value);
    return at;
  }

  // A varint is a varuint of which bit 6 is the sign.
  static constexpr std::uint64_t varint_groups(std::uint64_t magnitude, bool negative) {
    return magnitude >> 6 << 7 | (negative ? 0x40 : 0) | (magnitude & 0x3f);
  }

  void raw(ByteView bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > sizeof block_ - used_) {
      end_block();
      if (bytes.size() > sizeof block_ / 2) {
        done_.insert(done_.end(), bytes.begin(), bytes.end());
        return;
      }
    }
    std::memcpy(block_ + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }

  void var_bytes(ByteView bytes) {
    varuint(bytes.size());
    raw(bytes);
  }

  void var_string(std::string_view text) { var_bytes(as_bytes(text)); }

 private:
  // Four groups of seven bits, each in its byte: what lies above a group moves up by a bit as it is added to itself.
  static constexpr std::uint32_t spread(std::uint32_t bits) {
    bits += bits & ~0x7fU;
    bits += bits & ~0x7fffU;
    return bits + (bits & ~0x7fffffU);
  }
  // How many groups follow the first, by the number of bits; and what marks so many.
  static constexpr std::uint8_t further_groups[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1,
                                                    2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3};
  static constexpr std::uint32_t continued[] = {0, 0x80, 0x8080, 0x808080};

  [[gnu::noinline]] void end_block() {
    done_.insert(done_.end(), block_, block_ + used_);
    used_ = 0;
  }

  Bytes done_;            // the full blocks
  std::size_t used_ = 0;  // bytes of the block
  std::uint8_t block_[max_room];
};

// Whether the text is ASCII: as nearly all on the wire is, it is worth a look of its own.
inline bool is_ascii(std::string_view text) {
  const auto load = [&]<class Word>(std::size_t at, Word word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    return word;
  };
  // The last word may overlap the one before it.
  std::uint64_t seen = 0;
  if (text.size() >= 8) {
    for (std::size_t at = 0; at + 8 < text.size(); at += 8) seen |= load(at, std::uint64_t{});
    seen |= load(text.size() - 8, std::uint64_t{});
  } else if (text.size() >= 4) {
    seen = load(0, std::uint32_t{}) | load(text.size() - 4, std::uint32_t{});
  } else {
    for (const char byte : text) seen |= static_cast<std::uint8_t>(byte);
  }
  return (seen & 0x8080808080808080U) == 0;
}

// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool valid_utf8(std::string_view text);

// Number of UTF-16 code units of well-formed UTF-8.
std::uint64_t utf16_length(std::string_view text);

}  // namespace stet
