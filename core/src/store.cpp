#include "store.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace stet::core {

Store::Store() {
  items.push_back({});
  clients.emplace_back();
  runs.emplace_back();
  types.emplace_back();
  slots.emplace_back();
  data.push_back(0);
  keys_.push_back(nullptr);
}

// --- names -----------------------------------------------------------------------------------------------------------

ClientIndex Store::intern_client(std::uint64_t id) {
  if (const ClientIndex known = find_client(id)) return known;
  const auto index = static_cast<ClientIndex>(clients.size());
  clients.push_back({.id = id});
  client_by_id_.insert(id, index);
  return index;
}

KeyIndex Store::find_key(std::string_view text) const {
  const auto found = key_by_text_.find(text);
  return found == key_by_text_.end() ? 0 : found->second;
}

KeyIndex Store::intern_key(std::string_view text) {
  if (const KeyIndex known = find_key(text)) return known;
  const auto index = static_cast<KeyIndex>(keys_.size());
  const auto added = key_by_text_.emplace(text, index).first;
  keys_.push_back(&added->first);
  return index;
}

void Store::forget_names(std::size_t clients_left, std::size_t keys_left) {
  if (clients.size() > clients_left) {
    clients.resize(clients_left);
    client_by_id_.clear();
    for (std::size_t i = 1; i < clients.size(); ++i) {
      client_by_id_.insert(clients[i].id, static_cast<ClientIndex>(i));
    }
  }
  while (keys_.size() > keys_left) {
    key_by_text_.erase(key_by_text_.find(*keys_.back()));
    keys_.pop_back();
  }
}

void Store::forget_structs(std::size_t types_left, std::size_t clients_left, std::size_t keys_left) {
  Store anew;
  anew.gc = gc;
  anew.track_changes = track_changes;
  for (std::size_t i = 1; i < clients_left; ++i) anew.intern_client(clients[i].id);
  for (std::size_t i = 1; i < keys_left; ++i) anew.intern_key(*keys_[i]);
  for (std::size_t i = 1; i < types_left; ++i) {
    const TypeIndex type = anew.add_type(types[i].ref, types[i].name);
    anew.types[type].asked_for = types[i].asked_for;
    if (types[i].ref == TypeKind::root) anew.root_by_name_.insert(types[i].name, type);
  }
  *this = std::move(anew);
}

std::vector<ClientIndex> Store::clients_descending() const {
  std::vector<ClientIndex> order;
  order.reserve(clients.size());
  for (ClientIndex client = 1; client < clients.size(); ++client) {
    if (clients[client].state > 0) order.push_back(client);
  }
  std::sort(order.begin(), order.end(), [&](ClientIndex a, ClientIndex b) { return clients[a].id > clients[b].id; });
  return order;
}

TypeIndex Store::add_type(TypeKind ref, KeyIndex name) {
  Type& type = types.emplace_back();
  type.ref = ref;
  type.name = name;
  return static_cast<TypeIndex>(types.size() - 1);
}

TypeIndex Store::intern_root(KeyIndex name) {
  if (const TypeIndex known = find_root(name)) return known;
  const TypeIndex type = add_type(TypeKind::root, name);
  root_by_name_.insert(name, type);
  return type;
}

SlotIndex Store::find_slot(TypeIndex type, KeyIndex key) const {
  return slot_by_key_.find(std::uint64_t{type} << 32 | key);
}

SlotIndex Store::intern_slot(TypeIndex type, KeyIndex key) {
  if (const SlotIndex known = find_slot(type, key)) return known;
  const auto index = static_cast<SlotIndex>(slots.size());
  slots.push_back({.type = type, .key = key, .next_slot = types[type].first_slot});
  types[type].first_slot = index;
  slot_by_key_.insert(std::uint64_t{type} << 32 | key, index);
  return index;
}

// --- structs ---------------------------------------------------------------------------------------------------------

ItemIndex Store::new_item() {
  if (!free_.empty()) {
    const ItemIndex item = free_.back();
    free_.pop_back();
    items[item] = Item{};
    return item;
  }
  items.add() = Item{};
  if (!leaf_of.empty()) leaf_of.add() = 0;
  return static_cast<ItemIndex>(items.size() - 1);
}

void Store::free_item(ItemIndex item) {
  if (item + 1 == items.size()) {
    items.pop_back();
    if (!leaf_of.empty()) leaf_of.pop_back();
    return;
  }
  items[item] = Item{};
  items[item].flags = flag_free;
  free_.push_back(item);
}

