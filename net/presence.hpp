// Who is present in a room, and which connection speaks for whom (hostile-inputs.md 68 to 73). No I/O, no clock.
//
// Clients echo what they hear, so a state is only relayed if it advances its clock. A connection owns one client id:
// the one in its first awareness message, where that message is a claim and not an echo. It is a claim if it came
// before the connection's answer to our step 1 (an echo cannot: our awareness follows our step 1), or if it is news.
// The newest connection owns an id; when its owner leaves, the client is removed at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "net/frame.hpp"
#include "stet/awareness.hpp"

namespace stet::net {

class Presence {
 public:
  explicit Presence(std::size_t max_clients) : max_clients_(max_clients) {}

  // What others must hear of a message.
  struct News {
    std::vector<AwarenessEntry> for_others;  // all but the sender
    // All, the sender included: a client that came back with a clock that is not newer than what is known is re-emitted
    // at the known clock + 1, and has to know that clock, or its next change would be lost.
    std::vector<AwarenessEntry> for_all;
  };
  News receive(MemberId from, bool has_answered, std::span<const AwarenessEntry> entries, std::int64_t now_ms);

  // The connection is gone: its client is removed. The entry to broadcast, if any.
  std::optional<AwarenessEntry> leave(MemberId member, std::int64_t now_ms);

  // Removes who was not renewed in time. The entries to broadcast.
  std::vector<AwarenessEntry> expire(std::int64_t now_ms) { return awareness_.expire(now_ms); }

  std::vector<AwarenessEntry> present() const { return awareness_.present(); }
  const AwarenessEntry* find(std::uint64_t client) const { return awareness_.find(client); }

  // Empty, or what is broken.
  const char* check() const;

 private:
  bool is_claim(MemberId from, bool has_answered, std::span<const AwarenessEntry> entries) const;
  void claim(MemberId member, std::uint64_t client);
  bool acceptable(MemberId from, const AwarenessEntry& entry) const;

  Awareness awareness_;
  std::size_t max_clients_;
  std::unordered_map<MemberId, std::uint64_t> client_of_;
  std::unordered_map<std::uint64_t, MemberId> owner_of_;
};

}  // namespace stet::net
