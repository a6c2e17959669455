#include "position_index.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

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
  std::vector<std::uint64_t> sums;
  leaves_.emplace_back();
  level.push_back(1);
  sums.push_back(0);
  for (ItemIndex item = start; item; item = items[item].right) {
    if (leaves_.back().count == fill) {
      leaves_.emplace_back();
      level.push_back(static_cast<std::uint32_t>(leaves_.size() - 1));
      sums.push_back(0);
    }
    Leaf& leaf = leaves_.back();
    leaf.items[leaf.count] = item;
    leaf.visible[leaf.count] = visible_units(items[item]);
    leaf.units += leaf.visible[leaf.count++];
    sums.back() = leaf.units;
    leaf_of_[item] = level.back();
    if (is_format(item)) leaf.marks |= marks_of(item);
  }
  while (level.size() > 1) {
    std::vector<std::uint32_t> above;
    std::vector<std::uint64_t> above_sums;
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (i % fill == 0) {
        inners_.emplace_back();
        above.push_back(static_cast<std::uint32_t>(inners_.size() - 1));
        above_sums.push_back(0);
      }
      Inner& inner = inners_.back();
      inner.children[inner.count] = level[i];
      inner.marks[inner.count] = marks_below(height_, level[i]);
      inner.visible[inner.count++] = sums[i];
      above_sums.back() += sums[i];
      set_parent(height_, level[i], above.back());
    }
    level.swap(above);
    sums.swap(above_sums);
    ++height_;
  }
  root_ = level[0];
  length_ = sums[0];
}

PositionIndex::Leaf& PositionIndex::touch(LeafIndex at) {
  if (hot_.leaf != at) {
    settle();
    hot_ = {};
    hot_.leaf = at;
  }
  return leaves_[at];
}

void PositionIndex::settle() {
  if (hot_.owed != 0) add_above(leaves_[hot_.leaf].parent, hot_.leaf, std::exchange(hot_.owed, 0));
}

PositionIndex::Place PositionIndex::find_elsewhere(std::uint64_t position) {
  if (position >= length_) return {};
  if (!hot_.placed || position - hot_.start >= leaves_[hot_.leaf].units) {
    settle();
    std::uint64_t rest = position;
    std::uint32_t node = root_;
    for (unsigned height = height_; height > 0; --height) {
      const Inner& inner = inners_[node];
      std::uint32_t slot = 0;
      while (rest >= inner.visible[slot]) rest -= inner.visible[slot++];
      node = inner.children[slot];
    }
    hot_ = {};
    hot_.leaf = node;
    hot_.start = position - rest;
    hot_.placed = true;
  }
  const Leaf& leaf = leaves_[hot_.leaf];
  const std::uint64_t in_leaf = position - hot_.start;
  std::uint32_t slot = hot_.slot;
  std::uint64_t before = hot_.before;
  while (in_leaf < before) before -= leaf.visible[--slot];
  while (in_leaf - before >= leaf.visible[slot]) before += leaf.visible[slot++];
  hot_.slot = slot;
  hot_.before = before;
  return {leaf.items[slot], in_leaf - before};
}

