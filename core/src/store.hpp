// The document store: items, clients, types, keys and content bytes, and the primitive operations on them. It knows how
// structs lie and link; what an update means is in apply.cpp, where an item belongs in integrate.cpp.
//
// After each transaction the store holds the same structs as Yjs would, except that it may keep a run in several
// items which Yjs keeps in one (because their addresses do not adjoin, or their text would have to be copied). Encoding
// joins them again: mergeable() is the one definition of what is one struct.
#pragma once

#include <cassert>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "address_space.hpp"
#include "flat_map.hpp"
#include "item.hpp"
#include "pod_vector.hpp"
#include "position_index.hpp"
#include "siblings.hpp"
#include "stet/bytes.hpp"
#include "stet/lib0.hpp"
#include "stet/types.hpp"

namespace stet::core {

struct Client {
  std::uint64_t id = 0;
  std::uint32_t state = 0;      // the next expected clock
  ItemIndex first = 0;          // the struct with clock 0
  ItemIndex last = 0;           // the struct that ends at `state`
  std::uint32_t last_run = 0;   // 0 = none yet
  bool in_transaction = false;  // named in Transaction::before
};

struct Type {
  ItemIndex item = 0;        // that holds it; 0 for a root
  KeyIndex name = 0;         // root name, node name or hook name
  ItemIndex start = 0;       // first item of the list
  SlotIndex first_slot = 0;  // the keys of its map, newest first
  std::uint64_t length = 0;  // visible units of the list
  TypeKind ref = TypeKind::root;
  TypeKind asked_for = TypeKind::root;   // a root: as what the application asked for it first
  std::uint16_t depth = 0;               // types around it (a root: 0)
  bool formatted = false;                // ever held a format
  std::unique_ptr<PositionIndex> index;  // built on the first positional access
};

// One key of a type's map: the items that were set under it; the last one is the value.
struct Slot {
  TypeIndex type = 0;
  KeyIndex key = 0;
  ItemIndex start = 0;
  ItemIndex last = 0;
  SlotIndex next_slot = 0;
};

// A (client, clock) pair of the wire with the client interned.
struct Id {
  ClientIndex client = 0;
  std::uint32_t clock = 0;
  bool operator==(const Id&) const = default;
};

// Where the copy lies that an undo made of an item (Yjs: Item.redone).
struct Redone {
  Address copy = 0;        // of the item's first unit
  bool continues = false;  // the item before it is part of the same struct
};

struct AddressRange {
  Address address = 0;
  std::uint32_t length = 0;
  ItemIndex item = 0;  // that began there when this was noted: where to look first
};

constexpr std::uint64_t no_limit = ~std::uint64_t{0};

// What a transaction did, for its observers, its update and its clean-up.
struct Transaction {
  struct Before {
    ClientIndex client;
    std::uint32_t state;
    std::uint32_t after = 0;  // its state when the transaction ended
  };
  struct CameDeleted {
    AddressRange range;
    std::size_t at;  // so many of `deleted` were there before
  };
  struct Changed {
    TypeIndex type;
    KeyIndex key;  // 0 = its list
    bool operator==(const Changed&) const = default;
  };
  PodVector<Before> before;               // clients that got new structs, with their state before
  std::vector<AddressRange> deleted;      // in the order deleted
  std::vector<CameDeleted> came_deleted;  // new structs whose content was gone already; only where track_changes
  std::vector<AddressRange> collected;    // ContentDeleted items that became GC structs
  PodVector<AddressRange> fresh;          // first units of new items that may be joined with the one before
  std::vector<AddressRange> touched;      // first units of items that may now merge with a neighbour in clock order
  std::vector<Changed> changed;           // only where Store::track_changes
  // Deleted, dropped and joined with a neighbour at once (in_place.cpp): nothing of it is left to clean up.
  PodVector<AddressRange> deleted_in_place;

  bool empty() const { return before.empty() && deleted.empty() && deleted_in_place.empty(); }
  // Keeps the memory, for the next one, unless it is that of so many entries.
  static constexpr std::size_t much = 64;
  void clear();
};

class Store {
 public:
  Store();

