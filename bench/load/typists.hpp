// Rooms in which everybody types: what is sent, what must arrive, and how long it takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "edits.hpp"
#include "swarm.hpp"

namespace stet::bench {

// The id of the first member that types; the others count up from it.
inline constexpr std::uint64_t first_typist = 1'000'000;

// Each member of `docs` rooms of `each` has `edits` letters to type. Everything that arrives is checked: each letter of
// each other member comes to each member, once and in order.
class Typists final : public Swarm::Receiver {
 public:
  struct Shape {
    std::string prefix;  // of the documents' names
    std::size_t docs = 1;
    std::size_t each = 2;
    std::size_t edits = 1;
  };
  Typists(const Target& target, const Shape& shape);

  std::size_t size() const { return typed_.size(); }
  // The next letter of a member; `due_ns` is when it ought to be sent, from which latency counts.
  void type(std::size_t member, std::int64_t due_ns);
  std::size_t typed(std::size_t member) const { return typed_[member]; }
  bool has_more(std::size_t member) const { return typed_[member] < shape_.edits; }
  // How many of a member's letters its neighbour in the room has.
  std::size_t heard_by_neighbour(std::size_t member) const;
  // How many of its own letters came back to the member or were confirmed.
  std::size_t saved(std::size_t member) const { return saved_[member]; }

  Swarm& swarm() { return swarm_; }
  std::size_t delivered() const { return delivered_; }
  std::size_t messages() const { return messages_; }  // that held letters of others
  // All that was typed has come to all.
  bool all_delivered() const { return delivered_ == typed_in_all_ * (shape_.each - 1); }
  // From now on.
  void keep_latencies();
  // Of the letters that were due since; in microseconds, `percent` of them are below. Sorts.
  double latency_us(double percent);

  // The members that have heard letters of others; whoever reads it empties it.
  std::vector<std::size_t>& heard() { return heard_; }
  // From now on the server may close connections. So many it has closed.
  void expect_end() { expects_end_ = true; }
  std::size_t ended() const { return ended_; }

  void received(Client& client, const ServerMessage& message, std::int64_t when_ns) override;
  void closed(Client& client) override;

 private:
  void take_run(std::size_t member, std::uint64_t client, std::uint64_t from, std::uint64_t to, std::int64_t when_ns);
  std::uint64_t& known(std::size_t member, std::size_t sender) {
    return known_[member * shape_.each + sender % shape_.each];
  }

  Shape shape_;
  Swarm swarm_;
  std::vector<std::vector<Bytes>> frames_;      // of each member
  std::vector<std::vector<std::int64_t>> due_;  // and when each was due
  std::vector<std::size_t> typed_, saved_;
  std::vector<std::uint64_t> known_;  // by member and place in its room: the letters that it has of that one
  std::size_t delivered_ = 0, messages_ = 0, typed_in_all_ = 0;
  std::int64_t keep_from_ns_ = INT64_MAX;
  std::vector<std::uint32_t> latencies_;  // in units of 100 ns
  std::vector<std::size_t> heard_;
  bool expects_end_ = false;
  std::size_t ended_ = 0;
};

}  // namespace stet::bench
