#include <algorithm>

#include "scenarios.hpp"
#include "typists.hpp"
#include "watch.hpp"

namespace stet::bench {
namespace {

class Joiner final : public Swarm::Receiver {
 public:
  std::uint64_t letters() const { return letters_; }
  void count_letters() { counts_ = true; }

  void received(Client&, const ServerMessage& message, std::int64_t) override {
    if (!counts_ || (message.kind != ServerMessage::Kind::step2 && message.kind != ServerMessage::Kind::update)) return;
    for_each_run(message.payload, [this](std::uint64_t client, std::uint64_t, std::uint64_t to) {
      if (client == first_typist) letters_ = std::max(letters_, to);
    });
  }

 private:
  bool counts_ = false;
  std::uint64_t letters_ = 0;
};

double milliseconds(std::int64_t from_ns, std::int64_t to_ns) { return static_cast<double>(to_ns - from_ns) / 1e6; }

}  // namespace

Figures idle(const Setup& setup) {
  Joiner joiner;
  Swarm swarm(setup.target, joiner);
  swarm.connect_all(setup.doc + "-warm", 1, 100);
  swarm.disconnect_all();
  const std::int64_t before = resident_bytes(setup.process);
  const Watch watch(setup.process);
  const std::size_t each = setup.count / setup.docs;
  swarm.connect_all(setup.doc, setup.docs, each);
  Figures figures;
  watch.stop(figures);
  // Buffers of what was said while connecting may be given back.
  for (const std::int64_t end_ns = now_ns() + 2'000'000'000; now_ns() < end_ns;) swarm.turn(end_ns);
  figures["connections"] = swarm.size();
  figures["bytes_each"] =
      static_cast<double>(resident_bytes(setup.process) - before) / static_cast<double>(swarm.size());
  return figures;
}

Figures join_in_turn(const Setup& setup) {
  Joiner joiner;
  Swarm swarm(setup.target, joiner);
  std::vector<double> times_ms;
  for (std::size_t i = 0; i < setup.count; ++i) {
    swarm.connect_all(setup.doc, 1, 1);
    times_ms.push_back(milliseconds(swarm.client(0).connected_ns, swarm.client(0).synced_ns));
    swarm.disconnect_all();
  }
  Figures figures = {{"first_ms", times_ms[0]}};
  std::sort(times_ms.begin(), times_ms.end());
  figures["p50_ms"] = times_ms[times_ms.size() / 2];
  figures["resident_bytes"] = resident_bytes(setup.process);
  return figures;
}

Figures join_at_once(const Setup& setup) {
  Joiner joiner;
  Swarm swarm(setup.target, joiner);
  const Watch watch(setup.process);
  const std::int64_t begin_ns = now_ns();
  swarm.connect_all(setup.doc, 1, setup.count, setup.count + 1);
  std::int64_t end_ns = 0;
  for (std::size_t i = 0; i < swarm.size(); ++i) end_ns = std::max(end_ns, swarm.client(i).synced_ns);
  Figures figures = {{"last_ms", milliseconds(begin_ns, end_ns)}};
  watch.stop(figures);
  return figures;
}

Figures letters_kept(const Setup& setup) {
  Joiner joiner;
  joiner.count_letters();
  Swarm swarm(setup.target, joiner);
  swarm.connect_all(setup.doc, 1, 1);
  // y-websocket answers before it has loaded the document, and sends it as an update when it has.
  for (const std::int64_t end_ns = now_ns() + 3'000'000'000; now_ns() < end_ns;) swarm.turn(end_ns);
  return {{"letters", joiner.letters()}};
}

}  // namespace stet::bench