// A client that writes on gets room for as much again as it has written, so the runs of a client stay few.
bool Store::reserve(ClientIndex client, std::uint64_t units) {
  Client& owner = clients[client];
  const Run& last = runs[owner.last_run];
  if (owner.last_run != 0 && last.end - last.address - (owner.state - last.clock) >= units) return true;
  const std::uint64_t wanted = std::max<std::uint64_t>(units, std::min<std::uint64_t>(owner.state, 1U << 16));
  Address address = space.reserve(wanted);
  if (!address) address = space.reserve(units);
  if (!address) return false;
  const auto capacity = static_cast<std::uint32_t>((wanted + AddressSpace::page_units - 1) &
                                                   ~std::uint64_t{AddressSpace::page_units - 1});
  if (owner.last_run != 0 && last.end == address) {
    runs[owner.last_run].end += capacity;
    return true;
  }
  runs.push_back({client, owner.state, address, address + capacity, owner.last_run});
  owner.last_run = static_cast<std::uint32_t>(runs.size() - 1);
  return true;
}

void Store::give_back(ClientIndex client) {
  Run& run = runs[clients[client].last_run];
  run.end = space.shrink(run.end, run.address + (clients[client].state - run.clock));
}

ItemIndex Store::find_clean_end(Address address) {
  const ItemIndex item = find(address);
  if (items[item].last() != address && items[item].kind != Kind::gc) {
    split(item, address - items[item].address + 1);
  }
  return item;
}

ItemIndex Store::find_clean_start(Address address) {
  const ItemIndex item = find(address);
  if (items[item].address == address || items[item].kind == Kind::gc) return item;
  return split(item, address - items[item].address);
}

ItemIndex Store::split(ItemIndex left_index, std::uint32_t offset) {
  const ItemIndex right_index = cut(left_index, offset);
  const Item& left = items[left_index];
  const Item& right = items[right_index];
  transaction.touched.push_back({right.address, 1, right_index});
  if (!right.keyed()) {
    if (PositionIndex* index = types[right.parent].index.get()) {
      const bool visible = left.visible();
      index->spread({{left_index, visible ? left.length : 0}, {right_index, visible ? right.length : 0}});
    }
  }
  return right_index;
}

ItemIndex Store::cut(ItemIndex left_index, std::uint32_t offset) {
  const ItemIndex right_index = new_item();
  Item& left = items[left_index];
  Item& right = items[right_index];
  assert(offset > 0 && offset < left.length);
  right = left;
  right.address = left.address + offset;
  right.length = left.length - offset;
  right.left = left_index;
  right.origin = right.address - 1;
  right.flags &= static_cast<std::uint8_t>(~flag_apart);
  left.right = right_index;
  left.next = right_index;
  if (left.flags & flag_redone) redone[right.address] = {redone[left.address].copy + offset, false};
  split_content(left, right, offset);
  space.reassign(right.address, right.length, right_index);
  if (right.right) items[right.right].left = right_index;
  if (right.keyed() && !right.right) slots[right.parent].last = right_index;
  if (!right.next) clients[client_of(right.address)].last = right_index;
  return right_index;
}

bool Store::mergeable_where_alike(const Item& left, const Item& right) const {
  if (right.flags & flag_apart) return false;
  if (left.kind == Kind::gc) return true;
  if ((left.flags | right.flags) & flag_redone) {
    const auto found = redone.find(right.address);
    if (!(left.flags & flag_redone) || found == redone.end() || !found->second.continues) return false;
  }
  if (left.right_origin != right.right_origin) return false;
  return left.kind == Kind::string || left.kind == Kind::deleted || left.kind == Kind::any || left.kind == Kind::json;
}

bool Store::try_merge(ItemIndex left_index, ItemIndex right_index) {
  Item& left = items[left_index];
  Item& right = items[right_index];
  if (right.address != left.end() || (right.flags & flag_redone)) return false;
  if (!merge_content(left, right)) return false;
  space.reassign(right.address, right.length, left_index);
  left.length += right.length;
  left.next = right.next;
  left.flags |= right.flags & flag_keep;
  if (!left.next) clients[client_of(left.address)].last = left_index;
  if (left.kind != Kind::gc) {
    left.right = right.right;
    if (right.right) items[right.right].left = left_index;
    if (right.keyed()) {
      if (slots[right.parent].last == right_index) slots[right.parent].last = left_index;
    } else if (PositionIndex* index = types[right.parent].index.get()) {
      index->erase(right_index);
      if (left.visible()) index->resize(left_index, left.length);
    }
  }
  free_item(right_index);
  return true;
}

// What Yjs holds in one struct after such an attempt, mergeable() tells from then on. Returns the item that the struct
// which comes next would be joined to.
inline ItemIndex Store::attempt_merge(ItemIndex left, ItemIndex right) {
  items[right].flags &= static_cast<std::uint8_t>(~flag_apart);
  return mergeable(left, right) && try_merge(left, right) ? left : right;
}

// --- deletion and clean-up -------------------------------------------------------------------------------------------

