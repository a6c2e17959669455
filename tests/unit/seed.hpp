// Seeds of the random tests: fresh in each run, printed, and replayed with STET_SEED=N.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

namespace stet::test {

// The seed of this run.
inline std::uint32_t run_seed() {
  static const std::uint32_t run = [] {
    const char* given = std::getenv("STET_SEED");
    const auto value = given ? static_cast<std::uint32_t>(std::stoull(given)) : std::random_device()();
    std::cout << "random tests: STET_SEED=" << value << std::endl;
    return value;
  }();
  return run;
}

// The same, for one part of a test among others.
inline std::uint32_t seed(std::string_view test, std::size_t part = 0) {
  return run_seed() + static_cast<std::uint32_t>(part) * 0x9e3779b9U + static_cast<std::uint32_t>(test.size());
}

}  // namespace stet::test
