// Times an operation as the benchmark contract says, and prints its one line of JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/types.hpp"

namespace stet::bench {

// What one timed run made. Freed outside the clock.
struct Outcome {
  std::optional<Doc> doc;
  std::optional<std::string> text;
  std::optional<Bytes> out;
  std::vector<Bytes> updates;
};

// The clock of one run; an operation of several parts marks the end of each.
class Laps {
 public:
  using Milliseconds = std::chrono::duration<double, std::milli>;

  void lap(const char* part);
  void stop() { end_ = std::chrono::steady_clock::now(); }
  double total_ms() const { return Milliseconds(end_ - begin_).count(); }
  const std::vector<std::pair<const char*, double>>& parts_ms() const { return parts_ms_; }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begin_;
  std::chrono::steady_clock::time_point end_ = begin_;
  std::vector<std::pair<const char*, double>> parts_ms_;
};

using Run = std::function<Outcome(Laps&)>;
// Looks at the first run's outcome, outside the clock: returns whether it is right.
using Check = std::function<bool(const Outcome&)>;

// Runs `run` once cold, then warm as the environment says, and prints the report. Returns the exit status: 0 if the
// outcome was right.
int measure(const Run& run, const Check& check = {});

}  // namespace stet::bench