// Deleting a type deletes all that is in it; nesting comes from the wire, so no recursion.
void Store::mark_deleted(ItemIndex first) {
  std::vector<ItemIndex> todo;
  ItemIndex index = first;
  while (true) {
    Item& item = items[index];
    if (!item.deleted()) {
      item.flags |= flag_deleted;
      transaction.deleted.push_back({item.address, item.length, index});
      note_change(item);
      if (!item.keyed() && item.countable()) {
        Type& parent = types[item.parent];
        parent.length -= item.length;
        if (parent.index) parent.index->resize(index, 0);
      }
      if (item.kind == Kind::format && !item.keyed() && types[item.parent].index) {
        types[item.parent].index->format_gone(index);
      }
      if (item.kind == Kind::type) {
        // What was deleted before may be joined with its neighbours now, as it becomes a GC struct.
        const auto child_too = [&](ItemIndex child) {
          if (!child) return;
          if (items[child].deleted()) {
            transaction.touched.push_back({items[child].address, 1, child});
          } else {
            todo.push_back(child);
          }
        };
        // In the order of Yjs, which undo repeats: its list, then its keys, oldest first; each with all that is in it.
        const Type& type = types[item.content];
        for (SlotIndex slot = type.first_slot; slot; slot = slots[slot].next_slot) child_too(slots[slot].last);
        const auto keys_end = static_cast<std::ptrdiff_t>(todo.size());
        for (ItemIndex child = type.start; child; child = items[child].right) child_too(child);
        std::reverse(todo.begin() + keys_end, todo.end());
      }
    }
    if (todo.empty()) return;
    index = todo.back();
    todo.pop_back();
  }
}

void Transaction::clear() {
  if (std::max({before.capacity(), deleted.capacity(), fresh.capacity(), touched.capacity()}) > much) {
    *this = {};
    return;
  }
  before.clear();
  deleted.clear();
  came_deleted.clear();
  collected.clear();
  fresh.clear();
  touched.clear();
  changed.clear();
  deleted_in_place.clear();
}

void Store::end_transaction(Transaction& ended) {
  for (Transaction::Before& before : transaction.before) {
    before.after = clients[before.client].state;
    clients[before.client].in_transaction = false;
  }
  std::swap(ended, transaction);
}

// The struct before, if the item may be joined with it.
inline ItemIndex Store::joinable_left(ItemIndex item) const {
  if (items[item].kind == Kind::gc) return item_before(item);
  const ItemIndex left = items[item].left;
  return left && items[left].next == item && mergeable(left, item) ? left : 0;
}

bool Store::anything_joins() const {
  for (const AddressRange& unit : transaction.fresh) {
    if (joinable_left(find(unit))) return true;
  }
  return false;
}

