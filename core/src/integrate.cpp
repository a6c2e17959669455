// Where a new item belongs: the YATA algorithm as Yjs implements it (Nicolaescu et al. 2016; Yjs 13
// src/structs/Item.js, integrate). Facts in the order of wire.md, section 3.
#include <algorithm>
#include <cassert>
#include <iterator>

#include "adjoining.hpp"
#include "doc_impl.hpp"

namespace stet::core {

namespace {

// An item is often made at a place within a run of deleted units that other items went to as well, and ends up at the
// end of that run. So an item in which an origin lies is not split before it is known that something goes in between.
struct Cuts {
  bool left = false;    // the origin is not the last unit of item.left: the rest of that is the first to pass
  ItemIndex right = 0;  // the item within which the right origin lies: the last to pass
};

struct Place {
  ItemIndex left;  // 0 = the front of the list
  bool cut;        // not behind `left`, but within it, behind the origin
};

// So many items are passed one by one before an index of siblings is worth its while.
constexpr std::size_t long_scan = 64;

// The search for the place of one item among those between its origins. Those that it has passed are marked; they stand
// one behind the other in the list.
class Search {
 public:
  Search(Store& store, const Item& item, std::uint64_t client_id, ItemIndex head, const Cuts& cuts)
      : store_(store), items_(store.items), item_(item), client_id_(client_id), head_(head), cuts_(cuts) {}
  ~Search() { forget(); }

  Place run(SiblingKey key) {
    if (Siblings* const known = store_.siblings.find(key)) {
      if (from_sibling(*known)) return place_;
      scan_all();
      known->behind = stopped_at_;
    } else {
      scan_all();
      if (count_ > long_scan) index_siblings(store_.siblings.add(key));
    }
    return place_;
  }

 private:
  // In Item::wire.
  enum : std::uint8_t { mark_passed = 1, mark_conflicting = 2 };  // passed; and since the place moved last

  void scan_all() {
    forget();
    place_ = {item_.left, cuts_.left};
    scan(first_to_pass());
  }

  ItemIndex first_to_pass() const { return cuts_.left ? item_.left : item_.left ? items_[item_.left].right : head_; }

  // The loop of the algorithm. Sets stopped_at_ to the first unit of an item that is of no concern: behind it nothing
  // is.
  void scan(ItemIndex other) {
    stopped_at_ = 0;
    for (bool end = false; other && other != item_.right && !end; other = items_[other].right) {
      end = other == cuts_.right;
      pass(other);
      const Item& o = items_[other];
      if (origin_of(other) == item_.origin) {
        if (store_.clients[store_.client_of(o.address)].id < client_id_) {
          settle_behind(other);
        } else if (o.right_origin == item_.right_origin) {
          return;
        }
        continue;
      }
      const std::uint8_t marks = marks_of_origin(other);
      if (!(marks & mark_passed)) {
        stopped_at_ = o.address;
        return;
      }
      if (!(marks & mark_conflicting)) settle_behind(other);
    }
  }

  // From the sibling with the next smaller client id on. False if that does not tell the place.
  bool from_sibling(const Siblings& siblings) {
    const auto next = siblings.by_client.lower_bound(client_id_);
    if (next == siblings.by_client.begin() || cuts_.left) return false;
    const ItemIndex start = store_.find(std::prev(next)->second);
    pass(start);
    settle_behind(start);
    if (start != cuts_.right) scan(items_[start].right);
    return stopped_at_ == 0 || stopped_at_ == siblings.behind;
  }

  // Walks over all that stand between the origins, also behind the place.
  void index_siblings(Siblings& siblings) {
    forget();
    ItemIndex other = first_to_pass();
    for (bool end = false; other && other != item_.right && !end; other = items_[other].right) {
      end = other == cuts_.right;
      pass(other);
      const Item& o = items_[other];
      if (origin_of(other) != item_.origin) {
        if (!(marks_of_origin(other) & mark_passed)) {
          siblings.behind = o.address;
          return;
        }
      } else if (o.right_origin == item_.right_origin && o.origin == item_.origin) {
        siblings.by_client.emplace(store_.clients[store_.client_of(o.address)].id, o.address);
      }
    }
  }

  void pass(ItemIndex item) {
    ++store_.steps;
    if (count_++ == 0) first_ = conflicting_ = item;
    last_ = item;
    items_[item].wire = mark_passed | mark_conflicting;
  }

  // `item` is the last that was passed.
  void settle_behind(ItemIndex item) {
    place_ = {item, false};
    mark(conflicting_, mark_passed);
    conflicting_ = last_;
  }

  void forget() {
    if (count_ > 0) mark(first_, 0);
    count_ = 0;
  }

  // Marks those from `item` to the one passed last.
  void mark(ItemIndex item, std::uint8_t marks) {
    for (; item != last_; item = items_[item].right) items_[item].wire = marks;
    items_[last_].wire = marks;
  }

  Address origin_of(ItemIndex other) const {
    return cuts_.left && other == item_.left ? item_.origin : items_[other].origin;
  }

