#include <cctype>

#include "stet/any.hpp"

namespace stet {

namespace {

// A recogniser for RFC 8259 without recursion: an explicit stack of open brackets, one bit each.
class JsonScanner {
 public:
  JsonScanner(std::string_view text, unsigned depth) : at_(text.data()), end_(at_ + text.size()), max_depth_(depth) {}

  bool run() {
    std::vector<bool> in_object;  // the open brackets, innermost last
    while (true) {
      skip_space();
      if (!value_or_open(in_object)) return false;
      if (opened_) {
        if (in_object.size() > max_depth_) return false;
        skip_space();
        if (!take(in_object.back() ? '}' : ']')) {
          if (in_object.back() && !key()) return false;
          continue;
        }
        in_object.pop_back();
      }
      // A value is complete: close brackets, or go on to the next member.
      while (true) {
        skip_space();
        if (in_object.empty()) return at_ == end_;
        if (take(',')) {
          skip_space();
          if (in_object.back() && !key()) return false;
          break;
        }
        if (!take(in_object.back() ? '}' : ']')) return false;
        in_object.pop_back();
      }
    }
  }

 private:
  bool take(char expected) {
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool word(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size()) return false;
    if (std::string_view(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool digits() {
    const char* start = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != start;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (byte == '"') return true;
      if (byte < 0x20) return false;
      if (byte != '\\') continue;
      if (at_ == end_) return false;
      const char escape = *at_++;
      if (escape == 'u') {
        for (int i = 0; i < 4; ++i, ++at_) {
          if (at_ == end_ || !std::isxdigit(static_cast<unsigned char>(*at_))) return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool key() {
    if (!string()) return false;
    skip_space();
    return take(':');
  }

  bool value_or_open(std::vector<bool>& in_object) {
    opened_ = false;
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
      case '[':
        in_object.push_back(*at_ == '{');
        ++at_;
        opened_ = true;
        return true;
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  const char* at_;
  const char* end_;
  unsigned max_depth_;
  bool opened_ = false;
};

}  // namespace

bool valid_json(std::string_view text, unsigned depth) { return JsonScanner(text, depth).run(); }

}  // namespace stet
