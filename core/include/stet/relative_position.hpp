// Positions in texts and arrays that stay with what they were made at, whatever is inserted or deleted around: for
// cursors, selections and comments. Bytes and JSON equal those of Yjs.
// Thread rule: functions on a Doc or type as the Doc; the others are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stet/bytes.hpp"
#include "stet/doc.hpp"
#include "stet/result.hpp"
#include "stet/types.hpp"

namespace [[gnu::visibility("default")]] stet {

struct RelativePosition {
  struct Id {
    std::uint64_t client = 0;
    std::uint64_t clock = 0;
    bool operator==(const Id&) const = default;
  };
  // The type it is in: the id of the item that holds it, or the name of a root. Not known (and not needed) where `item`
  // is, after decode_relative_position().
  std::optional<Id> type;
  std::optional<std::string> root;
  // The unit at which it is; nothing for the end of the type (association >= 0) or its beginning (< 0).
  std::optional<Id> item;
  // What it stays with: the unit behind it (>= 0) or the unit before it (< 0).
  std::int64_t association = 0;

  bool operator==(const RelativePosition&) const = default;
};

struct AbsolutePosition {
  SharedType type;
  std::uint64_t index = 0;  // visible units of the type before it
  std::int64_t association = 0;
  bool operator==(const AbsolutePosition&) const = default;
};

// `index` in visible units of the type. Takes log n.
RelativePosition relative_position(const SharedType& type, std::uint64_t index, std::int64_t association = 0);

// Where it is now. Nothing if the document does not know yet, or has forgotten, what it names. With `follow_undone`,
// what was deleted and brought back by an undo of this document counts as the same; other peers cannot see that, so
// turn it off where all must get the same result. Creates the root that it names where there is none.
std::optional<AbsolutePosition> absolute_position(Doc& doc, const RelativePosition& position,
                                                  bool follow_undone = true);

Bytes encode_relative_position(const RelativePosition& position);
Result<RelativePosition> decode_relative_position(ByteView bytes);

// E.g. {"tname":"text","item":{"client":1,"clock":5},"assoc":0}
std::string relative_position_to_json(const RelativePosition& position);
Result<RelativePosition> relative_position_from_json(std::string_view json);

}  // namespace stet
