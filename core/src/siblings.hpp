// Items made at the same place by many clients at once: in the same list, with the same origins. In the document they
// stand in the order of their client ids, each followed by what was written behind it. A new one has to pass all with
// smaller ids, and 100,000 of them would pass each other 5,000 million times (they do so in Yjs). Where a scan was
// long, its siblings are kept in this index, and further ones start from the neighbour that they have in it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "item.hpp"

namespace stet::core {

struct SiblingKey {
  std::uint32_t parent = 0;
  bool keyed = false;
  Address origin = 0;
  Address right_origin = 0;
  auto operator<=>(const SiblingKey&) const = default;
};

struct Siblings {
  // Client id -> first unit of its item; the leftmost one where a client has several.
  std::map<std::uint64_t, Address> by_client;
  // First unit of the item at which the last full scan had to stop; 0 = it found the end of the list.
  Address behind = 0;
};

using SiblingIndex = std::map<SiblingKey, Siblings>;

}  // namespace stet::core
