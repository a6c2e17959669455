#include "address_space.hpp"

#include <algorithm>

namespace stet::core {

Address AddressSpace::reserve(std::uint64_t units) {
  const std::uint64_t rounded = (units + page_units - 1) & ~std::uint64_t{page_units - 1};
  if (rounded > left()) return 0;
  const auto address = static_cast<Address>(next_);
  next_ += rounded;
  const std::size_t spans = (next_ + (1U << block_bits) - 1) >> block_bits;
  if (spans > spans_.size()) spans_.resize(spans);
  return address;
}

Address AddressSpace::shrink(Address end, Address used) {
  if (end != next_) return end;
  next_ = (used + page_units - 1) & ~(page_units - 1);
  return static_cast<Address>(next_);
}

AddressSpace::Pages AddressSpace::pages_behind(Address address, Address end) {
  Pages pages;
  const std::uint32_t first = (address >> page_bits) + 1;
  const std::size_t span = first >> pages_per_block_bits;
  if (span >= spans_.size() || !spans_[span].block || end >> page_bits <= first) return pages;
  const auto span_end = static_cast<std::uint32_t>((span + 1) << pages_per_block_bits);
  pages.pages_ =
      &pages_[(std::size_t{spans_[span].block - 1} << pages_per_block_bits) + page_in_block(first << page_bits)];
  pages.first_ = first;
  pages.count_ = std::min(end >> page_bits, span_end) - first;
  return pages;
}

void AddressSpace::assign_pages(Address address, std::uint32_t length, ItemIndex item, std::uint32_t run) {
  const std::uint64_t end = std::uint64_t{address} + length;
  std::uint64_t at = (std::uint64_t{address} + page_units - 1) & ~std::uint64_t{page_units - 1};
  while (at < end) {
    Span& span = spans_[at >> block_bits];
    const std::uint64_t span_start = at >> block_bits << block_bits;
    const std::uint64_t span_end = span_start + (1U << block_bits);
    if (at == span_start && end >= span_end && !span.block) {
      span.uniform = {item, run};
      at = span_end;
      continue;
    }
    if (!span.block) {
      constexpr std::size_t pages_per_block = std::size_t{1} << pages_per_block_bits;
      pages_.extend(pages_per_block);
      std::fill(pages_.end() - pages_per_block, pages_.end(), span.uniform);
      span.block = static_cast<std::uint32_t>(pages_.size() >> pages_per_block_bits);
    }
    Page* pages = &pages_[std::size_t{span.block - 1} << pages_per_block_bits];
    for (const std::uint64_t stop = std::min(end, span_end); at < stop; at += page_units) {
      pages[page_in_block(static_cast<Address>(at))] = {item, run};
    }
  }
}

}  // namespace stet::core
