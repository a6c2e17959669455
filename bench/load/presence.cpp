#include <algorithm>
#include <numeric>
#include <optional>
#include <random>

#include "../core/input.hpp"
#include "scenarios.hpp"
#include "stet/awareness.hpp"
#include "stet/lib0.hpp"
#include "watch.hpp"

namespace stet::bench {
namespace {

constexpr std::uint64_t first_client = 1'000'000;

std::string cursor_state(std::size_t member, std::size_t clock) {
  const std::string position = R"({"type":null,"tname":"text","item":{"client":2119614686,"clock":)" +
                               std::to_string(clock * 3) + R"(},"assoc":0})";
  return R"({"user":{"name":"Participant )" + std::to_string(member) + R"(","color":"#30bced"},"cursor":{"anchor":)" +
         position + R"(,"head":)" + position + "}}";
}

// Everybody's newest cursor as everybody else knows it.
class Cursors final : public Swarm::Receiver {
 public:
  Cursors(std::size_t members, std::size_t moves) : clock_(members), moved_ns_(members), known_(members * members) {
    // A server may tell a client its own state anew, at a higher clock.
    for (auto& times : moved_ns_) times.resize(2 * moves + 16);
  }

  // The awareness message of a move.
  Bytes move(std::size_t member, std::int64_t when_ns) {
    const std::uint64_t clock = ++clock_[member];
    moved_ns_[member].at(clock) = when_ns;
    const AwarenessEntry entry{first_client + member, clock, cursor_state(member, clock)};
    return encode_awareness({&entry, 1});
  }
  void keep() {
    ages_ms_.clear();
    messages_ = 0;
  }
  std::size_t messages() const { return messages_; }
  std::size_t entries() const { return ages_ms_.size(); }
  double age_ms(double percent) {
    if (ages_ms_.empty()) die("no cursor came");
    std::sort(ages_ms_.begin(), ages_ms_.end());
    return ages_ms_[static_cast<std::size_t>(static_cast<double>(ages_ms_.size() - 1) * percent / 100)];
  }

  void received(Client& client, const ServerMessage& message, std::int64_t when_ns) override {
    if (message.kind != ServerMessage::Kind::awareness) return;
    ++messages_;
    Reader in(message.payload);
    for (std::uint64_t count = in.varuint(); count > 0 && in.ok(); --count) {
      const std::uint64_t member = in.varuint() - first_client;
      const std::uint64_t clock = in.varuint();
      in.var_bytes();
      if (member >= clock_.size()) continue;
      if (member == client.index) {
        clock_[member] = std::max(clock_[member], clock);
      } else {
        show(known_[client.index * clock_.size() + member], member, clock, when_ns);
      }
    }
  }

 private:
  // How long had what was shown been out of date? Since the move that came next.
  void show(std::uint64_t& known, std::uint64_t member, std::uint64_t clock, std::int64_t when_ns) {
    const auto& moved_ns = moved_ns_[member];
    for (; known < clock && moved_ns.at(known + 1) == 0; ++known) {
    }
    if (known < clock) ages_ms_.push_back(static_cast<double>(when_ns - moved_ns[known + 1]) / 1e6);
    known = std::max(known, clock);
  }

  std::vector<std::uint64_t> clock_;                 // of each member's last move
  std::vector<std::vector<std::int64_t>> moved_ns_;  // by member and clock
  std::vector<std::uint64_t> known_;                 // by member and member: the last clock that was shown
  std::vector<double> ages_ms_;
  std::size_t messages_ = 0;
};

}  // namespace

Figures presence(const Setup& setup) {
  constexpr double warm_s = 1;
  const auto interval_ns = static_cast<std::int64_t>(1e9 / setup.rate);
  const auto moves = static_cast<std::size_t>(setup.rate * (warm_s + setup.seconds));
  Cursors cursors(setup.each, moves);
  Swarm swarm(setup.target, cursors);
  swarm.connect_all(setup.doc, 1, setup.each);
  std::mt19937 random(1);
  std::vector<std::int64_t> phase_ns(setup.each);
  for (auto& phase : phase_ns) phase = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(interval_ns));
  std::vector<std::size_t> order(setup.each);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return phase_ns[a] < phase_ns[b]; });

  const std::int64_t begin_ns = now_ns();
  std::optional<Watch> watch;
  for (std::size_t round = 0; round < moves; ++round) {
    if (!watch && static_cast<double>(round) >= warm_s * setup.rate) {
      cursors.keep();
      watch.emplace(setup.process);
    }
    for (const std::size_t member : order) {
      const std::int64_t due_ns = begin_ns + static_cast<std::int64_t>(round) * interval_ns + phase_ns[member];
      while (now_ns() < due_ns) swarm.turn(due_ns);
      swarm.send(swarm.client(member), swarm.client(member).protocol.awareness(cursors.move(member, due_ns)));
    }
  }
  for (const std::int64_t end_ns = now_ns() + interval_ns; now_ns() < end_ns;) swarm.turn(end_ns);
  Figures figures;
  watch.value().stop(figures);
  figures["messages"] = cursors.messages();
  figures["entries"] = cursors.entries();
  figures["age_p50_ms"] = cursors.age_ms(50);
  figures["age_p99_ms"] = cursors.age_ms(99);
  figures["age_max_ms"] = cursors.age_ms(100);
  return figures;
}

}  // namespace stet::bench
