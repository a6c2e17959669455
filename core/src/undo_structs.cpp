#include "undo_structs.hpp"

#include <algorithm>

namespace stet::core {

void UnitSet::add(Id id, std::uint32_t length) {
  if (length == 0) return;
  std::uint32_t known = section_of_.find(id.client);
  if (!known) {
    sections_.push_back({.client = id.client, .ranges = {}});
    known = static_cast<std::uint32_t>(sections_.size());
    section_of_.insert(id.client, known);
  }
  Section& section = sections_[known - 1];
  if (!section.ranges.empty()) {
    Range& last = section.ranges.back();
    if (last.end() == id.clock) {
      last.length += length;
      return;
    }
    if (last.end() > id.clock) section.sorted = false;
  }
  section.ranges.push_back({id.clock, length});
}

void UnitSet::add(const UnitSet& other) {
  for (const Section& section : other.sections_) {
    for (const Range& range : section.ranges) add({section.client, range.clock}, range.length);
  }
  sort();
}

void UnitSet::sort() {
  for (Section& section : sections_) {
    if (section.sorted) continue;
    section.sorted = true;
    std::vector<Range>& ranges = section.ranges;
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.clock < b.clock; });
    std::size_t kept = 1;
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      Range& before = ranges[kept - 1];
      if (before.end() >= ranges[i].clock) {
        before.length = std::max(before.end(), ranges[i].end()) - before.clock;
      } else {
        ranges[kept++] = ranges[i];
      }
    }
    ranges.resize(kept);
  }
}

bool UnitSet::contains(Id id) const {
  const std::uint32_t known = section_of_.find(id.client);
  if (!known) return false;
  const std::vector<Range>& ranges = sections_[known - 1].ranges;
  const auto behind = std::upper_bound(ranges.begin(), ranges.end(), id.clock,
                                       [](std::uint32_t clock, const Range& range) { return clock < range.clock; });
  return behind != ranges.begin() && id.clock < std::prev(behind)->end();
}

// Cuts of a transaction that changed nothing do not count any more.
Structs::Structs(Store& store)
    : store_(store), seen_(store.transaction.empty() ? store.transaction.touched.size() : 0) {}

bool Structs::is_new(ItemIndex item) const {
  const Id id = store_.id_of(store_.items[item].address);
  if (!store_.clients[id.client].in_transaction) return false;
  const auto& before = store_.transaction.before;
  const auto found =
      std::find_if(before.begin(), before.end(), [&](const Transaction::Before& b) { return b.client == id.client; });
  return id.clock >= found->state;
}

bool Structs::is_start(ItemIndex left, ItemIndex right) {
  if (store_.items[left].next != right || !store_.mergeable(left, right)) return true;
  const auto& touched = store_.transaction.touched;
  while (seen_ < touched.size()) cuts_.insert(touched[seen_++].address);
  return cuts_.contains(store_.items[right].address) || is_new(right);
}

ItemIndex Structs::first_of(ItemIndex item) {
  while (const ItemIndex left = store_.items[item].left) {
    if (is_start(left, item)) break;
    item = left;
  }
  return item;
}

ItemIndex Structs::last_of(ItemIndex item) {
  while (const ItemIndex next = store_.items[item].next) {
    if (is_start(item, next)) break;
    item = next;
  }
  return item;
}

ItemIndex Structs::clean_start(Address address) {
  const ItemIndex item = store_.find(address);
  const Item& found = store_.items[item];
  if (found.kind == Kind::gc) return item;
  if (found.address != address) return store_.split(item, address - found.address);
  if (found.left && !is_start(found.left, item)) {
    store_.transaction.touched.push_back({address, 1, item});
    if (found.flags & flag_redone) store_.redone[address].continues = false;
  }
  return item;
}

}  // namespace stet::core
