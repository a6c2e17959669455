#include "stet/awareness.hpp"

#include <algorithm>

#include "stet/any.hpp"
#include "stet/lib0.hpp"

namespace stet {

namespace {
constexpr std::uint64_t max_awareness_clock = 0xffffffffULL;
}

Result<std::vector<AwarenessEntry>> decode_awareness(ByteView message, const AwarenessLimits& limits) {
  Reader in(message);
  const std::uint64_t count = in.varuint();
  if (count > limits.states) in.fail(ErrorCode::too_large, "too many awareness states");
  std::vector<AwarenessEntry> entries;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    AwarenessEntry entry;
    entry.client = in.varuint();
    entry.clock = in.varuint();
    if (entry.clock > max_awareness_clock) in.fail(ErrorCode::too_large, "awareness clock over 2^32 - 1");
    const std::string_view state = in.var_string();
    if (state.size() > limits.state_bytes) in.fail(ErrorCode::too_large, "awareness state too long");
    if (in.ok() && (!valid_utf8(state) || !valid_json(state, limits.depth))) {
      in.fail(ErrorCode::malformed, "awareness state is not JSON");
    }
    if (!in.ok()) break;
    entry.state.assign(state);
    entries.push_back(std::move(entry));
  }
  if (!in.ok()) return in.error();
  return entries;
}

Bytes encode_awareness(std::span<const AwarenessEntry> entries) {
  Writer out;
  out.varuint(entries.size());
  for (const AwarenessEntry& entry : entries) {
    out.varuint(entry.client);
    out.varuint(entry.clock);
    out.var_string(entry.state);
  }
  return out.take();
}

bool Awareness::apply(const AwarenessEntry& entry, std::int64_t now_ms) {
  const auto found = clients_.find(entry.client);
  if (found == clients_.end()) {
    clients_.emplace(entry.client, Known{entry, now_ms});
    present_ += !entry.removed();
    return true;
  }
  Known& known = found->second;
  const bool newer = entry.clock > known.entry.clock;
  const bool removal = entry.clock == known.entry.clock && entry.removed() && !known.entry.removed();
  if (!newer && !removal) return false;
  present_ += !entry.removed();
  present_ -= !known.entry.removed();
  known = {entry, now_ms};
  return true;
}

const AwarenessEntry* Awareness::find(std::uint64_t client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second.entry;
}

std::vector<AwarenessEntry> Awareness::present() const {
  std::vector<AwarenessEntry> entries;
  entries.reserve(present_);
  for (const auto& [client, known] : clients_) {
    if (!known.entry.removed()) entries.push_back(known.entry);
  }
  return entries;
}

AwarenessEntry Awareness::remove(std::uint64_t client, std::int64_t now_ms) {
  const AwarenessEntry* current = find(client);
  // The last clock stays: a removal is news at an equal clock too.
  const std::uint64_t clock = current ? std::min(current->clock + 1, max_awareness_clock) : 0;
  const AwarenessEntry gone{client, clock, "null"};
  apply(gone, now_ms);
  return gone;
}

std::vector<AwarenessEntry> Awareness::expire(std::int64_t now_ms) {
  std::vector<std::uint64_t> outdated;
  for (auto at = clients_.begin(); at != clients_.end();) {
    const bool old = now_ms - at->second.renewed_ms >= timeout_ms;
    if (old && at->second.entry.removed()) {
      at = clients_.erase(at);
      continue;
    }
    if (old) outdated.push_back(at->first);
    ++at;
  }
  std::vector<AwarenessEntry> removed;
  removed.reserve(outdated.size());
  for (const std::uint64_t client : outdated) removed.push_back(remove(client, now_ms));
  return removed;
}

}  // namespace stet
