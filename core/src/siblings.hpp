// Items made at the same place by many clients at once: in the same list, with the same origins. In the document they
// stand in the order of their client ids, each followed by what was written behind it. A new one has to pass all with
// smaller ids, and 100,000 of them would pass each other 5,000 million times (they do so in Yjs). Where a scan was
// long, its siblings are kept in this index, and further ones start from the neighbour that they have in it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "flat_map.hpp"
#include "item.hpp"

namespace stet::core {

struct SiblingKey {
  std::uint32_t parent = 0;
  bool keyed = false;
  Address origin = 0;
  Address right_origin = 0;
};

struct Siblings {
  // Client id -> first unit of its item; the leftmost one where a client has several.
  std::map<std::uint64_t, Address> by_client;
  // First unit of the item at which the last full scan had to stop; 0 = it found the end of the list.
  Address behind = 0;
};

class SiblingIndex {
 public:
  bool empty() const { return all_.empty(); }

  // Whether there may be some at that place: they are few, so most often it is not worth a search.
  bool any_beside(Address origin, Address right_origin) const { return seen_ >> bit(origin, right_origin) & 1; }

  // Those made there; nullptr where no scan was long yet.
  Siblings* find(const SiblingKey& key) {
    const std::uint32_t found = map_of(key).find(hashed(key));
    return found ? &all_[found - 1] : nullptr;
  }

  // Begins to keep those made there; none are kept yet.
  Siblings& add(const SiblingKey& key) {
    seen_ |= std::uint64_t{1} << bit(key.origin, key.right_origin);
    Siblings& added = all_.emplace_back();
    map_of(key).insert(hashed(key), static_cast<std::uint32_t>(all_.size()));
    return added;
  }

 private:
  // Origins mostly adjoin, so it has to depend on all of their bits.
  static unsigned bit(Address origin, Address right_origin) {
    return ((origin + (origin ^ right_origin) * 0x85ebca6bU) * 0x9e3779b1U) >> 26;
  }
  // An origin tells the parent: what stands beside a unit is in the same list.
  FlatMap& map_of(const SiblingKey& key) { return key.origin || key.right_origin ? by_origins_ : by_parent_; }
  static std::uint64_t hashed(const SiblingKey& key) {
    return key.origin || key.right_origin ? std::uint64_t{key.origin} << 32 | key.right_origin
                                          : std::uint64_t{key.parent} << 1 | (key.keyed ? 1 : 0);
  }

  std::deque<Siblings> all_;
  std::uint64_t seen_ = 0;  // bit() of all places
  FlatMap by_origins_;
  FlatMap by_parent_;
};

}  // namespace stet::core
