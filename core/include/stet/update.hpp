// Questions about an encoded update that need no document.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/doc.hpp"
#include "stet/result.hpp"

namespace stet {

// What an update holds, counted as it is on the wire (nothing is integrated).
struct UpdateInfo {
  struct Client {
    std::uint64_t id = 0;
    std::uint64_t structs = 0;
    std::uint64_t first_clock = 0;  // clock of the first struct
    std::uint64_t end_clock = 0;    // clock after the last struct
  };
  std::vector<Client> clients;      // in wire order
  std::uint64_t structs = 0;        // all structs, Skip and GC included
  std::uint64_t gc = 0;             // of these: GC
  std::uint64_t skip = 0;           // of these: Skip
  std::uint64_t delete_ranges = 0;  // ranges in the delete set
  std::uint64_t deleted = 0;        // sum of their lengths, clock units
  std::vector<std::string> roots;   // names of root types that structs name as their parent, first seen first
};

Result<UpdateInfo> inspect_update(ByteView update, Encoding encoding = Encoding::v1);

}  // namespace stet