std::uint64_t PositionIndex::position_of(ItemIndex item) {
  settle();
  std::uint32_t child = leaf_of_[item];
  const Leaf& leaf = leaves_[child];
  std::uint64_t position = 0;
  for (std::uint32_t i = slot_in_leaf(leaf, item); i-- > 0;) position += leaf.visible[i];
  for (NodeIndex parent = leaf.parent; parent; child = parent, parent = inners_[parent].parent) {
    const Inner& inner = inners_[parent];
    for (std::uint32_t i = slot_in_inner(inner, child); i-- > 0;) position += inner.visible[i];
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
  std::copy_backward(leaf.items + slot, leaf.items + leaf.count, leaf.items + leaf.count + 1);
  std::copy_backward(leaf.visible + slot, leaf.visible + leaf.count, leaf.visible + leaf.count + 1);
  leaf.items[slot] = item;
  leaf.visible[slot] = visible;
  leaf.units += visible;
  ++leaf.count;
  leaf_of_[item] = at;
  length_ += visible;
  hot_.owed += visible;
  if (slot <= hot_.slot) {
    ++hot_.slot;
    hot_.before += visible;
  }
  if (is_format(item)) {
    leaf.marks |= marks_of(item);
    update_marks_above(at);
  }
}

void PositionIndex::spread(std::initializer_list<Part> parts) {
  const Part* part = parts.begin();
  const auto added = static_cast<std::uint32_t>(parts.size() - 1);
  LeafIndex at = leaf_of_[part->item];
  if (leaves_[at].count + added > fanout) {
    const LeafIndex right = split_leaf(at);
    if (leaf_of_[part->item] == right) at = right;
  }
  Leaf& leaf = touch(at);
  std::uint32_t slot = slot_in_leaf(leaf, part->item);
  std::uint64_t delta = std::uint64_t{0} - leaf.visible[slot];
  if (added > 0) {
    const std::uint32_t behind = slot + 1;
    std::copy_backward(leaf.items + behind, leaf.items + leaf.count, leaf.items + leaf.count + added);
    std::copy_backward(leaf.visible + behind, leaf.visible + leaf.count, leaf.visible + leaf.count + added);
    leaf.count += added;
  }
  const std::uint32_t first = slot;
  for (; part != parts.end(); ++part, ++slot) {
    leaf.items[slot] = part->item;
    leaf.visible[slot] = part->visible;
    leaf_of_[part->item] = at;
    delta += part->visible;
  }
  leaf.units += delta;
  length_ += delta;
  hot_.owed += delta;
  if (first < hot_.slot) {
    hot_.slot += added;
    hot_.before += delta;
  }
}

// Leaves may become empty; they stay, for items are joined far less often than made.
void PositionIndex::erase(ItemIndex item) {
  const LeafIndex at = leaf_of_[item];
  const std::uint32_t slot = slot_in_leaf(leaves_[at], item);
  if (leaves_[at].visible[slot] > 0) resize(item, 0);
  Leaf& leaf = leaves_[at];
  std::copy(leaf.items + slot + 1, leaf.items + leaf.count, leaf.items + slot);
  std::copy(leaf.visible + slot + 1, leaf.visible + leaf.count, leaf.visible + slot);
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
    if (leaf.items[slot] == item) return slot;
  }
  std::uint32_t slot = 0;
  while (leaf.items[slot] != item) ++slot;
  assert(slot < leaf.count);
  return slot;
}

std::uint32_t PositionIndex::slot_in_inner(const Inner& inner, std::uint32_t child) const {
  std::uint32_t slot = 0;
  while (inner.children[slot] != child) ++slot;
  assert(slot < inner.count);
  return slot;
}

// `delta` is taken modulo 2^64, so it may be negative.
void PositionIndex::add_above(NodeIndex parent, std::uint32_t child, std::uint64_t delta) {
  for (; parent; child = parent, parent = inners_[parent].parent) {
    Inner& inner = inners_[parent];
    inner.visible[slot_in_inner(inner, child)] += delta;
  }
}

LeafIndex PositionIndex::split_leaf(LeafIndex at) {
  settle();
  hot_ = {};
  leaves_.emplace_back();
  const auto right_index = static_cast<LeafIndex>(leaves_.size() - 1);
  Leaf& left = leaves_[at];
  Leaf& right = leaves_[right_index];
  const std::uint32_t keep = left.count / 2;
  right.count = left.count - keep;
  std::copy_n(left.items + keep, right.count, right.items);
  std::copy_n(left.visible + keep, right.count, right.visible);
  left.count = keep;
  for (std::uint32_t i = 0; i < right.count; ++i) {
    leaf_of_[right.items[i]] = right_index;
    right.units += right.visible[i];
  }
  left.units -= right.units;
  if (left.marks.any()) {
    left.marks = marks_of(left);
    right.marks = marks_of(right);
  }
  insert_child(left.parent, 0, at, right_index, right.units);
  return right_index;
}

