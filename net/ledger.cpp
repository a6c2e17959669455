#include "net/ledger.hpp"

#include <algorithm>

namespace stet::net {

bool has_tag(std::string_view tags, std::string_view tag) {
  while (!tags.empty()) {
    const std::string_view line = tags.substr(0, tags.find('\n'));
    if (line == tag) return true;
    tags.remove_prefix(std::min(tags.size(), line.size() + 1));
  }
  return false;
}

Result<bool> Ledger::add(const storage::LogEntry& entry) {
  if (entry.seq <= seq()) return false;
  const Result<UpdateUnits> units = units_of_update(entry.update);
  if (!units) return units.error();
  const auto index = static_cast<std::uint32_t>(edits_.size());
  Edit edit{entry.seq, entry.time_ms, entry.session, intern(entry.author), intern(entry.tags), 0, 0};
  const auto capped = [](std::uint64_t count) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
  };
  std::uint64_t inserted = 0;
  std::uint64_t deleted = 0;
  for (const UnitRange& range : units->inserted) inserted += claim(made_, range, index);
  for (const UnitRange& range : units->deleted) deleted += claim(deleted_, range, index);
  edit.inserted = capped(inserted);
  edit.deleted = capped(deleted);
  edits_.push_back(edit);
  return true;
}

// Gives the edit those units that nobody has. Returns how many.
std::uint64_t Ledger::claim(Units& units, const UnitRange& range, std::uint32_t edit) {
  Spans& spans = units[range.client];
  const std::uint64_t end = range.clock + range.length;
  std::uint64_t count = 0;
  std::uint64_t clock = range.clock;
  auto next = spans.upper_bound(clock);
  if (next != spans.begin()) clock = std::max(clock, std::prev(next)->second.end);
  while (clock < end) {
    const std::uint64_t free_end = next == spans.end() ? end : std::min(end, next->first);
    if (clock < free_end) {
      spans.emplace_hint(next, clock, Span{free_end, edit});
      count += free_end - clock;
    }
    if (next == spans.end()) break;
    clock = std::max(free_end, next->second.end);
    ++next;
  }
  return count;
}

bool Ledger::fits(const Edit& edit, const EditFilter& filter) const {
  return edit.seq > filter.after_seq && edit.seq <= filter.to_seq && edit.time_ms >= filter.from_ms &&
         edit.time_ms <= filter.to_ms && (!filter.author || author(edit) == *filter.author) &&
         (!filter.session || edit.session == *filter.session) && (!filter.tag || has_tag(tags(edit), *filter.tag));
}

Ledger::Made Ledger::made_by(std::uint64_t client, std::uint64_t clock) const {
  constexpr std::uint64_t for_ever = std::numeric_limits<std::uint64_t>::max();
  const auto spans = made_.find(client);
  if (spans == made_.end()) return {nullptr, for_ever};
  const auto next = spans->second.upper_bound(clock);
  if (next != spans->second.begin()) {
    const Span& span = std::prev(next)->second;
    if (clock < span.end) return {&edits_[span.edit], span.end - clock};
  }
  return {nullptr, next == spans->second.end() ? for_ever : next->first - clock};
}

UpdateUnits Ledger::units(const EditFilter& filter) const {
  const auto collect = [&](const Units& units, std::vector<UnitRange>& out) {
    for (const auto& [client, spans] : units) {
      for (const auto& [clock, span] : spans) {
        if (!fits(edits_[span.edit], filter)) continue;
        if (!out.empty() && out.back().client == client && out.back().clock + out.back().length == clock) {
          out.back().length += span.end - clock;
        } else {
          out.push_back({client, clock, span.end - clock});
        }
      }
    }
  };
  UpdateUnits units;
  collect(made_, units.inserted);
  collect(deleted_, units.deleted);
  return units;
}

std::vector<Ledger::Range> Ledger::ranges(const Units& units) const {
  std::vector<Range> ranges;
  for (const auto& [client, spans] : units) {
    for (const auto& [clock, span] : spans) ranges.push_back({{client, clock, span.end - clock}, &edits_[span.edit]});
  }
  return ranges;
}

std::uint32_t Ledger::intern(const std::string& word) {
  const auto [found, is_new] = word_of_.try_emplace(word, static_cast<std::uint32_t>(words_.size()));
  if (is_new) words_.push_back(word);
  return found->second;
}

}  // namespace stet::net
