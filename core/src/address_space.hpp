// From the address of a unit to its item and to its (client, clock), in constant time.
//
// A client's clocks are laid into the 32-bit address space in *runs*: reserved ranges that start on a page boundary
// and grow with the client, so that what one client types stays contiguous however many type at once.
//
//   addresses   0 ........ 64 ....... 128 ....... 192 ........
//   runs                   [ client A          ) [ client B …
//   pages (64 units)       { item, run } { item, run } …        the item that holds the first unit of the page
//
// From that item, Item::next leads to the one sought: at most 64 steps, about three in real documents.
//
// Pages are kept in blocks of 256, and a block exists only where more than one item lies in its range: a deleted run
// of two thousand million units that comes in ten bytes must not reserve memory by its length.
#pragma once

#include <cstdint>
#include <vector>

#include "item.hpp"
#include "pod_vector.hpp"

namespace stet::core {

// Addresses [address, end) hold the clocks from `clock` on; filled up to the client's state if it is the client's last.
struct Run {
  ClientIndex client;
  std::uint32_t clock;
  Address address;
  Address end;
  std::uint32_t previous;  // the client's run before it; 0 = none (run 0 is unused)
};

class AddressSpace {
 public:
  static constexpr unsigned page_bits = 6;
  static constexpr unsigned block_bits = 14;
  static constexpr std::uint32_t page_units = 1U << page_bits;

  struct Page {
    ItemIndex item = 0;
    std::uint32_t run = 0;
  };

  // The page that holds `address`. The unit must be in use.
  Page page(Address address) const {
    const Span& span = spans_[address >> block_bits];
    if (!span.block) return span.uniform;
    return pages_[(std::size_t{span.block - 1} << pages_per_block_bits) + page_in_block(address)];
  }

  // Names `item` as the holder of every page that starts within [address, address + length).
  void assign(Address address, std::uint32_t length, ItemIndex item, std::uint32_t run) {
    // Most items are too short to reach the start of a page.
    if ((address - 1) >> page_bits != (address + length - 1) >> page_bits) assign_pages(address, length, item, run);
  }

  // The same for units in use, whose run stays.
  void reassign(Address address, std::uint32_t length, ItemIndex item) {
    if ((address - 1) >> page_bits != (address + length - 1) >> page_bits) {
      assign_pages(address, length, item, page(address).run);
    }
  }

  // Pages one behind the other that have a place in a block already. Valid until something is assigned by other means.
  class Pages {
   public:
    // As AddressSpace::assign(), for who goes on behind the item assigned before: so whether an item reaches the next
    // page, which the processor could not guess, need not be asked. The last that takes it is the one that holds its
    // start. False, and nothing is done, where it takes more.
    bool assign(Address address, std::uint32_t length, ItemIndex item, std::uint32_t run) {
      const std::uint32_t next = (address + page_units - 1) >> page_bits;
      if (next - first_ >= count_ || (address + length - 1) >> page_bits > next) return false;
      pages_[next - first_] = {item, run};
      return true;
    }

   private:
    friend AddressSpace;
    Page* pages_ = nullptr;
    std::uint32_t first_ = 0;
    std::uint32_t count_ = 0;
  };

  // Those from the first that starts behind `address` on, up to `end` at most.
  Pages pages_behind(Address address, Address end);

  // Reserves `units` addresses. Returns the first one, or 0 if the space is full.
  Address reserve(std::uint64_t units);

  // Gives back the whole pages between `used` and `end`, where those before `end` were reserved last. Returns the end
  // that is left.
  Address shrink(Address end, Address used);

  // Gives back memory that is free.
  void trim() { pages_.trim(); }

  // Addresses that can still be reserved.
  std::uint64_t left() const { return limit - next_; }

  std::size_t memory_bytes() const { return spans_.capacity() * sizeof(Span) + pages_.capacity() * sizeof(Page); }

 private:
  static constexpr unsigned pages_per_block_bits = block_bits - page_bits;
  static constexpr std::uint64_t limit = (std::uint64_t{1} << 32) - (1U << block_bits);

  struct Span {
    std::uint32_t block = 0;  // 1-based index into pages_, 0 = every page is `uniform`
    Page uniform;
  };

  void assign_pages(Address address, std::uint32_t length, ItemIndex item, std::uint32_t run);

  static std::size_t page_in_block(Address address) {
    return (address >> page_bits) & ((1U << pages_per_block_bits) - 1);
  }

  std::vector<Span> spans_;
  PodVector<Page> pages_;
  std::uint64_t next_ = page_units;  // address 0 means "none"
};

}  // namespace stet::core
