// Any values as JSON text and back, as JSON.stringify and JSON.parse would do it.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "any.hpp"

namespace stet::core {

namespace {

// --- Any -> JSON -----------------------------------------------------------------------------------------------------

// ECMAScript Number::toString: shortest digits that read back as the same number, in its own choice of notation.
void write_decimal(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) out += '-';
  std::array<char, 32> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::scientific).ptr;
  // d.ddd…e±xx
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  const char* exponent_text = text.data() + e + 1;
  if (*exponent_text == '+') ++exponent_text;
  std::from_chars(exponent_text, end, exponent);
  const int point = exponent + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  if (point > 0 && point <= 21) {
    if (count <= point) {
      out += digits;
      out.append(static_cast<std::size_t>(point - count), '0');
    } else {
      out.append(digits, 0, static_cast<std::size_t>(point));
      out += '.';
      out.append(digits, static_cast<std::size_t>(point));
    }
  } else if (point <= 0 && point > -6) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    out += digits[0];
    if (count > 1) {
      out += '.';
      out.append(digits, 1);
    }
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(exponent));
  }
}

void write_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += hex[static_cast<unsigned char>(c) >> 4];
          out += hex[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::uint64_t read_big_endian(Reader& in, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | in.byte();
  return value;
}

// A plain value; false for arrays and objects. JSON knows no undefined, binary or bigint: what is in their place is
// what JSON.stringify makes of them inside an array (a bigint, which it refuses, as a number).
bool write_scalar(std::string& out, Reader& in, std::uint8_t tag) {
  switch (tag) {
    case any_true:
      out += "true";
      return true;
    case any_false:
      out += "false";
      return true;
    case any_integer: {
      const Reader::SignedInteger value = in.varint();
      if (value.negative && value.magnitude > 0) out += '-';
      out += std::to_string(value.magnitude);
      return true;
    }
    case any_float32:
      write_decimal(out, std::bit_cast<float>(static_cast<std::uint32_t>(read_big_endian(in, 4))));
      return true;
    case any_float64:
      write_decimal(out, std::bit_cast<double>(read_big_endian(in, 8)));
      return true;
    case any_bigint:
      out += std::to_string(static_cast<std::int64_t>(read_big_endian(in, 8)));
      return true;
    case any_string:
      write_string(out, in.var_string());
      return true;
    case any_bytes: {
      const ByteView bytes = in.var_bytes();
      out += '{';
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0) out += ',';
        out += '"' + std::to_string(i) + "\":" + std::to_string(bytes[i]);
      }
      out += '}';
      return true;
    }
    case any_array:
    case any_object:
      return false;
    default:
      out += "null";
      return true;
  }
}

// --- JSON -> Any -----------------------------------------------------------------------------------------------------

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

// Whether the absolute value of a JSON number is below one, however long it is written.
bool below_one(std::string_view number) {
  const std::size_t digits = std::min(number.find_first_of("eE"), number.size());
  long exponent = 0;
  if (digits < number.size()) {
    const char* start = number.data() + digits + (number[digits + 1] == '+' ? 2 : 1);
    const auto end = std::from_chars(start, number.data() + number.size(), exponent);
    if (end.ec == std::errc::result_out_of_range) return *start == '-';
  }
  const auto point = static_cast<long>(std::min(number.substr(0, digits).find('.'), digits));
  const auto first = static_cast<long>(std::min(number.find_first_of("123456789"), digits));
  return exponent < (first > point ? first - point : first - point + 1);
}

