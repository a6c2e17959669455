#include "net/sockets/connections.hpp"

namespace stet::net {

std::unique_ptr<Connections::Lease> Connections::open(const std::string& address, bool is_loopback) {
  const std::lock_guard lock(mutex_);
  if (open_ >= limits_.connections) return nullptr;
  if (!is_loopback) {
    std::size_t& here = by_address_[address];
    if (here >= limits_.connections_per_address) return nullptr;
    ++here;
  }
  ++open_;
  return std::make_unique<Lease>(*this, address, is_loopback);
}

void Connections::Lease::upgraded() {
  const std::lock_guard lock(counts_.mutex_);
  is_websocket_ = true;
  ++counts_.websockets_;
}

Connections::Lease::~Lease() {
  const std::lock_guard lock(counts_.mutex_);
  --counts_.open_;
  if (!exempt_) {
    const auto here = counts_.by_address_.find(address_);
    if (--here->second == 0) counts_.by_address_.erase(here);
  }
  if (is_websocket_ && --counts_.websockets_ == 0) counts_.closed_.notify_all();
}

bool Connections::wait_for_websockets(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return closed_.wait_until(lock, deadline, [this] { return websockets_ == 0; });
}

std::size_t Connections::open_count() {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::size_t Connections::websocket_count() {
  const std::lock_guard lock(mutex_);
  return websockets_;
}

void Census::joined(const std::string& doc) {
  const std::lock_guard lock(mutex_);
  ++members_[doc];
}

void Census::left(const std::string& doc) {
  const std::lock_guard lock(mutex_);
  const auto found = members_.find(doc);
  if (--found->second == 0) members_.erase(found);
}

std::size_t Census::members() {
  const std::lock_guard lock(mutex_);
  std::size_t all = 0;
  for (const auto& [doc, members] : members_) all += members;
  return all;
}

std::size_t Census::rooms() {
  const std::lock_guard lock(mutex_);
  return members_.size();
}

std::size_t Census::members(const std::string& doc) {
  const std::lock_guard lock(mutex_);
  const auto found = members_.find(doc);
  return found == members_.end() ? 0 : found->second;
}

}  // namespace stet::net