  PodVector<Item> items;         // [0] unused
  std::vector<Client> clients;   // [0] unused
  std::vector<Run> runs;         // [0] unused
  std::vector<Type> types;       // [0] unused
  std::vector<Slot> slots;       // [0] unused
  PodVector<std::uint8_t> data;  // content; [0] unused
  AddressSpace space;
  PodVector<LeafIndex> leaf_of;  // item -> leaf of the position index of its type; empty until there is an index
  SiblingIndex siblings;
  std::unordered_map<Address, Redone> redone;  // by the address of an item with flag_redone
  Transaction transaction;                     // the current one
  // Units that came as GC or deleted structs, which cost no bytes: see max_bare_units in apply.cpp.
  std::uint64_t bare_units = 0;
  // Items passed so far in search of the places of new ones, and how many may be: then no further one is integrated.
  std::uint64_t steps = 0;
  std::uint64_t max_steps = no_limit;
  bool gc = true;
  bool track_changes = false;  // somebody observes types, and sees new items before they are joined with others

  // --- names -------------------------------------------------------------------------------------------------
  ClientIndex find_client(std::uint64_t id) const { return client_by_id_.find(id); }
  ClientIndex intern_client(std::uint64_t id);
  KeyIndex find_key(std::string_view text) const;
  KeyIndex intern_key(std::string_view text);
  std::string_view key(KeyIndex key) const { return *keys_[key]; }
  std::size_t key_count() const { return keys_.size() - 1; }
  // As if no struct had ever come: keeps the first ones of the types, clients and keys. (Observers and handles know
  // them by their indexes.)
  void forget_structs(std::size_t types_left, std::size_t clients_left, std::size_t keys_left);
  // Forgets the clients and keys interned last, so that so many remain (undoes a refused update).
  void forget_names(std::size_t clients_left, std::size_t keys_left);
  // The clients that have structs, highest id first.
  std::vector<ClientIndex> clients_descending() const;

  std::size_t root_count() const { return root_by_name_.size(); }
  TypeIndex find_root(KeyIndex name) const { return root_by_name_.find(name); }
  TypeIndex intern_root(KeyIndex name);
  // What the type was made as, or a root asked for as; TypeKind::root for one that nobody asked for yet.
  TypeKind kind_of(TypeIndex type) const {
    return types[type].ref == TypeKind::root ? types[type].asked_for : types[type].ref;
  }
  TypeIndex add_type(TypeKind ref, KeyIndex name);
  SlotIndex find_slot(TypeIndex type, KeyIndex key) const;
  SlotIndex intern_slot(TypeIndex type, KeyIndex key);
  TypeIndex type_of(const Item& item) const { return item.keyed() ? slots[item.parent].type : item.parent; }

  std::size_t item_count() const { return items.size() - 1 - free_.size(); }
  std::size_t client_count() const { return client_count_; }  // that have structs

  // --- units -------------------------------------------------------------------------------------------------
  std::uint32_t state(ClientIndex client) const { return clients[client].state; }
  Address address_of(Id id) const;
  Id id_of(Address address) const;
  ClientIndex client_of(Address address) const { return runs[space.page(address).run].client; }
  ItemIndex find(Address address) const {
    const ItemIndex at = space.page(address).item;
    if (at + few <= items.size()) {
      const ItemIndex guess = last_before(address, at);
      const Item& item = items[guess];
      // (Items that have no address yet are none.)
      if ((address >= item.address) & (item.address >= items[at].address) & !(item.wire & wire_new)) [[likely]] {
        assert(follow_to(address, guess) == follow_to(address, at));
        return follow_to(address, guess);
      }
    }
    return follow_to(address, at);
  }
  ItemIndex follow_to(Address address, ItemIndex at) const {
    while (!items[at].holds(address)) at = items[at].next;
    return at;
  }
  // What came in one update lies in the array in the order of its clocks. Then this is, of `few` items from `at` on,
  // the last that does not begin behind the address. It looks at all of them at once, where following the links would
  // wait for each in turn, and guess each time whether it is the last.
  static constexpr ItemIndex few = 8;
  ItemIndex last_before(Address address, ItemIndex at) const {
    at += items[at + 4].address <= address ? 4 : 0;
    const Item* const from = &items[at];
    for (unsigned i = 1; i < 4; ++i) at += from[i].address <= address ? 1 : 0;
    return at;
  }
  ItemIndex find(const AddressRange& range) const {
    return range.item < items.size() && items[range.item].address == range.address ? range.item : find(range.address);
  }
  // The item that ends at / starts at that unit; splits the one it lies in (GC structs are never split).
  ItemIndex find_clean_end(Address address);
  ItemIndex find_clean_start(Address address);

