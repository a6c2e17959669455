// The structs of one client, put in their places one after the other, as long as they are of the kind that nearly all
// are: nothing was put between their origins since, so they belong right there. All of a large update goes through
// this: what does not change from one struct to the next is held here, and handed back at the end. All of it is
// inlined, so that it can be held in registers.
#pragma once

#include <utility>

#include "store.hpp"

namespace stet::core {

class Adjoining {
 public:
  // The origins of a struct as they stand on the wire.
  struct Origins {
    std::uint8_t wire;  // see Item::wire
    ClientIndex client;
    std::uint64_t clock;
    ClientIndex right_client;  // 0 where there is no right origin
    std::uint64_t right_clock;
  };

  // The client must have a struct already. The items from `in_order` to the next one that is put are the client's, in
  // the order of its clocks. (They may have been split: the other parts lie elsewhere.)
  [[gnu::always_inline]] Adjoining(Store& store, ClientIndex client, ItemIndex in_order)
      : store_(store),
        client_(client),
        in_order_(in_order),
        items_(store.items.data()),
        run_index_(store.clients[client].last_run),
        run_clock_(store.runs[run_index_].clock),
        offset_(store.runs[run_index_].address - run_clock_),
        watched_(store.track_changes),
        last_(store.clients[client].last) {}
  Adjoining(const Adjoining&) = delete;

  // The clock up to which units have an address.
  [[gnu::always_inline]] std::uint32_t end() const { return store_.runs[run_index_].end - offset_; }

  // Looks for the place of the next struct, a text or the like, which begins at `clock`; `next` will be its item. False
  // if that takes more thought.
  [[gnu::always_inline]] bool find_place(std::uint32_t clock, const Origins& origins, ItemIndex next) {
    goes_on_ = origins.clock == clock - 1 && origins.client == client_ && origins.wire == wire_ &&
               origins.right_clock == right_clock_ && origins.right_client == right_client_;
    origin_ = clock - 1 + offset_;
    left_ = last_;
    if (goes_on_) return true;
    const Address before = origin_;
    wire_ = 0;
    origin_ = resolve(origins.client, origins.clock, clock);
    right_origin_ = 0;
    if (origins.wire & wire_right_origin) {
      right_origin_ = resolve(origins.right_client, origins.right_clock, clock);
      if (!right_origin_) return false;
    }
    if (!origin_) return false;
    if (origin_ != before) [[likely]]
      left_ = find(origin_, next);
    const Item& left = items_[left_];
    right_ = left.right;
    if (left.last() != origin_ || items_[right_].address != right_origin_ || left.kind == Kind::gc || left.keyed()) {
      return false;
    }
    if (left.parent != parent_) {
      const Type& type = store_.types[left.parent];
      if (type.item && items_[type.item].deleted()) return false;
      store_.types[parent_].length += std::exchange(visible_, 0);
      parent_ = left.parent;
      positions_ = type.index.get();
    }
    wire_ = origins.wire;
    right_clock_ = origins.right_clock;
    right_client_ = origins.right_client;
    return true;
  }

  // Puts the item there: its kind, flags, length and content are set, and its units have addresses.
  [[gnu::always_inline]] void put(ItemIndex index, std::uint32_t clock) {
    Item& item = items_[index];
    const Address address = clock + offset_;
    item.left = left_;
    item.right = right_;
    item.address = address;
    item.next = 0;
    item.origin = origin_;
    item.right_origin = right_origin_;
    item.parent = parent_;
    item.wire = 0;
    items_[left_].right = index;
    if (right_) items_[right_].left = index;
    items_[last_].next = index;
    if (!pages_.assign(address, item.length, index, run_index_)) [[unlikely]] {
      store_.space.assign(address, item.length, index, run_index_);
      pages_ = store_.space.pages_behind(item.last(), store_.runs[run_index_].end);
    }
    const bool bare = item.kind == Kind::deleted;
    bare_ += bare ? item.length : 0;
    visible_ += bare ? 0 : item.length;
    // Those in Store::siblings stand between their origins, and here nothing does.
    assert(!store_.siblings.find({parent_, false, origin_, right_origin_}));
    if (positions_) positions_->insert(left_, index, item.visible() ? item.length : 0);
    if (watched_) {
      store_.note_change(item);
      if (item.deleted()) store_.note_came_deleted(item);
    }
    store_.transaction.fresh.push_back_where(goes_on_ & (items_[last_].kind == item.kind), {address, 1, index});
    last_ = index;
  }

  // A new item at the end of the array, of no value yet.
  [[gnu::always_inline]] Item& add_item() {
    Item& added = store_.items.add();
    items_ = store_.items.data();
    return added;
  }

  // Tells the store what was put, if anything was; `first` was the first. Returns how many units cost no bytes.
  [[gnu::always_inline]] std::uint64_t finish(ItemIndex first) {
    if (last_ == store_.clients[client_].last) return 0;
    store_.transaction.fresh.push_back({items_[first].address, 1, first});  // what is before it was not looked at
    store_.types[parent_].length += visible_;
    store_.bare_units += bare_;
    store_.go_on(client_, last_, items_[last_].end() - offset_);
    return bare_;
  }

 private:
  // The address of a unit; 0 where it is not there yet, when the client's state is `own_state`.
  [[gnu::always_inline]] Address resolve(ClientIndex client, std::uint64_t clock, std::uint32_t own_state) const {
    const auto short_clock = static_cast<std::uint32_t>(clock);
    if (client == client_) [[likely]] {
      if (clock >= own_state) return 0;
      if (short_clock >= run_clock_) [[likely]]
        return short_clock + offset_;
    } else if (clock >= store_.state(client)) {
      return 0;
    }
    return store_.address_of({client, short_clock});
  }

  // The item that holds a unit. Who deletes or writes here and there goes from one item to the next. Else see
  // Store::last_before().
  [[gnu::always_inline]] ItemIndex find(Address unit, ItemIndex next) const {
    const ItemIndex right = items_[last_].right;
    if (items_[right].holds(unit)) return right;
    if (const ItemIndex left = items_[last_].left; items_[left].holds(unit)) return left;
    if (const ItemIndex behind = items_[right].right; items_[behind].holds(unit)) return behind;
    const ItemIndex at = store_.space.page(unit).item;
    if (at < in_order_ || at + Store::few > next) return store_.find(unit);
    return store_.follow_to(unit, store_.last_before(unit, at));
  }

  Store& store_;
  ClientIndex client_;
  ItemIndex in_order_;
  Item* items_;
  std::uint32_t run_index_;
  std::uint32_t run_clock_;
  std::uint32_t offset_;  // from a clock to its address
  bool watched_;
  ItemIndex last_;  // the client's last item
  AddressSpace::Pages pages_;
  TypeIndex parent_ = 0;
  PositionIndex* positions_ = nullptr;  // of parent_
  std::uint64_t visible_ = 0;           // units that it has got
  std::uint64_t bare_ = 0;

  // The place of the struct that comes next.
  bool goes_on_ = false;  // right behind the client's struct before, which has the same right origin
  ItemIndex left_ = 0;
  Address origin_ = 0;
  ItemIndex right_ = 0;
  Address right_origin_ = 0;
  // Of the last struct whose place was found: Origins::wire (0 where there was none), and its right origin there.
  std::uint8_t wire_ = 0;
  ClientIndex right_client_ = 0;
  std::uint64_t right_clock_ = 0;
};

}  // namespace stet::core
