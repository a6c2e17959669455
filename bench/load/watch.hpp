// What the server's process uses.
#pragma once

#include <cstdint>

#include "scenarios.hpp"

namespace stet::bench {

// The memory that a process holds.
std::int64_t resident_bytes(int process);

// Processor time of a process, of all its threads, and of this one, from here on.
class Watch {
 public:
  explicit Watch(int process);

  // Adds cpu_us, seconds, and load_busy: the part of the time in which this process was busy itself.
  void stop(Figures& figures) const;

 private:
  int process_;
  std::int64_t cpu_ns_, own_cpu_ns_, begin_ns_;
};

}  // namespace stet::bench