  // --- structs -----------------------------------------------------------------------------------------------
  ItemIndex new_item();
  void free_item(ItemIndex item);
  // Reserves addresses for `units` further clocks of `client` if its last run has no room. False if the space is full.
  bool reserve(ClientIndex client, std::uint64_t units);
  // Gives back what is reserved and not used, where nothing was reserved after it.
  void give_back(ClientIndex client);
  // Gives the item its address at the client's state, and appends it to the client's structs.
  void append(ClientIndex client, ItemIndex item);
  // The client's structs, some more by now, end with `last`, at the clock `state`.
  void go_on(ClientIndex client, ItemIndex last, std::uint32_t state) {
    begin_client(client);
    clients[client].last = last;
    clients[client].state = state;
  }
  // Cuts the item so that its first `offset` units end it, and returns the item of the others. split() tells the
  // position index and the end of the transaction; after cut() that is up to the caller.
  ItemIndex split(ItemIndex left, std::uint32_t offset);
  ItemIndex cut(ItemIndex left, std::uint32_t offset);
  // Whether Yjs would hold `right`, the next struct of the same client, in one struct with `left`.
  bool mergeable(ItemIndex left, ItemIndex right) const { return mergeable(items[left], items[right], right); }
  bool mergeable(const Item& left, const Item& right, ItemIndex right_index) const {
    // Most neighbours differ at a glance, each in another way: it is one glance, lest the processor guess wrong at
    // each.
    const std::uint32_t differ = (left.right ^ right_index) | (right.origin ^ left.last()) |
                                 (static_cast<std::uint32_t>(left.kind) ^ static_cast<std::uint32_t>(right.kind)) |
                                 static_cast<std::uint32_t>((left.flags ^ right.flags) & flag_deleted);
    if (differ == 0 || (left.kind == Kind::gc && right.kind == Kind::gc)) [[unlikely]]
      return mergeable_where_alike(left, right);
    return false;
  }
  // Joins `right` (== left.next, mergeable) into `left` if that is cheap. Frees `right`.
  bool try_merge(ItemIndex left, ItemIndex right);
  void mark_deleted(ItemIndex item);
  // Ends the current transaction: swaps what it did with `ended`, which is to be empty. The next one begins.
  void end_transaction(Transaction& ended);
  // The same if clean_up() would find nothing to do; else false.
  bool end_tidy_transaction() {
    if (!transaction.deleted.empty() || !transaction.touched.empty() || mostly_garbage()) return false;
    if (!transaction.fresh.empty() && anything_joins()) return false;
    for (const Transaction::Before& before : transaction.before) clients[before.client].in_transaction = false;
    transaction.before.clear();
    transaction.fresh.clear();
    transaction.deleted_in_place.clear();
    if (transaction.fresh.capacity() > Transaction::much) transaction.clear();
    return true;
  }
  // The last step of a transaction: drops deleted content (where gc), joins what can be joined.
  void clean_up(Transaction& ended);
  // Notes that the client gets new structs.
  void begin_client(ClientIndex client) {
    if (clients[client].in_transaction) return;
    clients[client].in_transaction = true;
    transaction.before.add() = {client, clients[client].state};
  }
  void note_change(TypeIndex type, KeyIndex key) {
    if (!track_changes) return;
    const Transaction::Changed change{type, key};
    if (transaction.changed.empty() || transaction.changed.back() != change) transaction.changed.push_back(change);
  }
  void note_change(const Item& item) {
    if (track_changes) note_change(type_of(item), item.keyed() ? slots[item.parent].key : 0);
  }
  void note_came_deleted(const Item& item) {
    if (track_changes) transaction.came_deleted.push_back({{item.address, item.length}, transaction.deleted.size()});
  }