// Reads JSON that was verified before.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  char peek() {
    while (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r') ++at_;
    return text_[at_];
  }
  char take() {
    const char c = peek();
    ++at_;
    return c;
  }
  void skip(std::size_t count) { at_ += count; }

  std::string string() {
    std::string out;
    take();
    while (text_[at_] != '"') {
      const char c = text_[at_++];
      if (c != '\\') {
        out += c;
        continue;
      }
      const char escape = text_[at_++];
      switch (escape) {
        case 'b':
          out += '\b';
          break;
        case 'f':
          out += '\f';
          break;
        case 'n':
          out += '\n';
          break;
        case 'r':
          out += '\r';
          break;
        case 't':
          out += '\t';
          break;
        case 'u':
          append_utf8(out, unicode_escape());
          break;
        default:
          out += escape;
      }
    }
    ++at_;
    return out;
  }

  double number() {
    peek();
    double value = 0;
    const auto end = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    // Out of range: too large becomes infinite, too small becomes zero, as in JavaScript.
    if (end.ec == std::errc::result_out_of_range) {
      const std::string_view token(text_.data() + at_, static_cast<std::size_t>(end.ptr - text_.data()) - at_);
      value = below_one(token) ? 0 : HUGE_VAL;
      if (token[0] == '-') value = -value;
    }
    at_ = static_cast<std::size_t>(end.ptr - text_.data());
    return value;
  }

 private:
  std::uint32_t hex4() {
    std::uint32_t value = 0;
    std::from_chars(text_.data() + at_, text_.data() + at_ + 4, value, 16);
    at_ += 4;
    return value;
  }

  // A half of a pair that stands alone cannot be written in UTF-8: U+FFFD, as a TextEncoder has it.
  std::uint32_t unicode_escape() {
    const std::uint32_t unit = hex4();
    if (unit < 0xd800 || unit > 0xdfff) return unit;
    if (unit < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      const std::size_t behind = at_;
      at_ += 2;
      const std::uint32_t low = hex4();
      if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
      at_ = behind;
    }
    return 0xfffd;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void write_big_endian(Writer& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.byte(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

void write_number(Writer& out, double value) {
  if (std::trunc(value) == value && std::fabs(value) <= 2147483647.0) {
    out.byte(any_integer);
    out.varint(static_cast<std::uint64_t>(std::fabs(value)), std::signbit(value));
  } else if (const auto narrow = static_cast<float>(value); static_cast<double>(narrow) == value) {
    out.byte(any_float32);
    write_big_endian(out, std::bit_cast<std::uint32_t>(narrow), 4);
  } else {
    out.byte(any_float64);
    write_big_endian(out, std::bit_cast<std::uint64_t>(value), 8);
  }
}

std::string any_to_json(ByteView any) {
  struct Level {
    std::uint64_t left;
    bool object;
    bool first = true;
  };
  Reader in(any);
  std::string out;
  std::vector<Level> levels{{1, false}};
  while (true) {
    while (levels.back().left == 0) {
      if (levels.size() == 1) return out;
      out += levels.back().object ? '}' : ']';
      levels.pop_back();
    }
    Level& level = levels.back();
    --level.left;
    std::string_view key;
    if (level.object) {
      key = in.var_string();
      // JSON.stringify leaves out members that are undefined.
      if (*in.position() == any_undefined) {
        in.byte();
        continue;
      }
    }
    if (levels.size() > 1 && !level.first) out += ',';
    level.first = false;
    if (level.object) {
      write_string(out, key);
      out += ':';
    }
    const std::uint8_t tag = in.byte();
    if (!write_scalar(out, in, tag)) {
      out += tag == any_object ? '{' : '[';
      levels.push_back({in.varuint(), tag == any_object});
    }
  }
}

Bytes json_to_any(std::string_view json) {
  if (json == "undefined") return {any_undefined};
  // Counts come before members, but JSON tells them only at the end: each open bracket has a buffer of its own.
  struct Level {
    Writer members;
    std::uint64_t count = 0;
    bool object = false;
  };
  JsonReader in(json);
  std::vector<Level> levels(1);
  while (true) {
    Level& level = levels.back();
    if (level.object) {
      level.members.var_string(in.string());
      in.take();  // the colon
    }
    Writer& out = level.members;
    ++level.count;
    bool opened = false;
    switch (in.peek()) {
      case '{':
      case '[': {
        const bool object = in.take() == '{';
        levels.emplace_back().object = object;
        opened = in.peek() != '}' && in.peek() != ']';
        break;
      }
      case '"':
        out.byte(any_string);
        out.var_string(in.string());
        break;
      case 't':
        out.byte(any_true);
        in.skip(4);
        break;
      case 'f':
        out.byte(any_false);
        in.skip(5);
        break;
      case 'n':
        out.byte(any_null);
        in.skip(4);
        break;
      default:
        write_number(out, in.number());
    }
    if (opened) continue;
    while (true) {
      if (levels.size() == 1) return levels[0].members.take();
      if (in.peek() == ',') {
        in.take();
        in.peek();
        break;
      }
      in.take();  // the closing bracket
      Level closed = std::move(levels.back());
      levels.pop_back();
      Writer& outer = levels.back().members;
      outer.byte(closed.object ? any_object : any_array);
      outer.varuint(closed.count);
      outer.raw(closed.members.view());
    }
  }
}

}  // namespace stet::core
