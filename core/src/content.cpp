// How contents lie in Store::data, and how they are cut and joined.
//
//   string          UTF-8 (length = UTF-16 code units)
//   any             `length` Any values          json     `length` length-prefixed JSON texts
//   binary          length-prefixed bytes        doc      length-prefixed guid, one Any value
//   embed, format   the value, as Any (flag_any_value) or as length-prefixed JSON text; a format has the index of its
//                   key before it, as varuint
#include <algorithm>
#include <bit>
#include <cassert>

#include "any.hpp"
#include "store.hpp"
#include "utf8.hpp"

namespace stet::core {

namespace {

// Item::extra of so many units at the start of the text. One that is known after a part of it is not counted to its
// end.
std::uint8_t extra_of(std::string_view text, std::size_t units) {
  std::size_t extra = 0;
  for (std::size_t at = 0; units > 0 && extra < 255;) {
    const std::size_t part = std::min<std::size_t>(units, 4096);
    const Cut cut = find_unit(text.substr(at), part);
    const std::size_t passed = part - cut.inside_character;
    extra += cut.bytes - passed;
    at += cut.bytes;
    units -= passed;
  }
  return static_cast<std::uint8_t>(std::min<std::size_t>(extra, 255));
}

std::uint32_t room(std::uint32_t bytes) { return std::max<std::uint32_t>(16, std::bit_ceil(bytes)); }

}  // namespace

std::uint32_t Store::string_bytes_long(const Item& item) const {
  const std::string_view rest(reinterpret_cast<const char*>(data.data()) + item.content, data.size() - item.content);
  return static_cast<std::uint32_t>(find_unit(rest, item.length).bytes);
}

std::uint32_t Store::content_bytes(const Item& item) const {
  const ByteView from = content_from(item);
  Reader in(from);
  switch (item.kind) {
    case Kind::string:
      return string_bytes(item);
    case Kind::any:
      return static_cast<std::uint32_t>(any_size(from, item.length));
    case Kind::json:
      return static_cast<std::uint32_t>(strings_size(from, item.length));
    case Kind::format:
    case Kind::embed:
      if (item.kind == Kind::format) in.varuint();
      if (item.flags & flag_any_value) {
        read_any(in);
      } else {
        in.var_bytes();
      }
      return static_cast<std::uint32_t>(in.offset());
    case Kind::binary:
      in.var_bytes();
      return static_cast<std::uint32_t>(in.offset());
    case Kind::doc:
      in.var_bytes();
      read_any(in);
      return static_cast<std::uint32_t>(in.offset());
    default:
      return 0;
  }
}

void Store::drop_content(Item& item) {
  const std::uint32_t bytes = item.kind == Kind::string ? string_bytes(item) : content_bytes(item);
  garbage_bytes_ += item.flags & flag_roomy ? room(bytes) : bytes;
  item.content = 0;
  item.extra = 0;
  item.flags &= static_cast<std::uint8_t>(~(flag_any_value | flag_roomy));
}

std::uint32_t Store::add_data(ByteView bytes) {
  const auto offset = static_cast<std::uint32_t>(data.size());
  data.append(bytes);
  return offset;
}

// `left` still has its old content; `right` is a copy of it. Lengths are set already.
void Store::split_content(Item& left, Item& right, std::uint32_t offset) {
  const ByteView from = content_from(left);
  if (left.kind == Kind::any) {
    right.content = left.content + static_cast<std::uint32_t>(any_size(from, offset));
  } else if (left.kind == Kind::json) {
    right.content = left.content + static_cast<std::uint32_t>(strings_size(from, offset));
  } else if (left.kind == Kind::string) {
    left.flags &= static_cast<std::uint8_t>(~flag_roomy);
    right.flags = left.flags;
    if (left.extra == 0) {
      right.content = left.content + offset;
      left.length = offset;
      return;
    }
    const std::uint32_t end = left.extra != 255 ? left.content + string_bytes(left) : 0;
    const Cut cut = find_unit(as_text(from), offset);
    auto left_bytes = static_cast<std::uint32_t>(cut.bytes);
    right.content = left.content + left_bytes + cut.inside_character;
    if (cut.inside_character) {
      // Each half of the pair becomes U+FFFD, as in Yjs. The right one fits into the last three of the character's four
      // bytes; the left part gets a copy with the other.
      std::copy(replacement.begin(), replacement.end(), data.begin() + right.content);
      Bytes copy(data.begin() + left.content, data.begin() + left.content + left_bytes);
      copy.insert(copy.end(), replacement.begin(), replacement.end());
      garbage_bytes_ += left_bytes + 1;
      left_bytes += 3;
      left.content = add_data(copy);
    }
    if (end != 0) {
      set_string(right, right.content, end - right.content, right.length);
    } else {
      right.extra = extra_of(as_text(content_from(right)), right.length);
    }
    set_string(left, left.content, left_bytes, offset);
  }
  left.length = offset;
}

void Store::skip_content(Item& item, std::uint32_t units) {
  const std::uint32_t before = item.content;
  const ByteView from = content_from(item);
  if (item.kind == Kind::any) {
    item.content += static_cast<std::uint32_t>(any_size(from, units));
  } else if (item.kind == Kind::json) {
    item.content += static_cast<std::uint32_t>(strings_size(from, units));
  } else if (item.kind == Kind::string) {
    const std::uint32_t bytes = string_bytes(item);
    const Cut cut = find_unit(as_text(from.first(bytes)), units);
    auto skipped = static_cast<std::uint32_t>(cut.bytes);
    if (cut.inside_character) {
      skipped += 1;
      std::copy(replacement.begin(), replacement.end(), data.begin() + item.content + skipped);
    }
    set_string(item, item.content + skipped, bytes - skipped, item.length - units);
  }
  item.length -= units;
  garbage_bytes_ += item.content - before;
}

// Lengths are still the old ones.
bool Store::merge_content(Item& left, const Item& right) {
  if (left.kind == Kind::string) return merge_string(left, right);
  if (left.kind == Kind::gc || left.kind == Kind::deleted) return true;
  const std::uint32_t left_end = left.content + content_bytes(left);
  if (right.content == left_end) return true;
  if (left_end != data.size()) return false;
  const ByteView added = content_from(right).first(content_bytes(right));
  garbage_bytes_ += added.size();
  add_data(Bytes(added.begin(), added.end()));
  return true;
}

// Text that is typed on grows in place where it lies last in `data`; else it moves to a block with room to double, so
// that each byte is copied a constant number of times. Long texts stay apart rather than be copied for a short one, and
// so do those whose bytes would have to be counted each time. False then.
bool Store::make_room_behind(Item& item, std::uint32_t has, std::uint32_t bytes) {
  if (item.extra == 255 && item.length >= 1024) return false;
  if ((item.flags & flag_roomy) && has + bytes <= room(has)) return true;
  if (item.content + has == data.size()) {
    data.extend(bytes);
    item.flags &= static_cast<std::uint8_t>(~flag_roomy);
    return true;
  }
  if (bytes >= 64 && has >= 64) return false;
  const auto moved = static_cast<std::uint32_t>(data.size());
  data.extend(room(has + bytes));
  std::copy_n(data.begin() + item.content, has, data.begin() + moved);
  garbage_bytes_ += item.flags & flag_roomy ? room(has) : has;
  item.content = moved;
  item.flags |= flag_roomy;
  return true;
}

bool Store::merge_string(Item& left, const Item& right) {
  const std::uint32_t left_bytes = string_bytes(left);
  const std::uint32_t right_bytes = string_bytes(right);
  if (right.content == left.content + left_bytes) {
    if (left.extra == 255 && left.length >= 1024) return false;
    left.flags &= static_cast<std::uint8_t>(~flag_roomy);  // its block ended there
  } else {
    if (!make_room_behind(left, left_bytes, right_bytes)) return false;
    std::copy_n(data.begin() + right.content, right_bytes, data.begin() + left.content + left_bytes);
    garbage_bytes_ += right_bytes;
    if (right.content + right_bytes == data.size()) {
      data.resize(right.content);
      garbage_bytes_ -= right_bytes;
    }
  }
  set_string(left, left.content, left_bytes + right_bytes, left.length + right.length);
  return true;
}

// Moves what is in use to a new buffer, in the order of the items.
void Store::compact_data() {
  PodVector<std::uint8_t> moved;
  moved.reserve(data.size() - garbage_bytes_ + 1);
  moved.push_back(0);
  for (Item& item : items) {
    if (item.flags & flag_free || item.content == 0 || item.kind == Kind::type) continue;
    const std::uint32_t bytes = item.kind == Kind::string ? string_bytes(item) : content_bytes(item);
    const ByteView from = content_from(item).first(bytes);
    item.flags &= static_cast<std::uint8_t>(~flag_roomy);
    item.content = static_cast<std::uint32_t>(moved.size());
    moved.append(from);
  }
  data = std::move(moved);
  garbage_bytes_ = 0;
}

}  // namespace stet::core
