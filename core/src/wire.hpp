// One struct of an update as it stands on the wire, between any two of: update v1, update v2, the document store.
//
// Views point into the update that was read, or into its decoder, and live as long as both. Contents are held in one
// form whatever the encoding: that of Store::data (see content.cpp).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "item.hpp"
#include "stet/bytes.hpp"
#include "stet/lib0.hpp"

namespace stet::core {

// Bits of the info byte; the low five are the Kind.
enum : std::uint8_t {
  info_kind = 0x1f,
  info_key = 0x20,
  info_right_origin = 0x40,
  info_origin = 0x80,
};

// Limits on what one struct may claim (hostile-inputs 50).
inline constexpr std::uint64_t max_length = std::uint64_t{1} << 31;
// The last clock: v2 writes twice the difference of two clocks, which must not exceed 2^53 - 1.
inline constexpr std::uint64_t max_wire_clock = max_safe_integer / 2;

struct WireId {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  bool operator==(const WireId&) const = default;
};

enum class ParentInfo : std::uint8_t { none, root, id };

struct WireStruct {
  Kind kind = Kind::gc;
  std::uint8_t info = 0;
  ParentInfo parent_info = ParentInfo::none;
  bool any_value = false;  // embed, format: `bytes` is an Any value, else JSON text with its length before it
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;  // units
  WireId origin;             // where info_origin
  WireId right_origin;       // where info_right_origin
  WireId parent;             // where ParentInfo::id
  std::string_view root;     // where ParentInfo::root
  std::string_view key;      // parentSub, where info_key and parent_info is not none
  std::string_view text;     // string: the text. format: its key. doc: its guid. type: node or hook name
  ByteView bytes;            // binary, any, json, embed, format, doc (the options)
  std::uint8_t type_ref = 0;

  std::uint64_t end() const { return clock + length; }
  bool has_origin() const { return info & info_origin; }
  bool has_right_origin() const { return info & info_right_origin; }
};

// Beyond that a struct is none of the loops that read plain ones.
inline constexpr std::uint64_t plain_units = std::uint64_t{1} << 16;
inline constexpr std::uint64_t plain_clocks = std::uint64_t{1} << 31;

// A text or deleted units with at least one origin, as nearly all structs are. They are read apart from the others, in
// loops that have little to decide: see read_plain() of the columns.
struct PlainStruct {
  std::uint64_t clock = 0;
  std::uint64_t length = 0;  // units
  WireId origin;             // where info_origin
  WireId right_origin;       // where info_right_origin
  std::string_view text;     // where it is one
  std::uint8_t info = 0;
  bool own = false;  // the origins are known to be of the struct's own client

  Kind kind() const { return static_cast<Kind>(info & info_kind); }
  bool has_origin() const { return info & info_origin; }
  bool has_right_origin() const { return info & info_right_origin; }

  // Whether nothing of it is wrong or out of the ordinary, and it ends at `until` at the latest. (Where it has no
  // origin, that of the struct before it stands there, or zeros.)
  bool in_order(std::uint64_t client, std::uint64_t until) const {
    const auto known = [&](const WireId& id) { return id.clock < (id.client == client ? clock : plain_clocks); };
    return length - 1 < plain_units && clock + length <= until && known(origin) && known(right_origin);
  }

  // By its info byte.
  static bool is(std::uint8_t info) {
    constexpr std::uint64_t kinds =
        1U << static_cast<unsigned>(Kind::string) | 1U << static_cast<unsigned>(Kind::deleted);
    return info >= info_right_origin && (kinds >> (info & (info_kind | info_key)) & 1);
  }
  // By the info bytes of eight of them. (The kinds are 1 and 4.)
  static constexpr std::uint64_t each = 0x0101010101010101U;
  static bool are(std::uint64_t infos) {
    const std::uint64_t wrong = infos & each * (info_key | 0x1a);
    const std::uint64_t right = (infos ^ infos >> 2) & (infos >> 6 | infos >> 7) & each;
    return wrong == 0 && right == each;
  }
};

struct DeleteRange {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return clock + length; }
  bool operator==(const DeleteRange&) const = default;
};

// Sorts by client (highest first) and clock, and joins ranges that touch or overlap.
void normalize(std::vector<DeleteRange>& ranges);
// Brings ranges into the order in which they are written, as Yjs does that only passes them on: by client, highest
// first, and otherwise as they came. Normalizes them where that order is none that v2 can say.
void arrange(std::vector<DeleteRange>& ranges);

}  // namespace stet::core
