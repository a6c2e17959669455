#include "net/history/ledger.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/rooms/edit_tags.hpp"
#include "stet/lib0.hpp"

namespace stet::net {
namespace {

constexpr std::string_view restores = "restores=";  // client, clock and length, with colons between them

}  // namespace

bool has_tag(std::string_view tags, std::string_view tag) {
  while (!tags.empty()) {
    const std::string_view line = tags.substr(0, tags.find('\n'));
    if (line == tag) return true;
    tags.remove_prefix(std::min(tags.size(), line.size() + 1));
  }
  return false;
}

std::string restoring_tags(const std::vector<UnitRange>& deleted) {
  std::string tags;
  for (const UnitRange& range : deleted) {
    if (!tags.empty()) tags += '\n';
    tags += restores;
    tags += std::to_string(range.client) + ":" + std::to_string(range.clock) + ":" + std::to_string(range.length);
  }
  return tags;
}

Result<bool> Ledger::add(const storage::LogEntry& entry) {
  if (entry.seq <= seq()) return false;
  if (entry.is_base) {
    base_seq_ = entry.seq;
    return false;
  }
  const Result<UpdateUnits> units = units_of_update(entry.update);
  if (!units) return units.error();
  if (keep_ == Keep::units) edits_.clear();
  const auto index = static_cast<std::uint32_t>(edits_.size());
  std::string shown_tags;
  for (std::string_view rest = entry.tags; !rest.empty();) {
    const std::string_view tag = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), tag.size() + 1));
    if (tag.starts_with(restores)) {
      note_restored(tag.substr(restores.size()), index);
    } else if (!tag.starts_with(thin_edit_tag)) {
      shown_tags.append(shown_tags.empty() ? "" : "\n").append(tag);
    }
  }
  Edit edit{entry.seq, entry.time_ms, entry.session, intern(entry.author), intern(shown_tags), 0, 0};
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

void Ledger::note_restored(std::string_view tag, std::uint32_t edit) {
  std::array<std::uint64_t, 3> numbers{};  // client, clock, length
  const char* at = tag.data();
  const char* const end = at + tag.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [stop, fault] = std::from_chars(at, end, numbers[i]);
    if (fault != std::errc{} || numbers[i] > max_safe_integer) return;
    if (stop == end ? i + 1 < numbers.size() : *stop != ':') return;
    at = stop == end ? end : stop + 1;
  }
  claim(restored_, {numbers[0], numbers[1], numbers[2]}, edit);
}

// Adds a span before `next`: as a part of its neighbours where they are of the same edit and adjoin.
Ledger::Spans::iterator Ledger::add_span(Spans& spans, Spans::iterator next, std::uint64_t clock, const Span& span) {
  auto at = next;
  if (next != spans.begin() && std::prev(next)->second.end == clock && std::prev(next)->second.edit == span.edit) {
    at = std::prev(next);
    at->second.end = span.end;
  } else {
    at = spans.emplace_hint(next, clock, span);
  }
  if (next != spans.end() && next->first == span.end && next->second.edit == span.edit) {
    at->second.end = next->second.end;
    spans.erase(next);
  }
  return at;
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
    if (next != spans.end() && next->first <= clock) {
      clock = std::max(clock, next->second.end);
      ++next;
      continue;
    }
    const std::uint64_t free_end = next == spans.end() ? end : std::min(end, next->first);
    count += free_end - clock;
    const auto at = add_span(spans, next, clock, {free_end, edit});
    clock = at->second.end;
    next = std::next(at);
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
  std::vector<UnitRange> deleted;
  collect(deleted_, deleted);
  for (const UnitRange& range : deleted) {  // what nobody has brought back
    const auto known = restored_.find(range.client);
    if (known == restored_.end()) {
      units.deleted.push_back(range);
      continue;
    }
    const Spans& spans = known->second;
    const std::uint64_t end = range.clock + range.length;
    auto span = spans.upper_bound(range.clock);
    if (span != spans.begin() && std::prev(span)->second.end > range.clock) --span;
    std::uint64_t clock = range.clock;
    for (; span != spans.end() && span->first < end; ++span) {
      if (fits(edits_[span->second.edit], filter)) continue;  // it is taken back, too
      if (span->first > clock) units.deleted.push_back({range.client, clock, span->first - clock});
      clock = std::max(clock, span->second.end);
    }
    if (clock < end) units.deleted.push_back({range.client, clock, end - clock});
  }
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
