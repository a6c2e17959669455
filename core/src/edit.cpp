#include "edit.hpp"

#include <algorithm>

namespace stet::core {

// --- contents --------------------------------------------------------------------------------------------------------

Content make_string(Store& store, std::string_view utf8) {
  const auto units = static_cast<std::uint32_t>(utf16_length(utf8));
  Item measured{};
  store.set_string(measured, 0, static_cast<std::uint32_t>(utf8.size()), units);
  return {.kind = Kind::string, .length = units, .offset = store.add_data(as_bytes(utf8)), .extra = measured.extra};
}

Content make_values(Store& store, std::span<const Any> values) {
  Writer out;
  for (const Any& value : values) write_any_value(out, value);
  return {.kind = Kind::any, .length = static_cast<std::uint32_t>(values.size()), .offset = store.add_data(out.view())};
}

Content make_value(Store& store, const Any& value) {
  const Bytes* bytes = value.get<Bytes>();
  if (!bytes) return make_values(store, std::span(&value, 1));
  Writer out;
  out.var_bytes(*bytes);
  return {.kind = Kind::binary, .offset = store.add_data(out.view())};
}

Content make_embed(Store& store, const Any& value) {
  Writer out;
  write_any_value(out, value);
  return {.kind = Kind::embed, .offset = store.add_data(out.view()), .flags = flag_any_value};
}

Content make_format(Store& store, std::string_view key, const Any& value) {
  Writer out;
  out.varuint(store.intern_key(key));
  write_any_value(out, value);
  return {.kind = Kind::format, .offset = store.add_data(out.view()), .flags = flag_any_value};
}

Content make_type(Store& store, TypeKind kind, std::string_view name) {
  const KeyIndex key = name.empty() ? 0 : store.intern_key(name);
  return {.kind = Kind::type, .offset = store.add_type(kind, key)};
}

Content make_doc(Store& store, const SubDoc& doc) {
  Writer out;
  out.var_string(doc.guid);
  write_any_value(out, doc.options.get<AnyObject>() ? doc.options : Any(AnyObject{}));
  return {.kind = Kind::doc, .offset = store.add_data(out.view())};
}

// --- places ----------------------------------------------------------------------------------------------------------

PositionIndex& build_index(Type& type, Store& store) {
  type.index = std::make_unique<PositionIndex>(store, type.start);
  return *type.index;
}

ItemIndex item_before(Store& store, TypeIndex type, std::uint64_t position) {
  if (position == 0) return 0;
  const PositionIndex::Place place = index_of(store, type).find(position - 1);
  const auto offset = static_cast<std::uint32_t>(place.offset + 1);
  if (offset < store.items[place.item].length) store.split(place.item, offset);
  return place.item;
}

ItemIndex find_value(const Store& store, TypeIndex type, std::string_view key) {
  const KeyIndex known = store.find_key(key);
  const SlotIndex slot = known ? store.find_slot(type, known) : 0;
  const ItemIndex last = slot ? store.slots[slot].last : 0;
  return last && !store.items[last].deleted() ? last : 0;
}

// --- items -----------------------------------------------------------------------------------------------------------

namespace {

ItemIndex add_item(Doc::Impl& doc, std::uint32_t parent, bool keyed, ItemIndex left, const Content& content) {
  Store& store = doc.store;
  const ClientIndex client = doc.editor();
  if (!store.reserve(client, content.length)) return 0;
  store.begin_client(client);
  const ItemIndex index = store.new_item();
  Item& item = store.items[index];
  const ItemIndex head = keyed ? store.slots[parent].start : store.types[parent].start;
  const ItemIndex right = left ? store.items[left].right : keyed ? 0 : head;
  item.kind = content.kind;
  item.length = content.length;
  item.content = content.offset;
  item.extra = content.extra;
  item.flags = static_cast<std::uint8_t>(content.flags | (keyed ? flag_keyed : 0));
  item.parent = parent;
  item.left = left;
  item.origin = left ? store.items[left].last() : 0;
  item.right_origin = right ? store.items[right].address : 0;
  settle(store, client, index);
  return index;
}

}  // namespace

ItemIndex insert_item(Doc::Impl& doc, TypeIndex type, ItemIndex left, const Content& content) {
  return add_item(doc, type, false, left, content);
}

ItemIndex set_item(Doc::Impl& doc, TypeIndex type, std::string_view key, const Content& content) {
  const SlotIndex slot = doc.store.intern_slot(type, doc.store.intern_key(key));
  return add_item(doc, slot, true, doc.store.slots[slot].last, content);
}

void erase_key(Doc::Impl& doc, TypeIndex type, std::string_view key) {
  if (const ItemIndex item = find_value(doc.store, type, key)) doc.store.mark_deleted(item);
}

Gap erase_units(Doc::Impl& doc, TypeIndex type, std::uint64_t position, std::uint64_t length) {
  Store& store = doc.store;
  const std::uint64_t total = store.types[type].length;
  const std::uint64_t start = std::min(position, total);
  std::uint64_t left = std::min(length, total - start);
  const ItemIndex before = item_before(store, type, start);
  ItemIndex at = right_of(store, type, before);
  for (; left > 0; at = store.items[at].right) {
    if (!store.items[at].visible()) continue;
    if (store.items[at].length > left) store.split(at, static_cast<std::uint32_t>(left));
    left -= store.items[at].length;
    store.mark_deleted(at);
  }
  return {before, at};
}

}  // namespace stet::core
