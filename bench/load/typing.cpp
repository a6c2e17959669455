#include <signal.h>

#include <algorithm>
#include <deque>
#include <random>

#include "scenarios.hpp"
#include "typists.hpp"
#include "watch.hpp"

namespace stet::bench {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

void drain(Typists& typists) {
  typists.swarm().run_until([&] { return typists.all_delivered(); });
}

}  // namespace

Figures open_loop(const Setup& setup) {
  constexpr double warm_s = 2;
  struct Due {
    std::int64_t at_ns;
    std::size_t member;
    bool operator<(const Due& other) const { return at_ns < other.at_ns; }
  };
  const auto interval_ns = static_cast<std::int64_t>(second_ns / setup.rate);
  const auto edits = static_cast<std::size_t>(setup.rate * (warm_s + setup.seconds));
  Typists typists(setup.target, {setup.doc, setup.docs, setup.each, edits});
  std::mt19937 random(1);
  std::vector<Due> plan;
  for (std::size_t member = 0; member < typists.size(); ++member) {
    const auto phase = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(interval_ns));
    for (std::size_t i = 0; i < edits; ++i) {
      plan.push_back({phase + static_cast<std::int64_t>(i) * interval_ns, member});
    }
  }
  std::sort(plan.begin(), plan.end());

  const std::int64_t begin_ns = now_ns();
  const auto play_until = [&](std::size_t next, double end_s) {
    const auto end_ns = static_cast<std::int64_t>(end_s * second_ns);
    for (; next < plan.size() && plan[next].at_ns < end_ns; ++next) {
      const std::int64_t due_ns = begin_ns + plan[next].at_ns;
      while (now_ns() < due_ns) typists.swarm().turn(due_ns);
      typists.type(plan[next].member, due_ns);
    }
    return next;
  };
  const std::size_t warm = play_until(0, warm_s);
  drain(typists);
  const std::size_t delivered = typists.delivered();
  const std::size_t messages = typists.messages();
  typists.keep_latencies();
  const Watch watch(setup.process);
  play_until(warm, warm_s + setup.seconds);
  drain(typists);
  Figures figures;
  watch.stop(figures);
  figures["delivered"] = typists.delivered() - delivered;
  figures["messages"] = typists.messages() - messages;
  figures["p50_us"] = typists.latency_us(50);
  figures["p99_us"] = typists.latency_us(99);
  return figures;
}

Figures saturated(const Setup& setup) {
  constexpr std::size_t window = 10;  // letters on their way
  const std::size_t warm = setup.count / 5;
  Typists typists(setup.target, {setup.doc, setup.docs, setup.each, setup.count + warm});
  const auto type_until = [&](std::size_t end) {
    const auto go_on = [&](std::size_t member) {
      while (typists.typed(member) < end && typists.typed(member) < typists.heard_by_neighbour(member) + window) {
        typists.type(member, now_ns());
      }
    };
    for (std::size_t member = 0; member < typists.size(); ++member) go_on(member);
    typists.swarm().run_until([&] {
      // Those before whom a neighbour has heard something may go on.
      for (const std::size_t member : typists.heard()) {
        const std::size_t place = member % setup.each;
        go_on(member - place + (place + setup.each - 1) % setup.each);
      }
      typists.heard().clear();
      return typists.all_delivered() && typists.typed(0) == end;
    });
  };
  type_until(warm);
  const std::size_t delivered = typists.delivered();
  const std::size_t messages = typists.messages();
  const Watch watch(setup.process);
  type_until(warm + setup.count);
  Figures figures;
  watch.stop(figures);
  figures["delivered"] = typists.delivered() - delivered;
  figures["messages"] = typists.messages() - messages;
  return figures;
}

