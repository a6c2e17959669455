// Typing and deleting where one did so last. Most edits are of that kind, and making an item, to join it with its
// neighbour at the end of the transaction, would take ten times as long. What is left behind is the same to the byte.
#include <algorithm>

#include "store.hpp"

namespace stet::core {

// The items that a transaction makes must stand apart until its observers have run, and until the places are joined
// that it has touched.
bool Store::in_place_possible(const Item& item) const {
  return item.kind == Kind::string && !item.keyed() && !item.deleted() && !(item.flags & (flag_keep | flag_redone)) &&
         !track_changes && transaction.deleted.empty() && transaction.touched.empty();
}

// The new units would be an item with `index` as its left neighbour and origin; mergeable() would join the two.
bool Store::type_on(ItemIndex index, std::uint64_t client_id, std::string_view utf8) {
  Item& item = items[index];
  if (!in_place_possible(item) || !siblings.empty()) return false;
  if (item.right_origin != (item.right ? items[item.right].address : 0)) return false;
  const std::uint32_t run_index = space.page(item.address).run;
  const Run& run = runs[run_index];
  Client& owner = clients[run.client];
  const auto units = static_cast<std::uint32_t>(utf16_length(utf8));
  if (owner.id != client_id || owner.last != index || owner.last_run != run_index || run.end - item.end() < units)
    return false;
  const std::uint32_t old_bytes = string_bytes(item);
  if (!make_room_behind(item, static_cast<std::uint32_t>(utf8.size()))) return false;
  std::copy(utf8.begin(), utf8.end(), data.begin() + item.content + old_bytes);
  begin_client(run.client);
  space.assign(item.end(), units, index, run_index);
  set_string(item, item.content, old_bytes + static_cast<std::uint32_t>(utf8.size()), item.length + units);
  item.length += units;
  owner.state += units;
  Type& type = types[item.parent];
  type.length += units;
  if (type.index) type.index->resize(index, item.length);
  return true;
}

// The deleted units would become an item of their own, to be joined with the deleted one next to it.
bool Store::erase_on(ItemIndex index, std::uint32_t offset, std::uint32_t units) {
  Item& item = items[index];
  if (units >= item.length || item.extra != 0 || !gc || !in_place_possible(item)) return false;
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
  const std::uint32_t run = space.page(item.address).run;
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
  space.assign(erased, units, gone_index, run);
  Type& type = types[item.parent];
  type.length -= units;
  if (type.index) type.index->resize(index, item.length);
  transaction.deleted_in_place.push_back({erased, units});
  return true;
}

}  // namespace stet::core
