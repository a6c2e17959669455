// Local edits and reading of a text.
#include <algorithm>

#include "doc_impl.hpp"

namespace stet {

namespace {

using core::Item;
using core::ItemIndex;
using core::Kind;
using core::PositionIndex;
using core::Store;
using core::Type;
using core::TypeIndex;

PositionIndex& index_of(Store& store, TypeIndex type) {
  Type& t = store.types[type];
  if (!t.index) {
    t.index = std::make_unique<PositionIndex>(store.items, t.start, store.leaf_of);
  }
  return *t.index;
}

// The item that ends before the unit at `position` (0: none), split so that it does.
ItemIndex item_before(Store& store, TypeIndex type, std::uint64_t position) {
  if (position == 0) return 0;
  const PositionIndex::Place place = index_of(store, type).find(position - 1);
  const auto offset = static_cast<std::uint32_t>(place.offset + 1);
  if (offset < store.items[place.item].length) store.split(place.item, offset);
  return place.item;
}

Bytes finish(Store& store) {
  store.clean_up();
  Bytes update = core::encode_transaction(store);
  store.end_transaction();
  return update;
}

}  // namespace

std::uint64_t Text::length() const { return doc_->store.types[type_].length; }

std::string Text::to_string() const {
  const Store& store = doc_->store;
  std::string text;
  text.reserve(store.types[type_].length);
  for (ItemIndex at = store.types[type_].start; at; at = store.items[at].right) {
    const Item& item = store.items[at];
    if (item.kind == Kind::string && !item.deleted()) text += store.string(item);
  }
  return text;
}

// As Yjs: behind the visible unit before `position`, then to the right past what is deleted there.
Bytes Text::insert(std::uint64_t position, std::string_view utf8) {
  Store& store = doc_->store;
  const auto units = static_cast<std::uint32_t>(utf16_length(utf8));
  const core::ClientIndex client = store.intern_client(doc_->options.client_id);
  if (units == 0 || !store.reserve(client, units)) return finish(store);
  ItemIndex left = item_before(store, type_, std::min(position, length()));
  const auto right_of = [&](ItemIndex item) { return item ? store.items[item].right : store.types[type_].start; };
  ItemIndex right = right_of(left);
  while (right && store.items[right].deleted()) {
    left = right;
    right = store.items[right].right;
  }
  if (!store.clients[client].in_transaction) {
    store.clients[client].in_transaction = true;
    store.transaction.before.push_back({client, store.state(client)});
  }
  const ItemIndex index = store.new_item();
  Item& item = store.items[index];
  item.kind = Kind::string;
  item.length = units;
  store.set_string(item, store.add_data(as_bytes(utf8)), static_cast<std::uint32_t>(utf8.size()), units);
  if (left) {
    const core::Id id = store.id_of(store.items[left].last());
    item.wire |= core::wire_origin;
    item.left = id.client;
    item.origin = id.clock;
  }
  if (right) {
    const core::Id id = store.id_of(store.items[right].address);
    item.wire |= core::wire_right_origin;
    item.right = id.client;
    item.right_origin = id.clock;
  }
  if (!left && !right) {
    item.wire |= core::wire_root;
    item.origin = store.types[type_].name;
  }
  core::integrate(store, client, index, 0);
  return finish(store);
}

Bytes Text::erase(std::uint64_t position, std::uint64_t length) {
  Store& store = doc_->store;
  const std::uint64_t end = std::min(position + length, this->length());
  if (position >= end) return finish(store);
  std::uint64_t left = end - position;
  const ItemIndex before = item_before(store, type_, position);
  ItemIndex at = before ? store.items[before].right : store.types[type_].start;
  for (; left > 0; at = store.items[at].right) {
    if (!store.items[at].visible()) continue;
    if (store.items[at].length > left) store.split(at, static_cast<std::uint32_t>(left));
    left -= store.items[at].length;
    store.mark_deleted(at);
  }
  return finish(store);
}

}  // namespace stet