void PositionIndex::insert_child(NodeIndex parent, unsigned child_height, std::uint32_t child, std::uint32_t added,
                                 std::uint64_t added_visible) {
  while (true) {
    if (!parent) {  // the root was split: a new root above both
      inners_.emplace_back();
      const auto top = static_cast<NodeIndex>(inners_.size() - 1);
      Inner& inner = inners_[top];
      inner.count = 2;
      inner.children[0] = child;
      inner.children[1] = added;
      inner.visible[0] = length_ - added_visible;
      inner.visible[1] = added_visible;
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
    if (inners_[parent].count == fanout) {
      inners_.emplace_back();
      right_index = static_cast<NodeIndex>(inners_.size() - 1);
      Inner& left = inners_[parent];
      Inner& right = inners_[right_index];
      const std::uint32_t keep = left.count / 2;
      right.count = left.count - keep;
      std::copy_n(left.children + keep, right.count, right.children);
      std::copy_n(left.visible + keep, right.count, right.visible);
      std::copy_n(left.marks + keep, right.count, right.marks);
      left.count = keep;
      for (std::uint32_t i = 0; i < right.count; ++i) set_parent(child_height, right.children[i], right_index);
      if (std::find(right.children, right.children + right.count, child) != right.children + right.count) {
        target = right_index;
      }
    }
    Inner& inner = inners_[target];
    const std::uint32_t slot = slot_in_inner(inner, child);
    std::copy_backward(inner.children + slot + 1, inner.children + inner.count, inner.children + inner.count + 1);
    std::copy_backward(inner.visible + slot + 1, inner.visible + inner.count, inner.visible + inner.count + 1);
    std::copy_backward(inner.marks + slot + 1, inner.marks + inner.count, inner.marks + inner.count + 1);
    inner.marks[slot] = marks_below(child_height, child);
    inner.marks[slot + 1] = marks_below(child_height, added);
    inner.visible[slot] -= added_visible;
    inner.children[slot + 1] = added;
    inner.visible[slot + 1] = added_visible;
    ++inner.count;
    set_parent(child_height, added, target);
    if (!right_index) return;
    child = parent;
    added = right_index;
    added_visible = sum(inners_[right_index]);
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

std::uint64_t PositionIndex::sum(const Inner& inner) const {
  std::uint64_t units = 0;
  for (std::uint32_t i = 0; i < inner.count; ++i) units += inner.visible[i];
  return units;
}

std::string PositionIndex::check(ItemIndex start) {
  const PodVector<Item>& items = store_.items;
  settle();
  // Walks the tree in order with an explicit stack, beside the list.
  struct Step {
    std::uint32_t node;
    unsigned height;
    std::uint64_t expected;
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
      if (inner.count == 0 || sum(inner) != step.expected) return "position index: wrong sum above an inner node";
      for (std::uint32_t i = inner.count; i-- > 0;) {
        if (inner.marks[i] != marks_below(step.height - 1, inner.children[i])) {
          return "position index: wrong marks of formats above a node";
        }
        stack.push_back({inner.children[i], step.height - 1, inner.visible[i], step.node});
      }
      continue;
    }
    const Leaf& leaf = leaves_[step.node];
    if (leaf.parent != step.parent) return "position index: wrong parent of a leaf";
    if (std::accumulate(leaf.visible, leaf.visible + leaf.count, std::uint64_t{0}) != leaf.units) {
      return "position index: wrong sum of a leaf";
    }
    if (leaf.marks != marks_of(leaf)) return "position index: wrong marks of formats in a leaf";
    if (leaf.units != step.expected) return "position index: wrong sum above a leaf";
    for (std::uint32_t i = 0; i < leaf.count; ++i, item = items[item].right) {
      if (leaf.items[i] != item) return "position index: order differs from the list";
      if (leaf.visible[i] != visible_units(items[item])) return "position index: wrong units of an item";
      if (leaf_of_[item] != step.node) return "position index: an item names another leaf";
    }
  }
  return item ? "position index: ends before the list" : "";
}

std::size_t PositionIndex::memory_bytes() const {
  return leaves_.capacity() * sizeof(Leaf) + inners_.capacity() * sizeof(Inner);
}

}  // namespace stet::core