  // The marks of the item that holds the origin of `other`: mostly the one before it.
  std::uint8_t marks_of_origin(ItemIndex other) const {
    const Address origin = items_[other].origin;
    if (!origin) return 0;
    const ItemIndex left = items_[other].left;
    const ItemIndex before = items_[left].holds(origin) ? left : store_.find(origin);
    const bool in_left_part = cuts_.left && before == item_.left && origin <= item_.origin;
    return in_left_part ? 0 : items_[before].wire;
  }

  Store& store_;
  PodVector<Item>& items_;
  const Item& item_;
  std::uint64_t client_id_;
  ItemIndex head_;
  const Cuts& cuts_;
  std::size_t count_ = 0;  // of the items passed
  ItemIndex first_ = 0;    // of them
  ItemIndex last_ = 0;
  ItemIndex conflicting_ = 0;  // the first that is, or the last that was passed
  Place place_{};
  Address stopped_at_ = 0;
};

// What the item is in: a type, or a slot of a type's map (`keyed`). 0 = nothing that is still there.
struct Parent {
  std::uint32_t index = 0;
  bool keyed = false;
};

// `beginning` is the item with the units that are known already, if there are such: the rest stands where that does.
Parent find_parent(Store& store, const Item& wire, ItemIndex left, ItemIndex right, ItemIndex beginning) {
  const auto is_gc = [&](ItemIndex item) { return item && store.items[item].kind == Kind::gc; };
  if (is_gc(left) || is_gc(right) || is_gc(beginning)) return {};
  if (beginning) return {store.items[beginning].parent, store.items[beginning].keyed()};
  if (!(wire.wire & (wire_root | wire_parent_id))) {
    const ItemIndex neighbour = left ? left : right;
    return neighbour ? Parent{store.items[neighbour].parent, store.items[neighbour].keyed()} : Parent{};
  }
  TypeIndex type = 0;
  if (wire.wire & wire_root) {
    type = store.intern_root(wire.origin);
  } else {
    const Item& holder = store.items[store.find(store.address_of({wire.left, wire.origin}))];
    if (holder.kind != Kind::type) return {};
    type = holder.content;
  }
  if (!(wire.wire & wire_key)) return {type, false};
  return {store.intern_slot(type, wire.right), true};
}

// Finds the item's left neighbour, and splits the one it goes into the middle of.
void place(Store& store, std::uint64_t client_id, ItemIndex index, Parent parent, const Cuts& cuts) {
  const Item& item = store.items[index];
  const ItemIndex head = parent.keyed ? store.slots[parent.index].start : store.types[parent.index].start;
  const ItemIndex behind_left = item.left ? store.items[item.left].right : head;
  const bool adjoining = item.left ? behind_left == item.right : item.right && store.items[item.right].left == 0;
  if (!cuts.left && (adjoining || behind_left == 0)) return;
  const Place found =
      Search(store, item, client_id, head, cuts).run({parent.index, parent.keyed, item.origin, item.right_origin});
  const Address origin = item.origin;
  const Address right_origin = item.right_origin;
  store.items[index].left = found.left;
  if (found.cut) {
    store.split(found.left, origin - store.items[found.left].address + 1);
  } else if (cuts.right && found.left == cuts.right) {
    store.split(found.left, right_origin - store.items[found.left].address);
  }
}

// Links the item in behind item.left.
void link(Store& store, ItemIndex index) {
  Item& item = store.items[index];
  const bool keyed = item.keyed();
  ItemIndex& head = keyed ? store.slots[item.parent].start : store.types[item.parent].start;
  if (item.left) {
    item.right = store.items[item.left].right;
    store.items[item.left].right = index;
  } else {
    item.right = head;
    head = index;
  }
  if (item.right) store.items[item.right].left = index;
  if (!keyed) {
    Type& type = store.types[item.parent];
    if (item.visible()) type.length += item.length;
    if (type.index) type.index->insert(item.left, index, item.visible() ? item.length : 0);
  } else if (!item.right) {
    // The rightmost item of a key is its value; it takes the place of the one before.
    store.slots[item.parent].last = index;
    if (item.left) store.mark_deleted(item.left);
  }
}

void note_sibling(Store& store, const Item& item) {
  Siblings* const known = store.siblings.find({item.parent, item.keyed(), item.origin, item.right_origin});
  if (known) known->by_client[store.clients[store.client_of(item.address)].id] = item.address;
}

}  // namespace

void settle(Store& store, ClientIndex client, ItemIndex index) {
  store.append(client, index);
  link(store, index);
  const Item& item = store.items[index];
  const TypeIndex type = store.type_of(item);
  if (item.kind == Kind::type) {
    store.types[item.content].item = index;
    store.types[item.content].depth = static_cast<std::uint16_t>(store.types[type].depth + 1);
  }
  if (item.kind == Kind::format) store.types[type].formatted = true;
  store.note_change(item);
  if (item.kind == Kind::deleted) store.note_came_deleted(item);
  if (store.siblings.any_beside(item.origin, item.right_origin)) note_sibling(store, item);
  const ItemIndex holder = store.types[type].item;
  if ((holder && store.items[holder].deleted()) || (item.keyed() && item.right)) store.mark_deleted(index);
}

ItemIndex integrate_adjoining(Store& store, ClientIndex client, ItemIndex begin, ItemIndex index, ItemIndex end) {
  constexpr auto bit = [](Kind kind) { return 1U << static_cast<unsigned>(kind); };
  constexpr unsigned plain = bit(Kind::string) | bit(Kind::deleted) | bit(Kind::any) | bit(Kind::json) |
                             bit(Kind::binary) | bit(Kind::embed) | bit(Kind::doc);
  if (!store.clients[client].last) return index;
  Adjoining adjoining(store, client, begin);
  Item* const items = store.items.data();  // no item is made here
  const ItemIndex first = index;
  const std::uint32_t until = adjoining.end();
  std::uint32_t clock = store.state(client);
  for (; index != end; ++index) {
    Item& item = items[index];
    if ((item.wire | wire_right_origin) != (wire_new | wire_origin | wire_right_origin) ||
        !(plain >> static_cast<unsigned>(item.kind) & 1))
      break;
    if (item.address != clock || until - clock < item.length) break;
    if (!adjoining.find_place(clock, {item.wire, item.left, item.origin, item.right, item.right_origin}, index)) break;
    if (item.kind == Kind::deleted) item.flags |= flag_deleted;
    adjoining.put(index, clock);
    clock += item.length;
  }
  adjoining.finish(first);
  return index;
}

Id missing_unit(const Store& store, const Item& item, ClientIndex own) {
  const auto lacks = [&](ClientIndex client, std::uint32_t clock) {
    return client != own && clock >= store.state(client);
  };
  if ((item.wire & (wire_origin | wire_parent_id)) && lacks(item.left, item.origin)) return {item.left, item.origin};
  if ((item.wire & wire_right_origin) && lacks(item.right, item.right_origin)) return {item.right, item.right_origin};
  return {};
}

void integrate(Store& store, ClientIndex client, ItemIndex index, std::uint32_t offset) {
  const Item wire = store.items[index];
  const std::uint64_t client_id = store.clients[client].id;
  const ItemIndex previous = store.clients[client].last;
  if (wire.kind == Kind::gc || wire.kind == Kind::deleted) store.bare_units += wire.length - offset;

  // Resolving may split items, which moves the array.
  Address origin = 0;
  Address right_origin = 0;
  ItemIndex left = 0;
  ItemIndex right = 0;
  Cuts cuts;
  // A cut through a surrogate pair must leave its trace, as in Yjs, and one through a redone item lasts.
  const auto may_wait = [&](const Item& item) {
    return !(item.flags & flag_redone) && (item.kind != Kind::string || item.extra == 0);
  };
  if (wire.wire & wire_origin) {
    origin = store.address_of({wire.left, wire.origin});
    // Most structs follow the one before them.
    left = previous && store.items[previous].last() == origin ? previous : store.find(origin);
    const Item& found = store.items[left];
    if (found.last() != origin && found.kind != Kind::gc) {
      cuts.left = may_wait(found);
      if (!cuts.left) store.split(left, origin - found.address + 1);
    }
  }
  if (wire.wire & wire_right_origin) {
    right_origin = store.address_of({wire.right, wire.right_origin});
    // Most go where nobody else has written since.
    const ItemIndex neighbour = left ? store.items[left].right : 0;
    right = neighbour && store.items[neighbour].address == right_origin ? neighbour : store.find(right_origin);
    if (cuts.left && right == left) {
      store.split(left, origin - store.items[left].address + 1);
      cuts.left = false;
      right = store.find(right_origin);
    }
    const Item& found = store.items[right];
    if (found.address != right_origin && found.kind != Kind::gc) {
      if (right != left && may_wait(found)) {
        cuts.right = right;
      } else {
        right = store.split(right, right_origin - found.address);
      }
    }
  }
  const Parent parent =
      wire.kind == Kind::gc ? Parent{} : find_parent(store, wire, left, right, offset > 0 ? previous : 0);
  if (offset > 0 && wire.kind != Kind::gc) {
    cuts.left = false;
    left = store.clients[client].last;
    origin = store.items[left].last();
  }

  {
    Item& item = store.items[index];
    item.left = left;
    item.right = cuts.right ? 0 : right;
    item.origin = origin;
    item.right_origin = right_origin;
    if (offset > 0) store.skip_content(item, offset);
  }
  if (parent.index != 0) place(store, client_id, index, parent, cuts);

  Item& item = store.items[index];
  if (parent.index == 0) {
    const std::uint32_t length = item.length;
    if (item.kind != Kind::gc) store.drop_content(item);
    item = Item{};
    item.length = length;
    item.kind = Kind::gc;
    item.flags = flag_deleted;
    store.append(client, index);
  } else {
    item.parent = parent.index;
    if (parent.keyed) item.flags |= flag_keyed;
    if (item.kind == Kind::deleted) item.flags |= flag_deleted;
    settle(store, client, index);
  }
}

}  // namespace stet::core
