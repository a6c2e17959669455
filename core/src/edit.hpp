// Local edits on the store: contents made, items placed and deleted. What a text or a map makes of them is in text.cpp,
// rich_text.cpp, array.cpp, map.cpp and xml.cpp. All within an open transaction.
#pragma once

#include <span>
#include <string_view>

#include "doc_impl.hpp"

namespace stet::core {

// What a new item will hold; its bytes lie in the store already.
struct Content {
  Kind kind = Kind::any;
  std::uint32_t length = 1;
  std::uint32_t offset = 0;  // Item::content
  std::uint8_t flags = 0;
  std::uint8_t extra = 0;
};

Content make_string(Store& store, std::string_view utf8);
Content make_values(Store& store, std::span<const Any> values);  // ContentAny
Content make_value(Store& store, const Any& value);              // ContentAny, or ContentBinary for bytes
Content make_embed(Store& store, const Any& value);
Content make_format(Store& store, std::string_view key, const Any& value);
Content make_type(Store& store, TypeKind kind, std::string_view name);
Content make_doc(Store& store, const SubDoc& doc);

// The position index of the type, built where there is none yet.
PositionIndex& build_index(Type& type, Store& store);
inline PositionIndex& index_of(Store& store, TypeIndex type) {
  Type& t = store.types[type];
  return t.index ? *t.index : build_index(t, store);
}

// The item that ends before the unit at `position` of the type's list (0: none), split so that it does.
ItemIndex item_before(Store& store, TypeIndex type, std::uint64_t position);

// The item behind `item` in the list of `type`; the first one for 0.
inline ItemIndex right_of(const Store& store, TypeIndex type, ItemIndex item) {
  return item ? store.items[item].right : store.types[type].start;
}

// Puts a new item of the document's own client between `left` and its right neighbour. Returns 0 if the document is
// full (2^32 units).
ItemIndex insert_item(Doc::Impl& doc, TypeIndex type, ItemIndex left, const Content& content);
// Puts a new value under a key.
ItemIndex set_item(Doc::Impl& doc, TypeIndex type, std::string_view key, const Content& content);
void erase_key(Doc::Impl& doc, TypeIndex type, std::string_view key);
// Deletes so many visible units from `position` on. Returns the item before them and the one behind.
struct Gap {
  ItemIndex left;
  ItemIndex right;
};
Gap erase_units(Doc::Impl& doc, TypeIndex type, std::uint64_t position, std::uint64_t length);

// The value of a key: its item if it has one that is not deleted, else 0.
ItemIndex find_value(const Store& store, TypeIndex type, std::string_view key);

// Whether the type is still part of the document.
inline bool alive(const Store& store, TypeIndex type) {
  const Type& t = store.types[type];
  return t.ref == TypeKind::root || (t.item && !store.items[t.item].deleted());
}

// --- values (value.cpp) ---

Any read_any_value(Reader& in);
void write_any_value(Writer& out, const Any& value);

// The element at `offset` of an item; undefined for a deleted one whose content is gone.
Value value_at(Doc::Impl& doc, const Item& item, std::uint32_t offset);
// The value of an embed or format.
Any embedded_value(const Store& store, const Item& item);
// The key of a format.
KeyIndex format_key(const Store& store, const Item& item);

}  // namespace stet::core
