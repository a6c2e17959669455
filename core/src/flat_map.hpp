// A hash map from 64-bit keys to 32-bit values: open addressing, linear probing, at most half full. Keys come from the
// wire, so the hash is keyed by a seed that a sender cannot know (the address of the map: address space layout is
// random), lest he choose keys that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stet::core {

class FlatMap {
 public:
  // The value of `key`, or 0 where it is absent. Values are never 0.
  std::uint32_t find(std::uint64_t key) const {
    if (entries_.empty()) return 0;
    for (std::size_t at = home(key);; at = (at + 1) & mask()) {
      if (entries_[at].value == 0) return 0;
      if (entries_[at].key == key) return entries_[at].value;
    }
  }

  // Adds a key that is absent.
  void insert(std::uint64_t key, std::uint32_t value) {
    if ((size_ + 1) * 2 > entries_.size()) grow();
    place(key, value);
    ++size_;
  }

  void clear() {
    entries_.clear();
    size_ = 0;
  }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t value = 0;
  };

  std::size_t mask() const { return entries_.size() - 1; }

  // The multiply-xor-shift finaliser of SplitMix64 (Steele, Lea, Flood 2014).
  std::size_t home(std::uint64_t key) const {
    std::uint64_t x = key ^ seed_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>(x ^ (x >> 31)) & mask();
  }

  void place(std::uint64_t key, std::uint32_t value) {
    std::size_t at = home(key);
    while (entries_[at].value != 0) at = (at + 1) & mask();
    entries_[at] = {key, value};
  }

  void grow() {
    std::vector<Entry> old;
    old.swap(entries_);
    entries_.resize(old.empty() ? 8 : old.size() * 2);
    seed_ = reinterpret_cast<std::uintptr_t>(entries_.data()) * 0x9e3779b97f4a7c15ULL;
    for (const Entry& entry : old) {
      if (entry.value != 0) place(entry.key, entry.value);
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace stet::core