namespace {

// As Yjs goes through them: what adjoins is one range, for how far it goes decides what is joined behind it; the last
// one comes first.
std::vector<AddressRange> as_delete_set(const Store& store, const std::vector<AddressRange>& deleted) {
  if (deleted.size() < 2) return deleted;
  std::vector<AddressRange> sorted = deleted;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.address > b.address; });
  std::vector<AddressRange> ranges;
  for (const AddressRange& range : sorted) {
    AddressRange* behind = ranges.empty() ? nullptr : &ranges.back();
    if (behind && range.address + range.length == behind->address &&
        store.client_of(range.address) == store.client_of(behind->address)) {
      *behind = {range.address, range.length + behind->length, range.item};
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

}  // namespace

void Store::clean_up(Transaction& ended) {
  if (gc) {
    for (const AddressRange range : ended.deleted) {
      const Address end = range.address + range.length;
      for (ItemIndex item = find(range); item && items[item].address - range.address < range.length;) {
        if (!(items[item].flags & flag_keep)) collect(item, ended);
        if (items[item].end() == end) break;
        item = items[item].next;
      }
    }
  }
  for (const AddressRange range : as_delete_set(*this, ended.deleted)) merge_around(range);
  merge_fresh(ended);
  for (std::size_t i = ended.touched.size(); i-- > 0;) merge_around(ended.touched[i]);
  if (mostly_garbage()) compact_data();
}

// Drops the content of a deleted item: it becomes ContentDeleted, and what is in a type becomes GC structs.
void Store::collect(ItemIndex index, Transaction& ended) {
  Item& item = items[index];
  if (item.kind == Kind::gc || item.kind == Kind::deleted) return;
  if (item.kind == Kind::type) collect_children(item.content, ended);
  drop_content(item);
  item.kind = Kind::deleted;
}

void Store::collect_children(TypeIndex top, Transaction& ended) {
  struct Child {
    ItemIndex index;
    bool begins;  // a struct: it is not of one with the item before it
    bool ends;    // nor with the next one
  };
  std::vector<TypeIndex> todo{top};
  std::vector<Child> children;
  const auto note = [&](ItemIndex index) {
    const ItemIndex before = item_before(index);
    const ItemIndex next = items[index].next;
    children.push_back({index, !before || !mergeable(before, index), !next || !mergeable(index, next)});
  };
  const auto to_gc = [&](Item& item) {
    if (item.kind == Kind::type) todo.push_back(item.content);
    if (item.kind == Kind::deleted) ended.collected.push_back({item.address, item.length});
    if (item.flags & flag_redone) redone.erase(item.address);
    drop_content(item);
    const Item kept = item;
    item = Item{};
    item.address = kept.address;
    item.length = kept.length;
    item.next = kept.next;
    item.kind = Kind::gc;
    item.flags = flag_deleted;
  };
  while (!todo.empty()) {
    Type& type = types[todo.back()];
    todo.pop_back();
    type.index.reset();
    type.item = 0;
    children.clear();
    for (ItemIndex child = std::exchange(type.start, 0); child; child = items[child].right) note(child);
    for (SlotIndex slot = std::exchange(type.first_slot, 0); slot; slot = slots[slot].next_slot) {
      for (ItemIndex child = std::exchange(slots[slot].last, 0); child; child = items[child].left) note(child);
      slots[slot].start = 0;
    }
    for (const Child& child : children) to_gc(items[child.index]);
    // Yjs does not try to join GC structs with their neighbours as they come up. Where it does so at the end of the
    // transaction, attempt_merge() takes the flags away again; elsewhere (former values of a key; what is in a type
    // that was deleted before but kept for an undo) they stand in the encoded state one by one.
    for (const Child& child : children) {
      const ItemIndex next = items[child.index].next;
      if (child.begins) items[child.index].flags |= flag_apart;
      if (child.ends && next) items[next].flags |= flag_apart;
    }
  }
}

ItemIndex Store::item_before(ItemIndex item) const {
  const Address address = items[item].address;
  const ItemIndex left = items[item].left;
  if (left && items[left].next == item) return left;  // nearly always
  const Run& run = runs[space.page(address).run];
  if (address != run.address) return find(address - 1);
  return run.clock == 0 ? 0 : find(address_of({run.client, run.clock - 1}));
}

// The same with the struct before, and while they are one, with that before it. Only GC structs are ever apart.
void Store::merge_leftwards(ItemIndex right) {
  while (items[right].kind == Kind::gc) {
    const ItemIndex left = item_before(right);
    if (!left) return;
    items[right].flags &= static_cast<std::uint8_t>(~flag_apart);
    if (!mergeable(left, right)) return;
    try_merge(left, right);
    right = left;
  }
}

// Joins new structs with those before them. Yjs tries each of them. But what could not be joined when it came, can be
// only where something was deleted or split since, which is tried anyway, or where what came deleted was collected.
void Store::merge_fresh(const Transaction& ended) {
  for (const AddressRange& unit : ended.fresh) {
    const ItemIndex item = find(unit);
    if (const ItemIndex left = joinable_left(item)) attempt_merge(left, item);
  }
  if (!ended.collected.empty()) {
    FlatMap state_before;  // + 1
    for (const Transaction::Before& before : ended.before) state_before.insert(before.client, before.state + 1);
    for (const AddressRange& range : ended.collected) {
      const Id id = id_of(range.address);
      const std::uint32_t before = state_before.find(id.client);
      const ItemIndex item = find(range);
      const bool begins = items[item].address == range.address;
      const ItemIndex left = before && id.clock + 1 >= before && begins ? item_before(item) : 0;
      if (left) attempt_merge(left, item);
    }
  }
  for (const Transaction::Before& before : ended.before) {
    if (clients[before.client].state > before.state) merge_leftwards(find(address_of({before.client, before.state})));
  }
}

// Joins what may be joined from the struct before the range to the one behind it; and while something was joined at its
// left end, further to the left. These are the places where Yjs tries, and nearly always all where something can be
// joined: the exceptions carry flag_apart.
void Store::merge_around(AddressRange range) {
  const std::uint64_t end_clock = std::uint64_t{id_of(range.address).clock} + range.length;
  const ItemIndex first = find(range);
  const bool is_gc = items[first].kind == Kind::gc;  // and stays so
  const ItemIndex left = item_before(first);
  ItemIndex at = left ? left : first;
  std::uint64_t clock = id_of(items[at].address).clock;
  while (const ItemIndex next = items[at].next) {
    const std::uint64_t next_clock = clock + items[at].length;
    // Further items of the struct with which the range ends are not behind it.
    const bool last = next_clock >= end_clock && !(items[next].kind == Kind::gc && mergeable(at, next));
    at = attempt_merge(at, next);
    if (at == next) clock = next_clock;
    if (last) break;
  }
  if (is_gc) merge_leftwards(find(range.address));
}

}  // namespace stet::core