  // --- in place (in_place.cpp) ---------------------------------------------------------------------------------
  // What an edit of a text comes to in the end, done at once: nothing is left to drop or to join when the transaction
  // ends. False, and nothing is done, where it is another case, or where somebody has yet to see the items that are
  // made.
  // A letter typed behind the last one, as most are. Where it is another case, type_at() has to look closer.
  bool type_letter(TypeIndex type, std::uint64_t position, ClientIndex client, char letter);
  // Typing at a position of a text.
  bool type_at(TypeIndex type, std::uint64_t position, ClientIndex client, std::string_view utf8);
  // Deleting from there on. Returns how many of the units are deleted: the first ones, or all.
  std::uint64_t erase_at(TypeIndex type, std::uint64_t position, std::uint64_t length);
  // Typing on behind the last unit of the client's last item, with its right origin.
  bool type_on(ItemIndex item, ClientIndex client, std::string_view utf8);
  // Deleting so many units of the item, from `offset` on.
  bool erase_in(ItemIndex item, std::uint32_t offset, std::uint32_t units);

  // --- content -----------------------------------------------------------------------------------------------
  std::uint32_t string_bytes(const Item& item) const {
    return item.extra != 255 ? item.length + item.extra : string_bytes_long(item);
  }
  std::string_view string(const Item& item) const {
    return {reinterpret_cast<const char*>(data.data()) + item.content, string_bytes(item)};
  }
  // Size in bytes of the content as it lies in `data` (string, any, json, binary, embed, format, doc).
  std::uint32_t content_bytes(const Item& item) const;
  // Drops the first `units` of a content (for a struct of which we know the beginning already).
  void skip_content(Item& item, std::uint32_t units);
  // The content of a struct that turns out to be of no use.
  void drop_content(Item& item);
  std::uint32_t add_data(ByteView bytes);
  // The bytes from an item's content on. None for a type, whose `content` is its index.
  ByteView content_from(const Item& item) const {
    const std::uint32_t offset = item.kind == Kind::type ? 0 : item.content;
    assert(offset <= data.size());
    return {data.data() + offset, data.size() - offset};
  }
  static void set_string(Item& item, std::uint32_t offset, std::uint32_t bytes, std::uint32_t units) {
    item.content = offset;
    item.extra = static_cast<std::uint8_t>(bytes - units < 255 ? bytes - units : 255);
  }

  // Gives back memory that is free, where nothing may come for a while.
  void trim() {
    items.trim();
    data.trim();
    space.trim();
  }

  // --- self check (check.cpp) --------------------------------------------------------------------------------
  std::string check() const;

