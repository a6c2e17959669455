#include "net/rooms/text_history.hpp"

#include <algorithm>
#include <cassert>

namespace stet::net {

void TextHistory::push(std::uint64_t version, TextDelta delta) {
  assert(version >= newest_);
  newest_ = version;
  if (delta.empty()) return;
  bytes_ += bytes_of(delta);
  changes_.push_back({version, std::move(delta)});
  while (bytes_ > max_) {
    oldest_ = changes_.front().version;
    bytes_ -= bytes_of(changes_.front().delta);
    changes_.pop_front();
  }
}

std::deque<TextHistory::Change>::const_iterator TextHistory::after(std::uint64_t version) const {
  return std::upper_bound(changes_.begin(), changes_.end(), version,
                          [](std::uint64_t known, const Change& change) { return known < change.version; });
}

std::optional<TextDelta> TextHistory::since(std::uint64_t version) const {
  if (!covers(version)) return std::nullopt;
  TextDelta all;
  for (auto at = after(version); at != changes_.end(); ++at) all = compose(all, at->delta);
  return all;
}

std::optional<TextDelta> TextHistory::rebase(TextDelta edit, std::uint64_t version) const {
  if (!covers(version)) return std::nullopt;
  for (auto at = after(version); at != changes_.end(); ++at) edit = transform(edit, at->delta);
  return edit;
}

}  // namespace stet::net
