// Typing and deleting in a text. Most edits are of that kind, and making items, to drop or to join them with their
// neighbours at the end of the transaction, would take several times as long. What is left behind is the same to the
// byte.
#include <algorithm>
#include <cstring>

#include "edit.hpp"

namespace stet::core {

namespace {
// Of what is typed, which mostly is ASCII.
std::uint32_t units_of(std::string_view utf8) {
  return static_cast<std::uint32_t>(is_ascii(utf8) ? utf8.size() : utf16_length(utf8));
}
}  // namespace

bool Store::go_on(ItemIndex index, ClientIndex client, std::string_view utf8) {
  Client& owner = clients[client];
  if (!can_go_on(index, owner)) return false;
  Item& item = items[index];
  const Run& run = runs[owner.last_run];
  const auto bytes = static_cast<std::uint32_t>(utf8.size());
  const std::uint32_t units = units_of(utf8);
  if (item.address < run.address || run.end - item.end() < units) return false;
  const std::uint32_t old_bytes = string_bytes(item);
  if (!make_room_behind(item, old_bytes, bytes)) return false;
  std::uint8_t* const behind = data.data() + item.content + old_bytes;
  if (bytes == 1) {
    *behind = static_cast<std::uint8_t>(utf8[0]);
  } else {
    std::memcpy(behind, utf8.data(), bytes);
  }
  begin_client(client);
  space.assign(item.end(), units, index, owner.last_run);
  item.length += units;
  set_string(item, item.content, old_bytes + bytes, item.length);
  owner.state += units;
  Type& type = types[item.parent];
  type.length += units;
  if (type.index) type.index->resize(index, item.length);
  return true;
}

bool Store::type_on(ItemIndex index, ClientIndex client, std::string_view utf8) {
  if (utf8.size() != 1 || !add_letter(index, client, utf8[0])) return go_on(index, client, utf8);
  Type& type = types[items[index].parent];
  ++type.length;
  if (type.index) type.index->resize(index, items[index].length);
  return true;
}

// Behind the first `offset` units of an item. The parts of what is cut stay apart, for the new item stands between
// them.
bool Store::type_behind(ItemIndex left, std::uint32_t offset, ClientIndex client, std::string_view utf8) {
  const bool cuts = offset < items[left].length;
  if (track_changes || !siblings.empty() || (cuts && !in_place_possible(items[left]))) return false;
  const std::uint32_t units = units_of(utf8);
  if (!reserve(client, units)) return false;
  begin_client(client);
  const ItemIndex right = cuts ? cut(left, offset) : items[left].right;
  const ItemIndex index = new_item();
  Item& item = items[index];
  item.kind = Kind::string;
  item.length = units;
  item.parent = items[left].parent;
  item.left = left;
  item.right = right;
  item.origin = items[left].last();
  items[left].right = index;
  if (right) {
    item.right_origin = items[right].address;
    items[right].left = index;
  }
  set_string(item, add_data(as_bytes(utf8)), static_cast<std::uint32_t>(utf8.size()), units);
  append(client, index);
  Type& type = types[item.parent];
  type.length += units;
  if (!type.index) return true;
  const std::uint32_t left_units = items[left].visible() ? items[left].length : 0;
  if (cuts) {
    type.index->spread({{left, left_units}, {index, units}, {right, items[right].length}}, 1);
  } else {
    type.index->spread({{left, left_units}, {index, units}}, 1);
  }
  return true;
}

bool Store::erase_in(ItemIndex index, std::uint32_t offset, std::uint32_t units) {
  if (!gc || !in_place_possible(items[index])) return false;
  if (erase_at_end(index, offset, units)) return true;
  const ItemIndex gone_index = offset > 0 ? cut(index, offset) : index;
  const ItemIndex rest = units < items[gone_index].length ? cut(gone_index, units) : 0;
  Item& gone = items[gone_index];
  drop_content(gone);
  gone.kind = Kind::deleted;
  gone.flags |= flag_deleted;
  transaction.deleted_in_place.push_back({gone.address, units});
  Type& type = types[gone.parent];
  type.length -= units;
  if (type.index) {
    if (offset > 0 && rest) {
      type.index->spread({{index, offset}, {gone_index, 0}, {rest, items[rest].length}});
    } else if (offset > 0) {
      type.index->spread({{index, offset}, {gone_index, 0}});
    } else if (rest) {
      type.index->spread({{gone_index, 0}, {rest, items[rest].length}});
    } else {
      type.index->resize(gone_index, 0);
    }
  }
  // What is deleted is one struct with what is deleted beside it.
  const ItemIndex left = gone.left;
  const ItemIndex next = gone.next;
  if (next && mergeable(gone_index, next)) try_merge(gone_index, next);
  if (left && items[left].next == gone_index && mergeable(left, gone_index)) try_merge(left, gone_index);
  return true;
}

// From one of its ends, where a deleted item stands that grows.
bool Store::erase_at_end(ItemIndex index, std::uint32_t offset, std::uint32_t units) {
  Item& item = items[index];
  if (units >= item.length || item.extra != 0) return false;
  const bool at_end = offset + units == item.length;
  if (!at_end && offset != 0) return false;
  const ItemIndex gone_index = at_end ? item.right : item.left;
  if (!gone_index) return false;
  Item& gone = items[gone_index];
  if (gone.kind != Kind::deleted || (gone.flags & (flag_keep | flag_redone))) return false;
  const Item& left = at_end ? item : gone;
  const Item& right = at_end ? gone : item;
  if (left.next != (at_end ? gone_index : index) || left.end() != right.address || left.right != left.next)
    return false;
  if (right.origin != left.last() || left.right_origin != right.right_origin || (right.flags & flag_apart))
    return false;

  const Address erased = item.address + offset;
  item.length -= units;
  gone.length += units;
  if (at_end) {
    gone.address -= units;
    gone.origin -= units;
    if (item.content + item.length + units == data.size()) {
      data.resize(data.size() - units);
    } else {
      garbage_bytes_ += units;
    }
  } else {
    item.address += units;
    item.origin += units;
    item.content += units;
    garbage_bytes_ += units;
  }
  item.flags &= static_cast<std::uint8_t>(~flag_roomy);
  space.reassign(erased, units, gone_index);
  Type& type = types[item.parent];
  type.length -= units;
  if (type.index) type.index->resize(index, item.length);
  transaction.deleted_in_place.push_back({erased, units});
  return true;
}

// Not where a format or something deleted follows in a formatted text: what is typed may have to go behind that. In
// others it goes behind what is deleted.
bool Store::type_at(TypeIndex type, std::uint64_t position, ClientIndex client, std::string_view utf8) {
  if (position == 0) return false;
  const PositionIndex::Place place = index_of(*this, type).find(std::min(position, types[type].length) - 1);
  if (!place.item) return false;
  ItemIndex left = place.item;
  const auto offset = static_cast<std::uint32_t>(place.offset + 1);
  if (offset < items[left].length) return type_behind(left, offset, client, utf8);
  ItemIndex right = items[left].right;
  if (!right || items[right].visible()) {
    if (is_before_right_origin(left) && type_on(left, client, utf8)) return true;
  } else if (types[type].formatted) {
    return false;
  }
  for (; right && items[right].deleted(); right = items[right].right) left = right;
  return type_behind(left, items[left].length, client, utf8);
}

// Not in a formatted text: formats nearby may have to go, too.
std::uint64_t Store::erase_at(TypeIndex type, std::uint64_t position, std::uint64_t length) {
  if (types[type].formatted) return 0;
  PositionIndex& index = index_of(*this, type);
  std::uint64_t left = length;
  while (left > 0) {
    const PositionIndex::Place place = index.find(position);
    if (!place.item) return length;
    const auto units = std::min<std::uint64_t>(left, items[place.item].length - place.offset);
    if (!erase_in(place.item, static_cast<std::uint32_t>(place.offset), static_cast<std::uint32_t>(units))) break;
    left -= units;
  }
  return length - left;
}

}  // namespace stet::core
