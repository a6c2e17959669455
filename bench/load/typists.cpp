#include "typists.hpp"

#include <algorithm>

namespace stet::bench {

Typists::Typists(const Target& target, const Shape& shape) : shape_(shape), swarm_(target, *this) {
  const std::size_t members = shape.docs * shape.each;
  typed_.resize(members);
  saved_.resize(members);
  known_.resize(members * shape.each);
  swarm_.connect_all(shape.prefix, shape.docs, shape.each);
  for (std::size_t member = 0; member < members; ++member) {
    auto& frames = frames_.emplace_back(typed_letters(first_typist + member, shape.edits));
    for (Bytes& update : frames) update = swarm_.client(member).protocol.update(update);
    due_.emplace_back(shape.edits);
  }
}

void Typists::type(std::size_t member, std::int64_t due_ns) {
  const std::size_t letter = typed_[member]++;
  ++typed_in_all_;
  due_[member][letter] = due_ns;
  swarm_.send(swarm_.client(member), frames_[member][letter]);
}

std::size_t Typists::heard_by_neighbour(std::size_t member) const {
  const std::size_t place = member % shape_.each;
  const std::size_t neighbour = member - place + (place + 1) % shape_.each;
  return known_[neighbour * shape_.each + place];
}

void Typists::received(Client& client, const ServerMessage& message, std::int64_t when_ns) {
  using Kind = ServerMessage::Kind;
  if (message.kind == Kind::saved) ++saved_[client.index];
  if (message.kind != Kind::update && message.kind != Kind::step2) return;
  const std::size_t before = delivered_;
  for_each_run(message.payload, [&](std::uint64_t author, std::uint64_t from, std::uint64_t to) {
    take_run(client.index, author, from, to, when_ns);
  });
  if (delivered_ == before) return;
  ++messages_;
  heard_.push_back(client.index);
}

void Typists::take_run(std::size_t member, std::uint64_t client, std::uint64_t from, std::uint64_t to,
                       std::int64_t when_ns) {
  const std::size_t sender = client - first_typist;
  if (sender / shape_.each != member / shape_.each) die("an edit of another room");
  if (sender == member) {
    saved_[member] = std::max<std::size_t>(saved_[member], to);
    return;
  }
  std::uint64_t& has = known(member, sender);
  if (from > has) die("edits were lost: " + std::to_string(from - has) + " of client " + std::to_string(client));
  if (to <= has) return;
  for (std::uint64_t letter = has; letter < to; ++letter) {
    const std::int64_t due_ns = due_[sender][letter];
    if (due_ns >= keep_from_ns_) latencies_.push_back(static_cast<std::uint32_t>((when_ns - due_ns) / 100));
  }
  delivered_ += to - has;
  has = to;
}

void Typists::closed(Client& client) {
  if (!expects_end_) Receiver::closed(client);
  ++ended_;
}

void Typists::keep_latencies() {
  keep_from_ns_ = now_ns();
  latencies_.clear();
}

double Typists::latency_us(double percent) {
  if (latencies_.empty()) die("nothing was delivered");
  std::sort(latencies_.begin(), latencies_.end());
  const auto at = static_cast<std::size_t>(static_cast<double>(latencies_.size() - 1) * percent / 100);
  return latencies_[at] / 10.0;
}

}  // namespace stet::bench
