// From a position in a text or array to the item there, in logarithmic time: a B+tree over the items of one type in
// document order, with the visible units summed up the tree.
//
//   inner   [ 0 | 812 | ... ]                            where each child begins, in units from the start of the node
//   inner   [ 0 | 301 ]  [ 0 | 320 ]  ...
//   leaf    [ item item item ]  [ item item ]  ...       items with their visible units (0 where deleted)
//
// leaf_of names for each item the leaf it lies in, so a change anywhere finds its place without a search from the top.
// Most accesses go to the leaf of the one before: it is remembered with its position, and the sums above it are brought
// up to date only when another leaf is touched. So typing on costs no walk of the tree at all.
// Inner nodes are searched without a branch, which the processor could only guess.
// Formats take no units, but they stand in the leaves too, and each node knows the keys of those below it that set
// something and of those that end something: so the attributes in force somewhere are found without a walk from the
// start.
//
// Items are never moved between types, so one leaf_of serves all indexes of a store. In debug builds the nodes are
// tiny, so that ten items already make a tree of three levels.
//
// Thread rule: one owner, the Store.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "item.hpp"
#include "pod_vector.hpp"

namespace stet::core {

class Store;

using LeafIndex = std::uint32_t;  // 0 = none

class PositionIndex {
 public:
  struct Place {
    ItemIndex item = 0;        // 0 = behind the last visible unit
    std::uint64_t offset = 0;  // units into the item
  };

  // Indexes the list that begins with `start`, in bulk.
  PositionIndex(Store& store, ItemIndex start);

  // Visible units in all.
  std::uint64_t length() const { return length_ + owed(); }

  // The visible item that holds the unit at `position`.
  Place find(std::uint64_t position) {
    const Leaf& leaf = leaves_[hot_.leaf];
    if (hot_.placed && hot_.slot < leaf.count) {
      const Part& part = leaf.parts[hot_.slot];
      const std::uint64_t offset = position - hot_.start - hot_.before;
      if (offset < part.visible) return {part.item, offset};
    }
    return find_elsewhere(position);
  }

  // The item of the last access if it ends at `position`, else 0.
  ItemIndex recent_end(std::uint64_t position) const {
    const Leaf& leaf = leaves_[hot_.leaf];
    if (!hot_.placed || hot_.slot >= leaf.count) return 0;
    const Part& part = leaf.parts[hot_.slot];
    return position - hot_.start - hot_.before == part.visible && part.visible > 0 ? part.item : 0;
  }

  // It has one unit more.
  void grow_recent() {
    Leaf& leaf = leaves_[hot_.leaf];
    ++leaf.parts[hot_.slot].visible;
    ++leaf.units;
  }

  // How many visible units stand before the item.
  std::uint64_t position_of(ItemIndex item);

  // `item` was linked in behind `left` (0: at the front).
  void insert(ItemIndex left, ItemIndex item, std::uint32_t visible);
  // The item has so many visible units now.
  void resize(ItemIndex item, std::uint32_t visible) {
    Leaf& leaf = leaves_[hot_.leaf];
    if (hot_.slot >= leaf.count || leaf.parts[hot_.slot].item != item) return spread({{item, visible}});
    Part& part = leaf.parts[hot_.slot];
    leaf.units += visible - part.visible;
    part.visible = visible;
  }
  struct Part {
    ItemIndex item;
    std::uint32_t visible;  // units
  };
  // Where parts[0].item stood alone, these stand now, up to three: it was cut, or something was put behind it. Part
  // `next` is where the next access is to be expected.
  void spread(std::initializer_list<Part> parts, unsigned next = 0);
  // The item was joined into its left neighbour.
  void erase(ItemIndex item);

  // The format was deleted.
  void format_gone(ItemIndex format);

  // The last formats of their keys up to and including `item`, those whose value is null left out: what is in force
  // behind it. In the order in which their keys came into force (and were not ended since).
  std::vector<ItemIndex> formats_in_force(ItemIndex item);

  // Compares with the list it indexes. Empty, or what is wrong.
  std::string check(ItemIndex start);

  std::size_t memory_bytes() const;

 private:
#ifdef STET_TINY_NODES
  static constexpr unsigned fanout = 4;
#else
  static constexpr unsigned fanout = 64;
#endif
  using NodeIndex = std::uint32_t;  // of an inner node; 0 = none
  // Nodes are half full at least, and there are fewer than 2^32 items.
  static constexpr unsigned max_height = 32 / (std::bit_width(fanout) - 2);

