// Who is present in a room, and which connection speaks for whom (hostile-inputs.md 68 to 73). No I/O, no clock.
//
// Clients echo what they hear, so a state is only relayed if it advances its clock. A connection owns one client id:
// the one in its first awareness message, where that message is a claim and not an echo. It is a claim if it came
// before the connection's answer to our step 1 (an echo cannot: our awareness follows our step 1), if it is news, or if
// the client was removed before the connection came (which was then told nothing of it that it could echo).
// The newest connection owns an id; when its owner leaves, the client is removed at once.
//
// Who comes back after a cut. A stock client then keeps its clock, and ignores of the others what is not newer than
// what it knew, although it shows nobody any more; and so do the others with it. So states are re-emitted at clock + 1:
//   - the state of whoever comes, as someone may know it from before (from before a restart of ours, too);
//   - when a client comes back that was here, the states of the others that have not changed meanwhile.
// Re-emissions go to all, the owner included, or its next change would be lost. What an owner changed before it heard
// of one comes with a clock that is used already, and is re-emitted as well; the echo of a re-emission is not.
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
    std::vector<AwarenessEntry> for_all;     // the sender, too
  };
  // A connection. `joined`: changes() when it was told who is present.
  struct Sender {
    MemberId id;
    bool has_answered;
    std::uint64_t joined;
  };
  News receive(const Sender& from, std::span<const AwarenessEntry> entries, std::int64_t now_ms);

  // The number of the last change.
  std::uint64_t changes() const { return changes_; }

  // The connection is gone: its client is removed. The entry to broadcast, if any.
  std::optional<AwarenessEntry> leave(MemberId member, std::int64_t now_ms);

  // Removes who was not heard of for Awareness::timeout_ms. The entries to broadcast.
  std::vector<AwarenessEntry> expire(std::int64_t now_ms);

  std::vector<AwarenessEntry> present() const { return awareness_.present(); }
  const AwarenessEntry* find(std::uint64_t client) const { return awareness_.find(client); }

  // Empty, or what is broken.
  const char* check() const;

 private:
  // A connection that has claimed its client.
  struct Owner {
    std::uint64_t client;
    std::vector<AwarenessEntry> reemitted;  // of its client, and not yet echoed by it; the newest last
  };
  struct Heard {
    std::int64_t at_ms = 0;    // when somebody last said something new of the client; re-emissions do not count
    std::uint64_t change = 0;  // the number of the last change of its entry, re-emissions included
  };

  bool is_claim(const Sender& from, std::span<const AwarenessEntry> entries) const;
  void on_claim(MemberId from, const AwarenessEntry& entry, std::int64_t now_ms, News& news);
  void on_own(Owner& owner, const AwarenessEntry& entry, std::int64_t now_ms, News& news);
  void on_other(const AwarenessEntry& entry, std::int64_t now_ms, News& news);
  void reemit(std::uint64_t client, std::uint64_t clock, const std::string& state, std::int64_t now_ms, News& news);
  bool has_room_for(const AwarenessEntry& entry) const;

  Awareness awareness_;
  std::size_t max_clients_;
  std::uint64_t changes_ = 0;
  std::unordered_map<std::uint64_t, Heard> heard_;  // of each client that awareness_ knows
  std::unordered_map<MemberId, Owner> owners_;
  std::unordered_map<std::uint64_t, MemberId> owner_of_;
};

}  // namespace stet::net
