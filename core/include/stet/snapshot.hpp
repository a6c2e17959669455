// A document as it was at one time: which structs it held and which of them were deleted. Small, for it holds no
// content: that stays in the document, if that was made without garbage collection (DocOptions::gc false).
// Thread rule: functions on a Doc as the Doc; the others are pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/doc.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

struct Snapshot {
  struct Deleted {
    std::uint64_t client = 0;
    std::uint64_t clock = 0;
    std::uint64_t length = 0;
    bool operator==(const Deleted&) const = default;
  };
  std::vector<Deleted> deleted;                  // by client, highest first, and clock
  std::map<std::uint64_t, std::uint64_t> state;  // client -> clock after its last struct

  bool operator==(const Snapshot&) const = default;
};

// What the document holds now; parts that wait for missing ones are left out.
Snapshot take_snapshot(const Doc& doc);

// Bytes equal those of Yjs (encodeSnapshot, encodeSnapshotV2).
Bytes encode_snapshot(const Snapshot& snapshot, Encoding encoding = Encoding::v1);
Result<Snapshot> decode_snapshot(ByteView bytes, Encoding encoding = Encoding::v1);

// The document as it was. Error if `origin` collects garbage (what was deleted since is gone) or lacks something that
// the snapshot names. `origin` is left as it is.
Result<Doc> create_doc_from_snapshot(const Doc& origin, const Snapshot& snapshot, DocOptions options = {});

// Whether a document at that state holds all of the update. Error if the update does not parse.
Result<bool> snapshot_contains_update(const Snapshot& snapshot, ByteView update, Encoding encoding = Encoding::v1);

}  // namespace stet
