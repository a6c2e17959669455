#include "net/presence.hpp"

namespace stet::net {

bool Presence::is_claim(MemberId from, bool has_answered, std::span<const AwarenessEntry> entries) const {
  if (entries.size() != 1 || entries[0].removed() || client_of_.contains(from)) return false;
  const AwarenessEntry* known = awareness_.find(entries[0].client);
  return !has_answered || !known || entries[0].clock > known->clock;
}

void Presence::claim(MemberId member, std::uint64_t client) {
  const auto [owner, fresh] = owner_of_.try_emplace(client, member);
  if (!fresh) {
    client_of_.erase(owner->second);
    owner->second = member;
  }
  client_of_[member] = client;
}

bool Presence::acceptable(MemberId from, const AwarenessEntry& entry) const {
  const AwarenessEntry* known = awareness_.find(entry.client);
  if (!known || known->removed()) {
    return !entry.removed() && awareness_.present_count() < max_clients_;
  }
  // A peer that slept holds everybody for outdated and says so at the clock that it knows: only the owner may.
  const auto owner = owner_of_.find(entry.client);
  return entry.clock > known->clock || owner == owner_of_.end() || owner->second == from;
}

Presence::News Presence::receive(MemberId from, bool has_answered, std::span<const AwarenessEntry> entries,
                                 std::int64_t now_ms) {
  News news;
  const bool claims = is_claim(from, has_answered, entries);
  if (claims) claim(from, entries[0].client);
  for (const AwarenessEntry& entry : entries) {
    const AwarenessEntry* known = awareness_.find(entry.client);
    if (claims && known && entry.clock <= known->clock && entry != *known) {
      const AwarenessEntry again{entry.client, known->clock + 1, entry.state};
      if (acceptable(from, again) && awareness_.apply(again, now_ms)) news.for_all.push_back(again);
    } else if (acceptable(from, entry) && awareness_.apply(entry, now_ms)) {
      news.for_others.push_back(entry);
    }
  }
  return news;
}

std::optional<AwarenessEntry> Presence::leave(MemberId member, std::int64_t now_ms) {
  const auto own = client_of_.find(member);
  if (own == client_of_.end()) return std::nullopt;
  const std::uint64_t client = own->second;
  client_of_.erase(own);
  owner_of_.erase(client);
  const AwarenessEntry* known = awareness_.find(client);
  if (!known || known->removed()) return std::nullopt;
  return awareness_.remove(client, now_ms);
}

const char* Presence::check() const {
  if (client_of_.size() != owner_of_.size()) return "owners and owned clients differ in number";
  for (const auto& [client, member] : owner_of_) {
    const auto own = client_of_.find(member);
    if (own == client_of_.end() || own->second != client) return "an owner does not own its client";
  }
  return nullptr;
}

}  // namespace stet::net
