#include "net/rooms/news.hpp"

#include <algorithm>

#include "stet/update.hpp"

namespace stet::net {

std::size_t News::bytes_from(std::uint64_t number) const {
  return number == end() ? 0 : items_.back().begin + items_.back().update->size() - from(number)[0].begin;
}

void News::add(NewsItem item) {
  if (!items_.empty()) item.begin = items_.back().begin + items_.back().update->size();
  items_.push_back(std::move(item));
}

void News::forget_before(std::uint64_t number) {
  items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(number - first_));
  first_ = number;
}

MergedNews::MergedNews(std::span<const NewsItem> items) : items_(items) {
  if (items.size() == 1) {
    alone_.emplace(Message{Kind::update, *items[0].update}, items[0].frame);
    return;
  }
  for (const NewsItem& item : items) by_maker_[item.maker].emplace_back(*item.update);
}

SharedMessage* MergedNews::message_for(MemberId member) {
  if (alone_) return items_[0].maker == no_member || items_[0].maker != member ? &*alone_ : nullptr;
  const MemberId maker = by_maker_.contains(member) ? member : no_member;
  if (maker != no_member && by_maker_.size() == 1) return nullptr;  // all is its own
  const auto [without, is_new] = without_.try_emplace(maker);
  if (is_new) merge_without(maker, without->second);
  return without->second.message ? &*without->second.message : nullptr;
}

void MergedNews::merge_without(MemberId maker, Merged& merged) {
  std::vector<ByteView> parts;
  for (const auto& [by, updates] : by_maker_) {
    if (by == maker && maker != no_member) continue;
    if (updates.size() == 1) {
      parts.push_back(updates[0]);
      continue;
    }
    const auto [known, is_new] = merged_by_maker_.try_emplace(by);
    if (is_new) {
      auto own = merge_updates(updates);
      if (!own) return;
      known->second = std::move(*own);
    }
    parts.emplace_back(known->second);
  }
  if (parts.size() == 1) {  // no copy; and where it came alone, its frame is there already
    const auto alone =
        std::ranges::find_if(items_, [&](const NewsItem& item) { return item.update->data() == parts[0].data(); });
    merged.message.emplace(Message{Kind::update, parts[0]}, alone == items_.end() ? Frame{} : alone->frame);
    return;
  }
  auto all = merge_updates(parts);
  if (!all) return;
  merged.update = std::move(*all);
  merged.message.emplace(Message{Kind::update, merged.update});
}

}  // namespace stet::net
