#include "net/rooms/presence.hpp"

#include <algorithm>

namespace stet::net {
namespace {

// Of one client at a time; an owner that does not echo them loses nothing but the recognition of its echoes.
constexpr std::size_t most_unechoed = 16;

}  // namespace

Presence::News Presence::receive(const Sender& from, std::span<const AwarenessEntry> entries, std::int64_t now_ms) {
  News news;
  if (is_claim(from, entries)) {
    on_claim(from.id, entries[0], now_ms, news);
    return news;
  }
  for (const AwarenessEntry& entry : entries) {
    const auto owner = owners_.find(from.id);
    if (owner != owners_.end() && owner->second.client == entry.client) {
      on_own(owner->second, entry, now_ms, news);
    } else {
      on_other(entry, now_ms, news);
    }
  }
  return news;
}

bool Presence::is_claim(const Sender& from, std::span<const AwarenessEntry> entries) const {
  if (entries.size() != 1 || entries[0].removed() || owners_.contains(from.id) || !has_room_for(entries[0])) {
    return false;
  }
  if (!from.has_answered) return true;
  const std::uint64_t client = entries[0].client;
  if (owner_of_.contains(client)) return false;
  const AwarenessEntry* known = awareness_.find(client);
  if (!known || entries[0].clock > known->clock) return true;
  return known->removed() && heard_.at(client).change <= from.joined;
}

void Presence::on_claim(MemberId from, const AwarenessEntry& entry, std::int64_t now_ms, News& news) {
  const auto [owner_of, is_first] = owner_of_.try_emplace(entry.client, from);
  if (!is_first) {
    owners_.erase(owner_of->second);
    owner_of->second = from;
  }
  owners_.try_emplace(from, Owner{entry.client, {}});

  const AwarenessEntry* known = awareness_.find(entry.client);
  if (known) {
    // It was here. What has changed since it was removed is new to it; a connection that it lost without our notice may
    // have missed anything.
    const std::uint64_t until = known->removed() ? heard_[entry.client].change : changes_;
    for (const AwarenessEntry& other : awareness_.present()) {
      if (other.client == entry.client || heard_[other.client].change > until) continue;
      reemit(other.client, other.clock + 1, other.state, now_ms, news);
    }
  }
  heard_[entry.client].at_ms = now_ms;
  reemit(entry.client, std::max(entry.clock, known ? known->clock : 0) + 1, entry.state, now_ms, news);
}

void Presence::on_own(Owner& owner, const AwarenessEntry& entry, std::int64_t now_ms, News& news) {
  heard_[entry.client].at_ms = now_ms;
  const auto echoed = std::find(owner.reemitted.begin(), owner.reemitted.end(), entry);
  const bool is_echo = echoed != owner.reemitted.end();
  std::erase_if(owner.reemitted, [&](const AwarenessEntry& sent) { return sent.clock <= entry.clock; });
  if (is_echo || !has_room_for(entry)) return;
  if (awareness_.apply(entry, now_ms)) {
    heard_[entry.client].change = ++changes_;
    news.for_others.push_back(entry);
    return;
  }
  const AwarenessEntry& known = *awareness_.find(entry.client);
  if (known.state != entry.state) reemit(entry.client, known.clock + 1, entry.state, now_ms, news);
}

void Presence::on_other(const AwarenessEntry& entry, std::int64_t now_ms, News& news) {
  const AwarenessEntry* known = awareness_.find(entry.client);
  if (!has_room_for(entry) || (!known && entry.removed())) return;
  // A peer that slept holds everybody for outdated, and says so at the clock that it knows: only the owner may.
  if (known && entry.clock <= known->clock && owner_of_.contains(entry.client)) return;
  if (!awareness_.apply(entry, now_ms)) return;
  heard_[entry.client] = {now_ms, ++changes_};
  news.for_others.push_back(entry);
}

void Presence::reemit(std::uint64_t client, std::uint64_t clock, const std::string& state, std::int64_t now_ms,
                      News& news) {
  AwarenessEntry again{client, clock, state};
  awareness_.apply(again, now_ms);
  heard_[client].change = ++changes_;
  if (const auto owner_of = owner_of_.find(client); owner_of != owner_of_.end()) {
    std::vector<AwarenessEntry>& reemitted = owners_.at(owner_of->second).reemitted;
    if (reemitted.size() == most_unechoed) reemitted.erase(reemitted.begin());
    reemitted.push_back(again);
  }
  news.for_all.push_back(std::move(again));
}

bool Presence::has_room_for(const AwarenessEntry& entry) const {
  const AwarenessEntry* known = awareness_.find(entry.client);
  return entry.removed() || (known && !known->removed()) || awareness_.present_count() < max_clients_;
}

std::optional<AwarenessEntry> Presence::leave(MemberId member, std::int64_t now_ms) {
  const auto owner = owners_.find(member);
  if (owner == owners_.end()) return std::nullopt;
  const std::uint64_t client = owner->second.client;
  owners_.erase(owner);
  owner_of_.erase(client);
  const AwarenessEntry* known = awareness_.find(client);
  if (!known || known->removed()) return std::nullopt;
  heard_[client].change = ++changes_;
  return awareness_.remove(client, now_ms);
}

std::vector<AwarenessEntry> Presence::expire(std::int64_t now_ms) {
  std::vector<AwarenessEntry> removed;
  for (auto& [client, heard] : heard_) {
    if (now_ms - heard.at_ms < Awareness::timeout_ms || awareness_.find(client)->removed()) continue;
    heard.change = ++changes_;
    removed.push_back(awareness_.remove(client, now_ms));
  }
  for (AwarenessEntry& entry : awareness_.expire(now_ms)) {  // also forgets those that were removed long ago
    heard_[entry.client].change = ++changes_;
    removed.push_back(std::move(entry));
  }
  std::erase_if(heard_, [&](const auto& heard) { return awareness_.find(heard.first) == nullptr; });
  return removed;
}

const char* Presence::check() const {
  if (owners_.size() != owner_of_.size()) return "owners and owned clients differ in number";
  for (const auto& [client, heard] : heard_) {
    if (!awareness_.find(client)) return "heard of a client that is not known";
  }
  for (const auto& [client, member] : owner_of_) {
    const auto owner = owners_.find(member);
    if (owner == owners_.end() || owner->second.client != client) return "an owner does not own its client";
  }
  return nullptr;
}

}  // namespace stet::net
