#include "net/rooms/text_delta.hpp"

#include <algorithm>
#include <utility>

#include "stet/lib0.hpp"

namespace stet::net {
namespace {

constexpr std::string_view object_character = "\xef\xbf\xbc";  // U+FFFC
constexpr std::string_view replacement_character = "\xef\xbf\xbd";
constexpr std::string_view two_replacement_characters = "\xef\xbf\xbd\xef\xbf\xbd";

// The byte of `text` at which the unit so many behind byte `from` begins. A pair that this cuts becomes two U+FFFD.
std::size_t seek(std::string& text, std::size_t from, std::uint64_t units) {
  std::size_t at = from;
  while (units > 0 && at < text.size()) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (bytes == 4 && units == 1) {
      text.replace(at, bytes, two_replacement_characters);
      return at + two_replacement_characters.size() / 2;
    }
    at += bytes;
    units -= bytes == 4 ? 2 : 1;
  }
  return at;
}

// A delta as one pass over the text before it: so many units kept, a text inserted, so many units erased, and so on;
// after the last splice all is kept.
class Pass {
 public:
  enum class Kind : std::uint8_t { keep, insert, erase };

  explicit Pass(const TextDelta& delta) : delta_(delta) { next(); }

  Kind kind() const { return kind_; }
  // Of a kept or erased piece, or of the text.
  std::uint64_t units() const { return units_; }
  bool at_end() const { return kind_ == Kind::keep && splice_ == delta_.size(); }

  // Takes up to so many units of the piece, and puts them into `text` if they are inserted ones; how many it took.
  std::uint64_t take(std::uint64_t most, std::string* text = nullptr) {
    const std::uint64_t taken = std::min(most, units_);
    if (text) {
      const std::size_t end = seek(text_, text_at_, taken);
      text->assign(text_, text_at_, end - text_at_);
      text_at_ = end;
    }
    units_ -= taken;
    if (units_ == 0) next();
    return taken;
  }

 private:
  static constexpr std::uint64_t endless = ~std::uint64_t{0};

  void next() {
    while (splice_ < delta_.size()) {
      const Splice& splice = delta_[splice_];
      switch (step_) {
        case 0:
          step_ = 1;
          if (splice.position > at_) return set(Kind::keep, splice.position - at_);
          break;
        case 1:
          step_ = 2;
          text_ = splice.inserted;
          text_at_ = 0;
          if (!text_.empty()) return set(Kind::insert, utf16_length(text_));
          break;
        default:
          step_ = 0;
          ++splice_;
          at_ = splice.position + splice.erased;
          if (splice.erased > 0) return set(Kind::erase, splice.erased);
      }
    }
    set(Kind::keep, endless);
  }
  void set(Kind kind, std::uint64_t units) {
    kind_ = kind;
    units_ = units;
  }

  const TextDelta& delta_;
  std::size_t splice_ = 0;
  int step_ = 0;
  std::uint64_t at_ = 0;
  Kind kind_ = Kind::keep;
  std::uint64_t units_ = 0;
  std::string text_;  // inserted
  std::size_t text_at_ = 0;
};

// Puts a delta together in the same way.
class Builder {
 public:
  void keep(std::uint64_t units) {
    if (units == 0) return;
    at_ += units;
    is_open_ = false;
  }
  void erase(std::uint64_t units) {
    if (units == 0) return;
    open().erased += units;
    at_ += units;
  }
  void insert(std::string_view text) {
    if (!text.empty()) open().inserted += text;
  }
  TextDelta take() { return std::move(delta_); }

 private:
  Splice& open() {
    if (!is_open_) delta_.push_back({at_, 0, {}});
    is_open_ = true;
    return delta_.back();
  }
  TextDelta delta_;
  std::uint64_t at_ = 0;
  bool is_open_ = false;
};

using Kind = Pass::Kind;

}  // namespace

bool is_text_delta(const TextDelta& delta, std::uint64_t length) {
  std::uint64_t end = 0;
  for (const Splice& splice : delta) {
    if (splice.position < end || splice.position > length || splice.erased > length - splice.position) return false;
    end = splice.position + splice.erased;
  }
  return true;
}

TextDelta text_delta(const Delta& event) {
  Builder out;
  for (const DeltaOp& op : event) {
    if (op.kind == DeltaOp::Kind::retain) {
      out.keep(op.length);
    } else if (op.kind == DeltaOp::Kind::erase) {
      out.erase(op.length);
    } else if (!op.values.empty()) {
      for (std::size_t i = 0; i < op.values.size(); ++i) out.insert(object_character);
    } else {
      out.insert(op.text);
    }
  }
  return out.take();
}

std::string plain_text(const Text& text) {
  std::string out;
  for (const Splice& splice : text_delta(text.to_delta())) out += splice.inserted;
  return out;
}

