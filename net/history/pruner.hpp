// Forgets old history, where the limits say so (keep_history_days, keep_history_bytes): asks the store now and then
// which logs are overdue, makes the base of each, and has the store prune up to it.
#pragma once

#include <memory>

#include "net/limits.hpp"
#include "storage/store.hpp"

namespace stet::net {

class Pruner {
 public:
  // Both borrowed. Does nothing where all history is kept.
  Pruner(storage::Store& store, const Limits& limits);
  ~Pruner();
  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  void start();
  // To be called once the store is closed.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stet::net
