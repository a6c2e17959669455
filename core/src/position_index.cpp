#include "position_index.hpp"

#include <algorithm>
#include <cassert>

#include "store.hpp"

namespace stet::core {

namespace {
std::uint32_t visible_units(const Item& item) { return item.visible() ? item.length : 0; }
}  // namespace

PositionIndex::PositionIndex(Store& store, ItemIndex start)
    : leaves_(1), inners_(1), store_(store), leaf_of_(store.leaf_of) {
  leaf_of_.resize(store.items.size());
  build(start);
}

// Fills the leaves to three quarters, then level upon level of inner nodes over them.
void PositionIndex::build(ItemIndex start) {
  const PodVector<Item>& items = store_.items;
  constexpr unsigned fill = fanout * 3 / 4;
  std::vector<std::uint32_t> level;
  std::vector<std::uint32_t> units;  // of each node of the level
  leaves_.emplace_back();
  level.push_back(1);
  for (ItemIndex item = start; item; item = items[item].right) {
    if (leaves_.back().count == fill) {
      units.push_back(leaves_.back().units);
      leaves_.emplace_back();
      level.push_back(static_cast<std::uint32_t>(leaves_.size() - 1));
    }
    Leaf& leaf = leaves_.back();
    const std::uint32_t visible = visible_units(items[item]);
    leaf.parts[leaf.count++] = {item, visible};
    leaf.units += visible;
    leaf_of_[item] = level.back();
    if (is_format(item)) leaf.marks |= marks_of(item);
  }
  units.push_back(leaves_.back().units);
  while (level.size() > 1) {
    std::vector<std::uint32_t> above;
    std::vector<std::uint32_t> units_above;
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (i % fill == 0) {
        inners_.emplace_back();
        above.push_back(static_cast<std::uint32_t>(inners_.size() - 1));
        units_above.push_back(0);
      }
      Inner& inner = inners_.back();
      inner.children[inner.count] = level[i];
      inner.marks[inner.count] = marks_below(height_, level[i]);
      inner.starts[inner.count++] = units_above.back();
      units_above.back() += units[i];
      set_parent(height_, level[i], above.back());
    }
    level.swap(above);
    units.swap(units_above);
    ++height_;
  }
  root_ = level[0];
  length_ = units[0];
}

PositionIndex::Leaf& PositionIndex::touch(LeafIndex at) {
  if (hot_.leaf != at) {
    settle();
    hot_.leaf = at;
    hot_.slot = hot_.before = 0;
    hot_.paid = leaves_[at].units;
    hot_.placed = false;
  }
  return leaves_[at];
}

void PositionIndex::settle() {
  const std::uint32_t delta = owed();
  if (delta == 0) return;
  length_ += delta;
  hot_.paid += delta;
  std::uint32_t child = hot_.leaf;
  const std::uint8_t* path = hot_.path.data();
  for (NodeIndex parent = leaves_[child].parent; parent; child = parent, parent = inners_[parent].parent) {
    Inner& inner = inners_[parent];
    std::uint32_t slot = *path++;
    if (slot >= inner.count || inner.children[slot] != child) slot = inner.slot_of(child);
    while (++slot < inner.count) inner.starts[slot] += delta;
  }
}

PositionIndex::Place PositionIndex::find_elsewhere(std::uint64_t position) {
  if (position >= length()) return {};
  if (!hot_.placed || position - hot_.start >= leaves_[hot_.leaf].units) {
    settle();
    auto rest = static_cast<std::uint32_t>(position);
    std::uint32_t node = root_;
    for (unsigned height = height_; height-- > 0;) {
      const Inner& inner = inners_[node];
      const std::uint32_t slot = inner.holder(rest);
      hot_.path[height] = static_cast<std::uint8_t>(slot);
      rest -= inner.starts[slot];
      node = inner.children[slot];
    }
    hot_.leaf = node;
    hot_.slot = hot_.before = 0;
    hot_.start = static_cast<std::uint32_t>(position) - rest;
    hot_.paid = leaves_[node].units;
    hot_.placed = true;
  }
  const Part* const parts = leaves_[hot_.leaf].parts;
  const std::uint32_t in_leaf = static_cast<std::uint32_t>(position) - hot_.start;
  std::uint32_t slot = hot_.slot;
  std::uint32_t before = hot_.before;
  while (in_leaf < before) before -= parts[--slot].visible;
  while (in_leaf - before >= parts[slot].visible) before += parts[slot++].visible;
  hot_.slot = slot;
  hot_.before = before;
  return {parts[slot].item, in_leaf - before};
}

std::uint64_t PositionIndex::position_of(ItemIndex item) {
  settle();
  std::uint32_t child = leaf_of_[item];
  const Leaf& leaf = leaves_[child];
  std::uint64_t position = 0;
  for (std::uint32_t i = slot_in_leaf(leaf, item); i-- > 0;) position += leaf.parts[i].visible;
  for (NodeIndex parent = leaf.parent; parent; child = parent, parent = inners_[parent].parent) {
    position += inners_[parent].starts[inners_[parent].slot_of(child)];
  }
  return position;
}

