// Maps, and the attributes of texts and XML elements, which are maps too.
#include "edit.hpp"

namespace stet {

namespace {

// Calls `visit(key, item)` for each key that has a value.
template <class Visit>
void for_each_key(const core::Store& store, core::TypeIndex type, Visit&& visit) {
  if (!core::alive(store, type)) return;
  for (core::SlotIndex slot = store.types[type].first_slot; slot; slot = store.slots[slot].next_slot) {
    const core::ItemIndex last = store.slots[slot].last;
    if (last && !store.items[last].deleted()) visit(store.key(store.slots[slot].key), store.items[last]);
  }
}

Attributes plain_attributes(Doc::Impl& doc, core::TypeIndex type) {
  Attributes attributes;
  for_each_key(doc.store, type, [&](std::string_view key, const core::Item& item) {
    const Value value = core::value_at(doc, item, item.length - 1);
    if (const Any* plain = std::get_if<Any>(&value)) attributes.emplace_back(key, *plain);
  });
  return attributes;
}

}  // namespace

std::uint64_t Map::size() const {
  std::uint64_t count = 0;
  for_each_key(doc_->store, type_, [&](std::string_view, const core::Item&) { ++count; });
  return count;
}

bool Map::contains(std::string_view key) const {
  return core::alive(doc_->store, type_) && core::find_value(doc_->store, type_, key);
}

// The value is the last element of the item: earlier ones of the same item were overwritten.
std::optional<Value> Map::get(std::string_view key) const {
  if (!contains(key)) return std::nullopt;
  const core::Item& item = doc_->store.items[core::find_value(doc_->store, type_, key)];
  return core::value_at(*doc_, item, item.length - 1);
}

std::vector<std::string> Map::keys() const {
  std::vector<std::string> keys;
  for_each_key(doc_->store, type_, [&](std::string_view key, const core::Item&) { keys.emplace_back(key); });
  return keys;
}

void Map::set(std::string_view key, const Any& value) {
  if (!alive()) return;
  doc_->transact([&] { core::set_item(*doc_, type_, key, core::make_value(doc_->store, value)); });
}

SharedType Map::set_type(std::string_view key, TypeKind kind, std::string_view name) {
  const core::Content content = core::make_type(doc_->store, kind, name);
  if (alive()) doc_->transact([&] { core::set_item(*doc_, type_, key, content); });
  return {doc_, content.offset};
}

void Map::set_doc(std::string_view key, const SubDoc& doc) {
  if (!alive()) return;
  doc_->transact([&] { core::set_item(*doc_, type_, key, core::make_doc(doc_->store, doc)); });
}

void Map::erase(std::string_view key) {
  if (!alive()) return;
  doc_->transact([&] { core::erase_key(*doc_, type_, key); });
}

void Map::clear() {
  doc_->transact([&] {
    for (const std::string& key : keys()) erase(key);
  });
}

void Text::set_attribute(std::string_view name, const Any& value) { Map(*this).set(name, value); }
void Text::remove_attribute(std::string_view name) { Map(*this).erase(name); }
std::optional<Value> Text::attribute(std::string_view name) const { return Map(*this).get(name); }
Attributes Text::attributes() const { return plain_attributes(*doc_, type_); }

void XmlElement::set_attribute(std::string_view name, const Any& value) { Map(*this).set(name, value); }
void XmlElement::remove_attribute(std::string_view name) { Map(*this).erase(name); }
std::optional<Value> XmlElement::attribute(std::string_view name) const { return Map(*this).get(name); }
Attributes XmlElement::attributes() const { return plain_attributes(*doc_, type_); }

}  // namespace stet
