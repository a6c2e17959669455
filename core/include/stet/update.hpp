// Encoded updates merged, cut, converted and asked, all without a document. Bytes equal those of Yjs 13.
// Errors tell the offset in the update that does not parse (of the first such update, where there are several).
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/doc.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

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

// One update that says what all of them say; holes between them become Skip structs (Yjs: mergeUpdates). Nothing is
// lost, whatever is missing. A single update is returned as it is. Time: n log n in the number of updates.
Result<Bytes> merge_updates(std::span<const ByteView> updates, Encoding encoding = Encoding::v1);

// What a peer with this encoded state vector lacks of the update (Yjs: diffUpdate). Deletions go along whole. Error
// also if `state_vector` does not parse.
Result<Bytes> diff_update(ByteView update, ByteView state_vector, Encoding encoding = Encoding::v1);

// The same update in the other encoding (Yjs: convertUpdateFormatV1ToV2 and V2ToV1).
Result<Bytes> convert_update(ByteView update, Encoding from, Encoding to);

// The encoded state vector of a document that holds this update alone: for each client the clock up to which it is
// there without a hole (Yjs: encodeStateVectorFromUpdate).
Result<Bytes> state_vector_from_update(ByteView update, Encoding encoding = Encoding::v1);

// Which clocks an update spans, holes included (Yjs: parseUpdateMeta).
struct UpdateSpan {
  std::uint64_t client = 0;
  std::uint64_t from = 0;  // clock of the first struct
  std::uint64_t to = 0;    // clock after the last one
  bool operator==(const UpdateSpan&) const = default;
};
// In wire order; clients without structs are left out.
Result<std::vector<UpdateSpan>> parse_update_meta(ByteView update, Encoding encoding = Encoding::v1);

}  // namespace stet
