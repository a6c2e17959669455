// The struct of the document store: one run of units that one client made at once.
//
//   list of a type      left ⇄ item ⇄ item ⇄ item … right          (document order)
//   structs of a client item → item → item … next                   (clock order)
//
// Items live in one flat array and name each other by 32-bit index; index 0 is "none". A unit (one UTF-16 code unit,
// one array element, …) is named by its *address*, a 32-bit number of this document alone (see address_space.hpp):
// the wire's (client, clock) pairs become addresses on the way in and pairs again on the way out. So an item takes
// 40 bytes, where object-per-struct designs take 200 to 600.
#pragma once

#include <cstdint>

namespace stet::core {

using ItemIndex = std::uint32_t;  // into Store::items; 0 = none
using TypeIndex = std::uint32_t;  // into Store::types; 0 = none
using SlotIndex = std::uint32_t;  // into Store::slots; 0 = none
using KeyIndex = std::uint32_t;   // into Store::keys; 0 = none
using Address = std::uint32_t;    // of a unit; 0 = none
using ClientIndex = std::uint32_t;

// The content kinds of the wire format.
enum class Kind : std::uint8_t {
  gc = 0,
  deleted = 1,
  json = 2,
  binary = 3,
  string = 4,
  embed = 5,
  format = 6,
  type = 7,
  any = 8,
  doc = 9,
  skip = 10,
};

// Item::flags.
enum : std::uint8_t {
  flag_deleted = 1,    // invisible; content may be gone
  flag_keyed = 2,      // `parent` is a slot (one key of a type's map), not a type
  flag_any_value = 4,  // embed, format: the value is held in the Any encoding (as v2 writes it), else as JSON text (v1)
  flag_roomy = 8,      // string: the bytes lie in a block of the next power of two (at least 16) and may grow in it
  flag_keep = 16,      // never collected (undo may need it)
  flag_free = 32,      // the slot of the array is unused
  flag_apart = 64,     // not joined with the struct before it, though it could be (see Store::merge_around)
  flag_redone = 128,   // an undo made a copy of it: see Store::redone
};

// Item::wire, which is used only between decoding and integration. Until then the fields hold wire ids:
//   origin        left = client, origin = clock
//   right origin  right = client, right_origin = clock
//   parent        only without both origins: origin = key of the root's name, or left = client and origin = clock;
//                 right = the key in the parent's map
//   address       clock of the struct
// After that it is 0, but for marks while the place of another item is searched.
enum : std::uint8_t {
  wire_origin = 1,
  wire_right_origin = 2,
  wire_root = 4,
  wire_parent_id = 8,
  wire_key = 16,
  wire_far = 32,  // ends beyond the last clock that can be integrated: waits
  wire_new = 64,  // has no address yet
};

struct Item {
  ItemIndex left;
  ItemIndex right;
  Address address;  // of the first unit
  std::uint32_t length;
  ItemIndex next;        // the struct of the same client that follows in clock order
  Address origin;        // the unit that was to the left when this was made
  Address right_origin;  // the unit that was to the right
  std::uint32_t parent;  // type, or slot where flag_keyed
  // string, any, json, binary, embed, format, doc: offset in Store::data. type: TypeIndex.
  std::uint32_t content;
  Kind kind;
  std::uint8_t flags;
  std::uint8_t wire;
  std::uint8_t extra;  // string: bytes - length, or 255 where it is that much or more

  bool deleted() const { return flags & flag_deleted; }
  bool keyed() const { return flags & flag_keyed; }
  Address end() const { return address + length; }
  Address last() const { return address + length - 1; }
  bool holds(Address unit) const { return unit - address < length; }
  // Whether it counts in the length of its type.
  bool countable() const { return kind != Kind::deleted && kind != Kind::format && kind != Kind::gc; }
  bool visible() const { return !deleted() && countable(); }
};
static_assert(sizeof(Item) == 40);

}  // namespace stet::core