bool cuts_pair(const Text& text, std::uint64_t position) {
  const auto may_be_half = [&](std::uint64_t unit) {
    const Value value = Array(text).get(unit);
    const Any* any = std::get_if<Any>(&value);
    const std::string* character = any ? any->get<std::string>() : nullptr;
    return character && *character == replacement_character;  // so a half is shown, and the character itself
  };
  if (position == 0 || position >= text.length() || !may_be_half(position - 1) || !may_be_half(position)) return false;
  std::string whole = plain_text(text);
  const std::size_t bytes = whole.size();
  seek(whole, 0, position);
  return whole.size() != bytes;
}

TextDelta transform(const TextDelta& edit, const TextDelta& over) {
  Builder out;
  Pass other(over);
  std::uint64_t at = 0;  // in the text before both
  // Goes on to `end`, past what the other inserts there.
  const auto go = [&](std::uint64_t end, bool erases) {
    while (at < end || (!erases && other.kind() == Kind::insert)) {
      const Kind kind = other.kind();
      const std::uint64_t units = other.take(kind == Kind::insert ? other.units() : end - at);
      if (kind != Kind::insert) at += units;
      if (kind == Kind::insert || (kind == Kind::keep && !erases)) out.keep(units);
      if (kind == Kind::keep && erases) out.erase(units);
    }
  };
  for (const Splice& splice : edit) {
    go(splice.position, false);
    out.insert(splice.inserted);
    go(splice.position + splice.erased, true);
  }
  return out.take();
}

TextDelta compose(const TextDelta& first, const TextDelta& second) {
  Builder out;
  Pass before(first);
  // Takes so many units of the text in between, which the second keeps or erases.
  const auto go = [&](std::uint64_t units, bool erases) {
    while (units > 0) {
      if (before.kind() == Kind::erase) {
        out.erase(before.take(before.units()));
      } else if (before.kind() == Kind::keep) {
        const std::uint64_t taken = before.take(units);
        units -= taken;
        if (erases) {
          out.erase(taken);
        } else {
          out.keep(taken);
        }
      } else {
        std::string text;
        units -= before.take(units, &text);
        if (!erases) out.insert(text);
      }
    }
  };
  std::uint64_t at = 0;
  for (const Splice& splice : second) {
    go(splice.position - at, false);
    out.insert(splice.inserted);
    go(splice.erased, true);
    at = splice.position + splice.erased;
  }
  while (!before.at_end()) {
    const std::uint64_t units = before.units();
    if (before.kind() == Kind::insert) {
      std::string text;
      before.take(units, &text);
      out.insert(text);
    } else if (before.kind() == Kind::erase) {
      out.erase(before.take(units));
    } else {
      out.keep(before.take(units));
    }
  }
  return out.take();
}

TextDelta difference(std::string_view from, std::string_view to) {
  if (from == to) return {};
  const auto within_character = [](std::string_view text, std::size_t byte) {
    return byte < text.size() && (static_cast<std::uint8_t>(text[byte]) & 0xc0) == 0x80;
  };
  const auto head_end = std::mismatch(from.begin(), from.end(), to.begin(), to.end()).first;
  auto head = static_cast<std::size_t>(head_end - from.begin());
  while (within_character(from, head) || within_character(to, head)) --head;
  const auto tail_end = std::mismatch(from.rbegin(), from.rend() - static_cast<std::ptrdiff_t>(head), to.rbegin(),
                                      to.rend() - static_cast<std::ptrdiff_t>(head))
                            .first;
  auto tail = static_cast<std::size_t>(tail_end - from.rbegin());
  while (within_character(from, from.size() - tail) || within_character(to, to.size() - tail)) --tail;
  return {{utf16_length(from.substr(0, head)), utf16_length(from.substr(head, from.size() - tail - head)),
           std::string(to.substr(head, to.size() - tail - head))}};
}

std::uint64_t transform(std::uint64_t position, const TextDelta& delta) {
  std::uint64_t moved = position;
  for (const Splice& splice : delta) {
    if (splice.position > position) break;
    moved += utf16_length(splice.inserted);
    moved -= std::min(splice.erased, position - splice.position);
  }
  return moved;
}

std::string spliced(std::string_view text, const TextDelta& delta) {
  std::string before(text);
  std::string out;
  std::size_t byte = 0;
  std::uint64_t at = 0;
  for (const Splice& splice : delta) {
    const std::size_t kept = byte;
    byte = seek(before, byte, splice.position - at);
    out.append(before, kept, byte - kept).append(splice.inserted);
    byte = seek(before, byte, splice.erased);
    at = splice.position + splice.erased;
  }
  return out.append(before, byte);
}

std::size_t bytes_of(const TextDelta& delta) {
  std::size_t bytes = sizeof(TextDelta);
  for (const Splice& splice : delta) bytes += sizeof(Splice) + splice.inserted.size();
  return bytes;
}

}  // namespace stet::net
