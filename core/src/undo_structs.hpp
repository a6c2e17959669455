// What undo needs of the store: sets of clocks, and the store seen as the structs of Yjs.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "flat_map.hpp"
#include "store.hpp"

namespace stet::core {

// A set of units (Yjs: DeleteSet). Clients in the order in which they came up: undo goes through them in that order.
class UnitSet {
 public:
  struct Range {
    std::uint32_t clock = 0;
    std::uint32_t length = 0;
    std::uint32_t end() const { return clock + length; }
  };
  struct Section {
    ClientIndex client = 0;
    std::vector<Range> ranges;  // sorted, apart from one another
    bool sorted = true;
  };

  void add(Id id, std::uint32_t length);
  void add(const UnitSet& other);
  // After the last add().
  void sort();
  bool contains(Id id) const;
  const std::vector<Section>& sections() const { return sections_; }

 private:
  std::vector<Section> sections_;
  FlatMap section_of_;  // client -> index + 1
};

// The store may hold a struct of Yjs in several items. What is one struct at this moment, in the middle of a
// transaction: what mergeable() says, unless it was cut, or made, in this transaction.
class Structs {
 public:
  explicit Structs(Store& store);

  // The first and the last item of the struct that `item` is part of.
  ItemIndex first_of(ItemIndex item);
  ItemIndex last_of(ItemIndex item);
  // The struct that starts at that unit, cut out if need be. GC structs are never cut.
  ItemIndex clean_start(Address address);
  // The struct that starts at the copy of the struct that begins with `first` (which has one).
  ItemIndex copy_of(ItemIndex first) { return clean_start(store_.redone.at(store_.items[first].address).copy); }
  // Calls `visit` with the first item of each struct in the set; those that are partly in it are cut.
  template <class Visit>
  void for_each(const UnitSet& set, Visit&& visit);

 private:
  bool is_start(ItemIndex left, ItemIndex right);
  bool is_new(ItemIndex item) const;

  Store& store_;
  std::size_t seen_;  // of transaction.touched
  std::unordered_set<Address> cuts_;
};

template <class Visit>
void Structs::for_each(const UnitSet& set, Visit&& visit) {
  for (const UnitSet::Section& section : set.sections()) {
    for (const UnitSet::Range& range : section.ranges) {
      if (range.clock >= store_.state(section.client)) break;
      ItemIndex first = clean_start(store_.address_of({section.client, range.clock}));
      while (first && store_.id_of(store_.items[first].address).clock < range.end()) {
        const Item& last = store_.items[last_of(first)];
        const std::uint32_t end = store_.id_of(last.last()).clock + 1;
        if (end > range.end()) clean_start(store_.address_of({section.client, range.end()}));
        const ItemIndex next = store_.items[last_of(first)].next;
        visit(first);
        first = next;
      }
    }
  }
}

}  // namespace stet::core