 private:
  bool mergeable_where_alike(const Item& left, const Item& right) const;
  std::uint32_t string_bytes_long(const Item& item) const;
  void split_content(Item& left, Item& right, std::uint32_t offset);
  bool merge_content(Item& left, const Item& right);
  bool merge_string(Item& left, const Item& right);
  bool make_room_behind(Item& item, std::uint32_t has, std::uint32_t bytes);
  bool in_place_possible(const Item& item) const;
  bool can_go_on(ItemIndex item, const Client& owner) const;
  // What is typed behind the item here has its right origin. (No item has address 0, as has the end of a list.)
  bool is_before_right_origin(ItemIndex item) const {
    return items[item].right_origin == items[items[item].right].address;
  }
  bool add_letter(ItemIndex item, ClientIndex client, char letter);
  bool go_on(ItemIndex item, ClientIndex client, std::string_view utf8);
  bool type_behind(ItemIndex item, std::uint32_t offset, ClientIndex client, std::string_view utf8);
  bool erase_at_end(ItemIndex item, std::uint32_t offset, std::uint32_t units);
  bool anything_joins() const;  // of Transaction::fresh
  ItemIndex joinable_left(ItemIndex item) const;
  void collect(ItemIndex item, Transaction& ended);
  void collect_children(TypeIndex type, Transaction& ended);
  void merge_around(AddressRange range);
  void merge_fresh(const Transaction& ended);
  ItemIndex item_before(ItemIndex item) const;
  ItemIndex attempt_merge(ItemIndex left, ItemIndex right);
  void merge_leftwards(ItemIndex right);
  bool mostly_garbage() const { return garbage_bytes_ > 65'536 && garbage_bytes_ > data.size() / 2; }
  void compact_data();

  std::vector<ItemIndex> free_;
  std::size_t client_count_ = 0;
  std::size_t garbage_bytes_ = 0;  // of `data`, no item points there any more
  FlatMap client_by_id_;
  std::map<std::string, KeyIndex, std::less<>> key_by_text_;
  std::vector<const std::string*> keys_;  // into key_by_text_; [0] unused
  FlatMap root_by_name_;
  FlatMap slot_by_key_;  // type << 32 | key
};

// --- hot and short -----------------------------------------------------------------------------------------------

inline Address Store::address_of(Id id) const {
  const Run* run = &runs[clients[id.client].last_run];
  while (run->clock > id.clock) run = &runs[run->previous];
  return run->address + (id.clock - run->clock);
}

inline void Store::append(ClientIndex client, ItemIndex index) {
  Client& owner = clients[client];
  const Run& run = runs[owner.last_run];
  Item& item = items[index];
  item.address = run.address + (owner.state - run.clock);
  item.wire = 0;
  item.next = 0;
  assert(item.length > 0 && item.end() <= run.end);
  space.assign(item.address, item.length, index, owner.last_run);
  if (owner.last) {
    items[owner.last].next = index;
  } else {
    owner.first = index;
    ++client_count_;
  }
  // Behind anything else it is joined with nothing: what stands between them stays.
  if (item.left == owner.last || item.kind == Kind::gc) {
    transaction.fresh.push_back({item.address, 1, index});
  }
  owner.last = index;
  owner.state += item.length;
}

// The items that a transaction makes must stand apart until its observers have run, and until the places are joined
// that it has touched.
inline bool Store::in_place_possible(const Item& item) const {
  return item.kind == Kind::string && !(item.flags & (flag_deleted | flag_keyed | flag_keep | flag_redone)) &&
         !track_changes && transaction.deleted.empty() && transaction.touched.empty();
}

// New units behind the item would be one with it as its left neighbour and origin, by the same client; where they have
// its right origin, mergeable() would join the two.
inline bool Store::can_go_on(ItemIndex index, const Client& owner) const {
  return owner.last == index && in_place_possible(items[index]) && siblings.empty();
}

// One letter, where it needs no place to be made for it: it has room where the text is last in `data` or where its
// block is not full (see make_room_behind), and an address where a page goes on. So nothing is called here, which
// spares saving registers. The type is up to the caller.
[[gnu::always_inline]] inline bool Store::add_letter(ItemIndex index, ClientIndex client, char letter) {
  Client& owner = clients[client];
  Item& item = items[index];
  if (!can_go_on(index, owner) || item.extra == 255 || item.end() % AddressSpace::page_units == 0) return false;
  const std::uint32_t bytes = item.length + item.extra;
  const bool last = item.content + bytes == data.size() && data.has_room();
  if (!last && (!(item.flags & flag_roomy) || bytes % 16 == 0)) return false;
  if (!owner.in_transaction && !transaction.before.has_room()) return false;
  begin_client(client);
  ++item.length;
  ++owner.state;
  if (last) {
    data.add();
    item.flags &= static_cast<std::uint8_t>(~flag_roomy);  // its block was full
  }
  data[item.content + bytes] = static_cast<std::uint8_t>(letter);
  return true;
}

[[gnu::always_inline]] inline bool Store::type_letter(TypeIndex at, std::uint64_t position, ClientIndex client,
                                                      char letter) {
  Type& type = types[at];
  const ItemIndex item = type.index ? type.index->recent_end(position) : 0;
  const ItemIndex right = items[item].right;
  // Behind what is deleted, or a format, it may have to go elsewhere.
  if (!item || (right && !items[right].visible()) || !is_before_right_origin(item)) return false;
  if (!add_letter(item, client, letter)) return false;
  ++type.length;
  type.index->grow_recent();
  return true;
}

inline Id Store::id_of(Address address) const {
  const Run& run = runs[space.page(address).run];
  return {run.client, run.clock + (address - run.address)};
}

}  // namespace stet::core