void PositionIndex::insert(ItemIndex left, ItemIndex item, std::uint32_t visible) {
  LeafIndex at = left ? leaf_of_[left] : front();
  if (leaves_[at].count == fanout) {
    const LeafIndex right = split_leaf(at);
    if (left && leaf_of_[left] == right) at = right;
  }
  Leaf& leaf = touch(at);
  const std::uint32_t slot = left ? slot_in_leaf(leaf, left) + 1 : 0;
  std::copy_backward(leaf.parts + slot, leaf.parts + leaf.count, leaf.parts + leaf.count + 1);
  leaf.parts[slot] = {item, visible};
  leaf.units += visible;
  ++leaf.count;
  leaf_of_[item] = at;
  if (slot <= hot_.slot) {
    ++hot_.slot;
    hot_.before += visible;
  }
  if (is_format(item)) {
    leaf.marks |= marks_of(item);
    update_marks_above(at);
  }
}

void PositionIndex::spread(std::initializer_list<Part> parts, unsigned next) {
  const ItemIndex item = parts.begin()->item;
  const auto added = static_cast<std::uint32_t>(parts.size() - 1);
  LeafIndex at = leaf_of_[item];
  if (leaves_[at].count + added > fanout) {
    const LeafIndex right = split_leaf(at);
    if (leaf_of_[item] == right) at = right;
  }
  Leaf& leaf = touch(at);
  const std::uint32_t slot = slot_in_leaf(leaf, item);
  Part* to = leaf.parts + slot;
  std::uint32_t delta = 0 - to->visible;
  if (added > 0) {
    std::copy_backward(to + 1, leaf.parts + leaf.count, leaf.parts + leaf.count + added);
    leaf.count += added;
  }
  for (const Part& part : parts) {
    *to++ = part;
    leaf_of_[part.item] = at;
    delta += part.visible;
  }
  leaf.units += delta;
  if (slot < hot_.slot) {
    hot_.slot += added;
    hot_.before += delta;
  } else {
    while (hot_.slot < slot + next) hot_.before += leaf.parts[hot_.slot++].visible;
  }
}

// Leaves may become empty; they stay, for items are joined far less often than made.
void PositionIndex::erase(ItemIndex item) {
  const LeafIndex at = leaf_of_[item];
  const std::uint32_t slot = slot_in_leaf(leaves_[at], item);
  if (leaves_[at].parts[slot].visible > 0) resize(item, 0);
  Leaf& leaf = leaves_[at];
  std::copy(leaf.parts + slot + 1, leaf.parts + leaf.count, leaf.parts + slot);
  --leaf.count;
  leaf_of_[item] = 0;
  if (at == hot_.leaf && slot < hot_.slot) --hot_.slot;
}

LeafIndex PositionIndex::front() const {
  std::uint32_t at = root_;
  for (unsigned height = height_; height > 0; --height) at = inners_[at].children[0];
  return at;
}

std::uint32_t PositionIndex::slot_in_leaf(const Leaf& leaf, ItemIndex item) const {
  // Nearly always where the last access was, or next to it.
  for (std::uint32_t slot = hot_.slot; slot < hot_.slot + 2 && slot < leaf.count; ++slot) {
    if (leaf.parts[slot].item == item) return slot;
  }
  std::uint32_t slot = 0;
  while (leaf.parts[slot].item != item) ++slot;
  assert(slot < leaf.count);
  return slot;
}

std::uint32_t PositionIndex::Inner::slot_of(std::uint32_t child) const {
  std::uint32_t slot = 0;
  for (std::uint32_t i = 0; i < fanout; ++i) slot |= children[i] == child ? i : 0;
  assert(slot < count && children[slot] == child);
  return slot;
}

LeafIndex PositionIndex::split_leaf(LeafIndex at) {
  settle();
  leaves_.emplace_back();
  const auto right_index = static_cast<LeafIndex>(leaves_.size() - 1);
  Leaf& left = leaves_[at];
  Leaf& right = leaves_[right_index];
  const std::uint32_t keep = left.count / 2;
  right.count = left.count - keep;
  std::copy_n(left.parts + keep, right.count, right.parts);
  left.count = keep;
  for (std::uint32_t i = 0; i < right.count; ++i) {
    leaf_of_[right.parts[i].item] = right_index;
    right.units += right.parts[i].visible;
  }
  left.units -= right.units;
  if (left.marks.any()) {
    left.marks = marks_of(left);
    right.marks = marks_of(right);
  }
  if (hot_.leaf == at) {  // the last access was to one of the two
    if (hot_.slot >= keep) {
      hot_.leaf = right_index;
      hot_.slot -= keep;
      hot_.before -= left.units;
      hot_.start += left.units;
    }
    hot_.paid = leaves_[hot_.leaf].units;
  }
  insert_child(left.parent, 0, at, right_index, left.units);
  return right_index;
}