Figures round_trip(const Setup& setup) {
  const std::size_t warm = setup.count;
  Typists typists(setup.target, {setup.doc, 1, 2, setup.count + warm});
  std::vector<double> trips_us;
  for (std::size_t turn = 0; turn < setup.count + warm; ++turn) {
    const std::int64_t begin_ns = now_ns();
    for (const std::size_t member : {0, 1}) {
      typists.type(member, begin_ns);
      drain(typists);
    }
    if (turn >= warm) trips_us.push_back(static_cast<double>(now_ns() - begin_ns) / 1000);
  }
  std::sort(trips_us.begin(), trips_us.end());
  return {{"p50_us", trips_us[trips_us.size() / 2]}, {"p99_us", trips_us[trips_us.size() * 99 / 100]}};
}

Figures write_log(const Setup& setup) {
  // The last update is a letter of somebody else, which is recognised when it comes back.
  static constexpr std::uint64_t last_client = 1'000'000;
  struct Writer final : Swarm::Receiver {
    std::size_t confirmed = 0;
    bool last_is_back = false;
    void received(Client&, const ServerMessage& message, std::int64_t) override {
      if (message.kind == ServerMessage::Kind::saved) ++confirmed;
      if (message.kind != ServerMessage::Kind::update) return;
      Reader in(message.payload);
      in.varuint();
      in.varuint();
      if (in.varuint() == last_client) last_is_back = true;
    }
  } writer;
  Swarm swarm(setup.target, writer);
  const Log log = read_log(setup.log);
  swarm.connect_all(setup.doc, 1, 1);
  Client& client = swarm.client(0);
  const std::size_t count = setup.count > 1 ? std::min(setup.count, log.updates.size()) : log.updates.size();
  std::vector<Bytes> frames;
  frames.reserve(count + 1);
  for (std::size_t i = 0; i < count; ++i) frames.push_back(client.protocol.update(log.updates[i]));
  frames.push_back(client.protocol.update(typed_letters(last_client, 1)[0]));

  const Watch watch(setup.process);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    swarm.send(client, frames[i]);
    if (i % 64 == 0) swarm.turn(0);  // confirmations are read all the while
    // Hocuspocus takes everything off the socket and drops a client with 260,000 edits waiting.
    const bool waits = setup.target.dialect == Dialect::hocuspocus;
    swarm.run_until([&] { return Swarm::unsent(client) == 0 && (!waits || i < writer.confirmed + 10'000); });
  }
  swarm.run_until([&] { return writer.last_is_back || writer.confirmed == frames.size(); });
  Figures figures;
  watch.stop(figures);
  figures["edits"] = frames.size();
  figures["resident_bytes"] = resident_bytes(setup.process);
  return figures;
}

Figures until_killed(const Setup& setup) {
  constexpr std::int64_t interval_ns = second_ns / 100;
  constexpr std::int64_t grace_ns = 20'000'000;
  const auto edits = static_cast<std::size_t>(setup.seconds * 100);
  Typists typists(setup.target, {setup.doc, 1, 2, edits});
  typists.expect_end();
  std::deque<std::pair<std::int64_t, std::size_t>> recent;  // when the listener had how many
  const std::int64_t begin_ns = now_ns();
  for (std::size_t i = 0; i < edits; ++i) {
    const std::int64_t due_ns = begin_ns + static_cast<std::int64_t>(i) * interval_ns;
    while (now_ns() < due_ns) {
      typists.swarm().turn(due_ns);
      if (recent.empty() || recent.back().second < typists.delivered())
        recent.emplace_back(now_ns(), typists.delivered());
    }
    typists.type(0, due_ns);
  }
  // In the middle of an edit, as good as any other moment.
  std::mt19937 random(static_cast<unsigned>(begin_ns));
  const std::int64_t kill_ns = now_ns() + random() % interval_ns;
  while (now_ns() < kill_ns) typists.swarm().turn(kill_ns);
  kill(setup.process, SIGKILL);
  typists.swarm().run_until([&] { return typists.ended() == 2; });
  std::size_t certain = 0;
  for (const auto& [when_ns, delivered] : recent) {
    if (when_ns < kill_ns - grace_ns) certain = delivered;
  }
  return {{"delivered", typists.delivered()}, {"delivered_20_ms_before", certain}, {"saved", typists.saved(0)}};
}

}  // namespace stet::bench
