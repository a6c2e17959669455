// Presence: who is here, and where their cursor is (npm: y-protocols/awareness). State per client id, newest clock
// wins, JSON `null` means gone. Reads no clock: times are handed in, in milliseconds of any monotonic clock.
// Thread rule: one owner.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

struct AwarenessLimits {
  std::size_t states = 10'000;       // states in one message
  std::size_t state_bytes = 65'536;  // JSON of one state
  unsigned depth = 128;              // nesting of that JSON
};

// One client's entry in an awareness message. `state` is JSON text; "null" removes.
struct AwarenessEntry {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::string state;

  bool removed() const { return state == "null"; }
  bool operator==(const AwarenessEntry&) const = default;
};

// Error if it does not parse, a clock is over 2^32 - 1, a state is not JSON, or a limit is passed. Trailing bytes are
// ignored (the protocol grows by appending).
Result<std::vector<AwarenessEntry>> decode_awareness(ByteView message, const AwarenessLimits& limits = {});

// The payload {count, (client, clock, JSON)...}, without the protocol's message type.
Bytes encode_awareness(std::span<const AwarenessEntry> entries);

class Awareness {
 public:
  // A client that was not renewed for this long is gone (the reference implementation's outdatedTimeout).
  static constexpr std::int64_t timeout_ms = 30'000;

  // Takes the entry if it is news: a newer clock, or a removal at an equal clock. Returns whether it was.
  bool apply(const AwarenessEntry& entry, std::int64_t now_ms);

  // The client's entry, or nullptr where it is unknown. Removed clients keep their entry (with state "null"), so
  // that a late message of before the removal does not bring them back.
  const AwarenessEntry* find(std::uint64_t client) const;

  // All clients that are present.
  std::vector<AwarenessEntry> present() const;

  // Removes a present client at its clock + 1 and returns the entry to broadcast.
  AwarenessEntry remove(std::uint64_t client, std::int64_t now_ms);

  // Removes every client not renewed within timeout_ms and returns the entries to broadcast; forgets clients removed
  // longer than that ago.
  std::vector<AwarenessEntry> expire(std::int64_t now_ms);

  std::size_t present_count() const { return present_; }

 private:
  struct Known {
    AwarenessEntry entry;
    std::int64_t renewed_ms = 0;
  };
  std::unordered_map<std::uint64_t, Known> clients_;
  std::size_t present_ = 0;
};

}  // namespace stet