void PositionIndex::insert_child(NodeIndex parent, unsigned child_height, std::uint32_t child, std::uint32_t added,
                                 std::uint32_t kept) {
  while (true) {
    if (!parent) {  // the root was split: a new root above both
      inners_.emplace_back();
      const auto top = static_cast<NodeIndex>(inners_.size() - 1);
      Inner& inner = inners_[top];
      inner.count = 2;
      inner.children[0] = child;
      inner.children[1] = added;
      inner.starts[0] = 0;
      inner.starts[1] = kept;
      inner.marks[0] = marks_below(child_height, child);
      inner.marks[1] = marks_below(child_height, added);
      set_parent(child_height, child, top);
      set_parent(child_height, added, top);
      root_ = top;
      ++height_;
      return;
    }
    NodeIndex target = parent;
    NodeIndex right_index = 0;
    std::uint32_t left_kept = 0;
    if (inners_[parent].count == fanout) {
      inners_.emplace_back();
      right_index = static_cast<NodeIndex>(inners_.size() - 1);
      Inner& left = inners_[parent];
      Inner& right = inners_[right_index];
      const std::uint32_t keep = left.count / 2;
      left_kept = left.starts[keep];
      right.count = left.count - keep;
      std::copy_n(left.children + keep, right.count, right.children);
      std::copy_n(left.marks + keep, right.count, right.marks);
      for (std::uint32_t i = 0; i < right.count; ++i) {
        right.starts[i] = left.starts[keep + i] - left_kept;
        left.starts[keep + i] = Inner::unused;
        set_parent(child_height, right.children[i], right_index);
      }
      left.count = keep;
      if (std::find(right.children, right.children + right.count, child) != right.children + right.count) {
        target = right_index;
      }
    }
    Inner& inner = inners_[target];
    const std::uint32_t slot = inner.slot_of(child);
    std::copy_backward(inner.children + slot + 1, inner.children + inner.count, inner.children + inner.count + 1);
    std::copy_backward(inner.starts + slot + 1, inner.starts + inner.count, inner.starts + inner.count + 1);
    std::copy_backward(inner.marks + slot + 1, inner.marks + inner.count, inner.marks + inner.count + 1);
    inner.marks[slot] = marks_below(child_height, child);
    inner.marks[slot + 1] = marks_below(child_height, added);
    inner.children[slot + 1] = added;
    inner.starts[slot + 1] = inner.starts[slot] + kept;
    ++inner.count;
    set_parent(child_height, added, target);
    if (!right_index) return;
    child = parent;
    added = right_index;
    kept = left_kept;
    parent = inners_[child].parent;
    ++child_height;
  }
}

void PositionIndex::set_parent(unsigned height, std::uint32_t child, NodeIndex parent) {
  if (height == 0) {
    leaves_[child].parent = parent;
  } else {
    inners_[child].parent = parent;
  }
}

std::string PositionIndex::check(ItemIndex start) {
  const PodVector<Item>& items = store_.items;
  settle();
  // Walks the tree in order with an explicit stack, beside the list.
  struct Step {
    std::uint32_t node;
    unsigned height;
    std::uint32_t expected;
    NodeIndex parent;
  };
  std::vector<Step> stack{{root_, height_, length_, 0}};
  ItemIndex item = start;
  while (!stack.empty()) {
    const Step step = stack.back();
    stack.pop_back();
    if (step.height > 0) {
      const Inner& inner = inners_[step.node];
      if (inner.parent != step.parent) return "position index: wrong parent of an inner node";
      if (inner.count == 0 || inner.starts[0] != 0) return "position index: an inner node without a start";
      if (std::any_of(inner.starts + inner.count, inner.starts + fanout, [](auto s) { return s != Inner::unused; })) {
        return "position index: a start without a child";
      }
      std::uint32_t end = step.expected;
      for (std::uint32_t i = inner.count; i-- > 0;) {
        if (inner.starts[i] > end) return "position index: a child of negative length";
        if (inner.marks[i] != marks_below(step.height - 1, inner.children[i])) {
          return "position index: wrong marks of formats above a node";
        }
        stack.push_back({inner.children[i], step.height - 1, end - inner.starts[i], step.node});
        end = inner.starts[i];
      }
      continue;
    }
    const Leaf& leaf = leaves_[step.node];
    if (leaf.parent != step.parent) return "position index: wrong parent of a leaf";
    std::uint32_t units = 0;
    for (std::uint32_t i = 0; i < leaf.count; ++i) units += leaf.parts[i].visible;
    if (units != leaf.units) return "position index: wrong sum of a leaf";
    if (leaf.marks != marks_of(leaf)) return "position index: wrong marks of formats in a leaf";
    if (leaf.units != step.expected) return "position index: wrong sum above a leaf";
    for (std::uint32_t i = 0; i < leaf.count; ++i, item = items[item].right) {
      if (leaf.parts[i].item != item) return "position index: order differs from the list";
      if (leaf.parts[i].visible != visible_units(items[item])) return "position index: wrong units of an item";
      if (leaf_of_[item] != step.node) return "position index: an item names another leaf";
    }
  }
  return item ? "position index: ends before the list" : "";
}

std::size_t PositionIndex::memory_bytes() const {
  return leaves_.capacity() * sizeof(Leaf) + inners_.capacity() * sizeof(Inner);
}

}  // namespace stet::core