  // Of formats that are not deleted: one bit for a key, the last one for all from the 64th key on.
  struct Marks {
    std::uint64_t set = 0;    // the value is not null
    std::uint64_t ended = 0;  // the value is null
    std::uint64_t any() const { return set | ended; }
    bool meets(const Marks& other) const { return (set & other.set) | (ended & other.ended); }
    Marks& operator|=(const Marks& other) {
      set |= other.set;
      ended |= other.ended;
      return *this;
    }
    bool operator==(const Marks&) const = default;
  };

  struct Leaf {
    std::uint32_t count = 0;
    NodeIndex parent = 0;
    Marks marks;
    std::uint32_t units = 0;  // the visible ones of all parts; there are fewer than 2^32, as each has an address
    Part parts[fanout];
  };

  struct Inner {
    Inner() { std::fill(starts, starts + fanout, unused); }
    static constexpr std::uint32_t unused = 0xffffffff;  // behind every unit
    std::uint32_t count = 0;
    NodeIndex parent = 0;
    std::uint32_t children[fanout] = {};
    std::uint32_t starts[fanout];  // visible units of the node before each child; `unused` from slot `count` on
    Marks marks[fanout];

    // The slot of the child that holds the unit at so many from the start of the node.
    std::uint32_t holder(std::uint32_t unit) const {
      const std::uint32_t* from = starts;  // the half and the quarter with its start; of that, how many have begun
      from += (from[fanout / 2] <= unit) * (fanout / 2);
      from += (from[fanout / 4] <= unit) * (fanout / 4);
      std::uint32_t begun = 0;
      for (std::uint32_t i = 0; i < fanout / 4; ++i) begun += from[i] <= unit;
      return static_cast<std::uint32_t>(from - starts) + begun - 1;
    }
    std::uint32_t slot_of(std::uint32_t child) const;
  };

  // The leaf of the last access.
  struct Hot {
    LeafIndex leaf = 0;
    std::uint32_t slot = 0;    // of the last access; perhaps behind the last one
    std::uint32_t before = 0;  // visible units of the leaf before that slot
    std::uint32_t start = 0;   // visible units before the leaf, where `placed`
    std::uint32_t paid = 0;    // visible units of the leaf as the sums above have it
    bool placed = false;
    // On the way down to it, where `placed`, from the lowest node to the root: the slots that were taken. They are
    // hints, for nodes are split.
    std::array<std::uint8_t, max_height> path{};
  };

  void build(ItemIndex start);
  Place find_elsewhere(std::uint64_t position);
  // Makes it the hot leaf.
  Leaf& touch(LeafIndex leaf);
  // What is to be added to the sums above the hot leaf, modulo 2^32.
  std::uint32_t owed() const { return leaves_[hot_.leaf].units - hot_.paid; }
  void settle();
  std::uint32_t slot_in_leaf(const Leaf& leaf, ItemIndex item) const;
  LeafIndex split_leaf(LeafIndex leaf);
  // Puts a new right neighbour of `child` into its parent: it has the units of `child` from `kept` on. Splits upwards
  // as needed.
  void insert_child(NodeIndex parent, unsigned child_height, std::uint32_t child, std::uint32_t added,
                    std::uint32_t kept);
  void set_parent(unsigned height, std::uint32_t child, NodeIndex parent);
  LeafIndex front() const;

  // --- formats (position_formats.cpp) ---
  bool is_format(ItemIndex item) const;
  std::uint64_t bit_of(KeyIndex key);
  Marks marks_of(ItemIndex format);
  Marks marks_of(const Leaf& leaf);
  Marks marks_below(unsigned height, std::uint32_t node) const;
  // The marks of a leaf have changed.
  void update_marks_above(LeafIndex leaf);
  // The next leaf to the right, or to the left, with one of these marks; 0 if there is none.
  LeafIndex next_marked(LeafIndex leaf, bool to_the_right, Marks wanted) const;
  // The next format of the key to the right, or to the left, that sets or that ends it; 0 if there is none. From no
  // item: the first one.
  ItemIndex next_format(ItemIndex item, bool to_the_right, KeyIndex key, bool ends);
  // Where the item stands: such numbers go as the list does.
  std::uint64_t rank(ItemIndex item) const;

  std::vector<Leaf> leaves_;   // [0] unused
  std::vector<Inner> inners_;  // [0] unused
  std::uint32_t root_ = 0;     // a leaf where height_ is 0, else an inner node
  unsigned height_ = 0;        // levels of inner nodes
  std::uint32_t length_ = 0;   // visible units in all, as the sums have it
  Hot hot_;
  std::vector<KeyIndex> format_keys_;  // by bit
  const Store& store_;
  PodVector<LeafIndex>& leaf_of_;
};

}  // namespace stet::core
