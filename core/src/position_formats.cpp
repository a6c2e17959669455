// Which attributes are in force at a place of a formatted text.
#include <algorithm>
#include <bit>

#include "edit.hpp"

namespace stet::core {

namespace {
constexpr std::uint64_t last_bit = std::uint64_t{1} << 63;
}

bool PositionIndex::is_format(ItemIndex item) const {
  return store_.items[item].kind == Kind::format && !store_.items[item].deleted();
}

std::uint64_t PositionIndex::bit_of(KeyIndex key) {
  const auto found = std::find(format_keys_.begin(), format_keys_.end(), key);
  const auto number = static_cast<std::size_t>(found - format_keys_.begin());
  if (found == format_keys_.end()) {
    if (number == 63) return last_bit;
    format_keys_.push_back(key);
  }
  return std::uint64_t{1} << number;
}

PositionIndex::Marks PositionIndex::marks_of(ItemIndex format) {
  const Item& item = store_.items[format];
  const std::uint64_t bit = bit_of(format_key(store_, item));
  return embedded_value(store_, item).is_null() ? Marks{0, bit} : Marks{bit, 0};
}

PositionIndex::Marks PositionIndex::marks_of(const Leaf& leaf) {
  Marks marks;
  for (std::uint32_t i = 0; i < leaf.count; ++i) {
    if (is_format(leaf.parts[i].item)) marks |= marks_of(leaf.parts[i].item);
  }
  return marks;
}

PositionIndex::Marks PositionIndex::marks_below(unsigned height, std::uint32_t node) const {
  if (height == 0) return leaves_[node].marks;
  const Inner& inner = inners_[node];
  Marks marks;
  for (std::uint32_t i = 0; i < inner.count; ++i) marks |= inner.marks[i];
  return marks;
}

void PositionIndex::update_marks_above(LeafIndex leaf) {
  std::uint32_t child = leaf;
  unsigned height = 0;
  for (NodeIndex parent = leaves_[leaf].parent; parent; child = parent, parent = inners_[parent].parent) {
    Inner& inner = inners_[parent];
    Marks& held = inner.marks[inner.slot_of(child)];
    const Marks marks = marks_below(height++, child);
    if (held == marks) return;
    held = marks;
  }
}

void PositionIndex::format_gone(ItemIndex format) {
  const LeafIndex at = leaf_of_[format];
  leaves_[at].marks = marks_of(leaves_[at]);
  update_marks_above(at);
}

LeafIndex PositionIndex::next_marked(LeafIndex leaf, bool to_the_right, Marks wanted) const {
  const int step = to_the_right ? 1 : -1;
  std::uint32_t child = leaf;
  unsigned height = 0;  // of the child
  for (NodeIndex parent = leaves_[leaf].parent; parent; child = parent, parent = inners_[parent].parent, ++height) {
    // Up to where there is something beside the child, and down again.
    const Inner* inner = &inners_[parent];
    auto slot = static_cast<int>(inner->slot_of(child)) + step;
    while (slot >= 0 && slot < static_cast<int>(inner->count)) {
      if (!inner->marks[slot].meets(wanted)) {
        slot += step;
      } else if (height == 0) {
        return inner->children[slot];
      } else {
        inner = &inners_[inner->children[slot]];
        slot = to_the_right ? 0 : static_cast<int>(inner->count) - 1;
        --height;
      }
    }
  }
  return 0;
}

ItemIndex PositionIndex::next_format(ItemIndex item, bool to_the_right, KeyIndex key, bool ends) {
  const std::uint64_t bit = bit_of(key);
  const Marks wanted = ends ? Marks{0, bit} : Marks{bit, 0};
  const int step = to_the_right ? 1 : -1;
  LeafIndex at = item ? leaf_of_[item] : front();
  int slot = item ? static_cast<int>(slot_in_leaf(leaves_[at], item)) + step : 0;
  while (at) {
    const Leaf& leaf = leaves_[at];
    for (; leaf.marks.meets(wanted) && slot >= 0 && slot < static_cast<int>(leaf.count); slot += step) {
      const ItemIndex format = leaf.parts[slot].item;
      if (is_format(format) && format_key(store_, store_.items[format]) == key &&
          embedded_value(store_, store_.items[format]).is_null() == ends) {
        return format;
      }
    }
    at = next_marked(at, to_the_right, wanted);
    slot = to_the_right ? 0 : static_cast<int>(leaves_[at].count) - 1;
  }
  return 0;
}

std::uint64_t PositionIndex::rank(ItemIndex item) const {
  constexpr unsigned bits = std::bit_width(fanout - 1);
  std::uint32_t child = leaf_of_[item];
  std::uint64_t rank = slot_in_leaf(leaves_[child], item);
  unsigned shift = bits;
  for (NodeIndex parent = leaves_[child].parent; parent; child = parent, parent = inners_[parent].parent) {
    rank |= std::uint64_t{inners_[parent].slot_of(child)} << shift;
    shift += bits;
  }
  return rank;
}

std::vector<ItemIndex> PositionIndex::formats_in_force(ItemIndex item) {
  struct Last {
    KeyIndex key;
    ItemIndex format;
    std::uint64_t since = 0;
  };
  std::vector<Last> last;
  Marks wanted{~std::uint64_t{0}, ~std::uint64_t{0}};
  LeafIndex at = leaf_of_[item];
  for (std::uint32_t slot = slot_in_leaf(leaves_[at], item) + 1; at; slot = leaves_[at].count) {
    const Leaf& leaf = leaves_[at];
    while (leaf.marks.meets(wanted) && slot-- > 0) {
      const ItemIndex format = leaf.parts[slot].item;
      if (!is_format(format)) continue;
      const KeyIndex key = format_key(store_, store_.items[format]);
      if (std::any_of(last.begin(), last.end(), [&](const Last& other) { return other.key == key; })) continue;
      last.push_back({key, format});
      if (const std::uint64_t bit = bit_of(key); bit != last_bit) wanted = {wanted.set & ~bit, wanted.ended & ~bit};
    }
    at = next_marked(at, false, wanted);
  }
  std::erase_if(last, [&](const Last& l) { return embedded_value(store_, store_.items[l.format]).is_null(); });
  if (last.size() > 1) {
    for (Last& l : last) {
      // Behind the last end of the key the first one that set it; or the first of all.
      const ItemIndex end = next_format(l.format, false, l.key, true);
      l.since = rank(next_format(end, true, l.key, false));
    }
    std::sort(last.begin(), last.end(), [](const Last& a, const Last& b) { return a.since < b.since; });
  }
  std::vector<ItemIndex> formats;
  for (const Last& l : last) formats.push_back(l.format);
  return formats;
}

}  // namespace stet::core
