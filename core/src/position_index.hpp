// From a position in a text or array to the item there, in logarithmic time: a B+tree over the items of one type in
// document order, with the visible units summed up the tree.
//
//   inner   [ 812 | 640 | ... ]                          units below each child
//   inner   [ 301 | 511 ]  [ 320 | 320 ]  ...
//   leaf    [ item item item ]  [ item item ]  ...       items with their visible units (0 where deleted)
//
// leaf_of names for each item the leaf it lies in, so a change anywhere finds its place without a search from the top.
// Most accesses go to the leaf of the one before: it is remembered with its position, and the sums above it are brought
// up to date only when another leaf is touched. So typing on costs no walk of the tree at all.
// Formats take no units, but they stand in the leaves too, and each node knows the keys of those below it that set
// something and of those that end something: so the attributes in force somewhere are found without a walk from the
// start.
//
// Items are never moved between types, so one leaf_of serves all indexes of a store. In debug builds the nodes are
// tiny, so that ten items already make a tree of three levels.
//
// Thread rule: one owner, the Store.
#pragma once

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
  std::uint64_t length() const { return length_; }

  // The visible item that holds the unit at `position`.
  Place find(std::uint64_t position) {
    if (hot_.placed) {
      const Leaf& leaf = leaves_[hot_.leaf];
      const std::uint64_t offset = position - hot_.start - hot_.before;
      if (hot_.slot < leaf.count && offset < leaf.visible[hot_.slot]) return {leaf.items[hot_.slot], offset};
    }
    return find_elsewhere(position);
  }

  // How many visible units stand before the item.
  std::uint64_t position_of(ItemIndex item);

  // `item` was linked in behind `left` (0: at the front).
  void insert(ItemIndex left, ItemIndex item, std::uint32_t visible);
  // The item has so many visible units now.
  void resize(ItemIndex item, std::uint32_t visible) {
    Leaf& leaf = leaves_[hot_.leaf];
    if (hot_.slot >= leaf.count || leaf.items[hot_.slot] != item) return spread({{item, visible}});
    const std::uint64_t delta = std::uint64_t{visible} - leaf.visible[hot_.slot];
    leaf.visible[hot_.slot] = visible;
    leaf.units += delta;
    length_ += delta;
    hot_.owed += delta;
  }
  // Where parts[0].item stood alone, these stand now, up to three: it was cut, or something was put behind it.
  struct Part {
    ItemIndex item;
    std::uint32_t visible;
  };
  void spread(std::initializer_list<Part> parts);
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
  static constexpr unsigned fanout = 32;
#endif
  using NodeIndex = std::uint32_t;  // of an inner node; 0 = none

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
    std::uint64_t units = 0;  // the sum of `visible`
    ItemIndex items[fanout];
    std::uint32_t visible[fanout];
  };

  struct Inner {
    std::uint32_t count = 0;
    NodeIndex parent = 0;
    std::uint32_t children[fanout];
    std::uint64_t visible[fanout];
    Marks marks[fanout];
  };

  // The leaf of the last access.
  struct Hot {
    LeafIndex leaf = 0;
    std::uint32_t slot = 0;    // of the last access; perhaps behind the last one
    std::uint64_t before = 0;  // visible units of the leaf before that slot
    std::uint64_t start = 0;   // visible units before the leaf, where `placed`
    std::uint64_t owed = 0;    // what is to be added to the sums above (modulo 2^64)
    bool placed = false;
  };

  void build(ItemIndex start);
  Place find_elsewhere(std::uint64_t position);
  // Makes it the hot leaf.
  Leaf& touch(LeafIndex leaf);
  // Pays what is owed to the sums above the hot leaf.
  void settle();
  std::uint32_t slot_in_leaf(const Leaf& leaf, ItemIndex item) const;
  std::uint32_t slot_in_inner(const Inner& inner, std::uint32_t child) const;
  // Adds `delta` to the sums of a child and of all above it.
  void add_above(NodeIndex parent, std::uint32_t child, std::uint64_t delta);
  LeafIndex split_leaf(LeafIndex leaf);
  // Puts a new right neighbour of `child` into its parent; splits upwards as needed.
  void insert_child(NodeIndex parent, unsigned child_height, std::uint32_t child, std::uint32_t added,
                    std::uint64_t added_visible);
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
  std::uint64_t sum(const Inner& inner) const;

  std::vector<Leaf> leaves_;   // [0] unused
  std::vector<Inner> inners_;  // [0] unused
  std::uint32_t root_ = 0;     // a leaf where height_ is 0, else an inner node
  unsigned height_ = 0;        // levels of inner nodes
  std::uint64_t length_ = 0;
  Hot hot_;
  std::vector<KeyIndex> format_keys_;  // by bit
  const Store& store_;
  PodVector<LeafIndex>& leaf_of_;
};

}  // namespace stet::core
