// Entries of awareness in a notation: `7@3x` is client 7 at clock 3 with state "x", `7@3-` its removal at that clock.
#pragma once

#include <string>
#include <vector>

#include "stet/awareness.hpp"

namespace stet::test {

inline std::string show(const std::vector<AwarenessEntry>& entries) {
  std::string out;
  for (const AwarenessEntry& entry : entries) {
    const std::string state = entry.removed() ? "-" : entry.state.substr(1, entry.state.size() - 2);
    out += (out.empty() ? "" : " ") + std::to_string(entry.client) + '@' + std::to_string(entry.clock) + state;
  }
  return out;
}

inline AwarenessEntry entry(std::uint64_t client, std::uint64_t clock, const std::string& state) {
  return {client, clock, state == "-" ? "null" : '"' + state + '"'};
}

}  // namespace stet::test
