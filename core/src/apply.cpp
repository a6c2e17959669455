// Applying an update: decode all of it behind the store's items, then integrate what has its dependencies, then delete.
// Nothing of the store changes before the whole update has been read, so a bad one leaves no trace.
#include <algorithm>
#include <array>
#include <cassert>

#include "doc_impl.hpp"
#include "update_decoder.hpp"
#include "update_encoder.hpp"

namespace stet::core {

namespace {

// A client's last clock that can be integrated: so no struct that is joined from others exceeds max_length.
constexpr std::uint64_t max_clock = max_length;

// A document has 2^32 addresses for units. Text and values cost their sender bytes; units that come deleted cost none,
// and a few of 2^31 would leave no room for anybody. So they may take half of the addresses.
constexpr std::uint64_t max_bare_units = std::uint64_t{1} << 31;

// A struct of more such units gets its addresses when it is integrated. (One that has to wait takes none.)
constexpr std::uint64_t max_reserved_bare = 1U << 16;

bool is_bare(Kind kind) { return kind == Kind::gc || kind == Kind::deleted; }

// Far beyond what documents have, and few enough to walk (hostile-inputs 57 and 59).
constexpr std::size_t max_roots = 10'000;
constexpr std::uint16_t max_depth = 10'000;

// The structs of one client in an update; their items lie one behind the other.
struct Block {
  ClientIndex client = 0;
  std::uint64_t end_clock = 0;
  std::uint64_t clock = 0;  // of the next one to integrate
  ItemIndex next = 0;
  ItemIndex end = 0;
  bool scattered = false;  // has holes, or units that cost no bytes: gets addresses struct by struct
  bool stuck = false;      // waits for something that is missing

  bool done() const { return next == end; }
};

struct Decoded {
  std::vector<Block> blocks;  // by client id, ascending
  std::vector<DeleteRange> deletes;
};

// --- decoding --------------------------------------------------------------------------------------------------------

class TailDecoder {
 public:
  explicit TailDecoder(Store& store)
      : store_(store),
        items_before_(store.items.size()),
        types_before_(store.types.size()),
        data_before_(store.data.size()),
        clients_before_(store.clients.size()),
        keys_before_(store.key_count()) {}

  template <class Columns>
  Result<Decoded> run(ByteView update) {
    // Everything that an item of the store can name must fit into 32 bits.
    if (store_.data.size() + update.size() * 2 > 0xffffffff)
      return Error{ErrorCode::too_large, 0, "document too large"};
    UpdateDecoder<Columns> in(update);
    Decoded decoded;
    while (const WireStruct* s = in.next()) {
      if (decoded.blocks.empty() || store_.clients[decoded.blocks.back().client].id != s->client) {
        close(decoded);
        const auto first = static_cast<ItemIndex>(store_.items.size());
        decoded.blocks.push_back({.client = client(s->client), .clock = s->clock, .next = first});
      }
      decoded.blocks.back().end_clock = s->end();
      decoded.blocks.back().scattered |= s->kind == Kind::skip || (is_bare(s->kind) && s->length > max_reserved_bare);
      add(*s);
      if (!within_limits_) in.in.rest.fail(ErrorCode::too_large, "too many root types, nesting or deleted units");
    }
    close(decoded);
    if (in.ok()) in.read_deletes(decoded.deletes);
    if (in.ok() && !sort_blocks(decoded)) in.in.rest.fail(ErrorCode::malformed, "two sections for one client");
    if (!in.ok()) {
      undo();
      return in.error();
    }
    if (store_.items.size() - items_before_ > 1024) {
      store_.items.trim();
      store_.data.trim();
    }
    if (!store_.leaf_of.empty()) store_.leaf_of.resize(store_.items.size());
    return decoded;
  }

  // How many structs do not simply follow the one before them of their client. Only those can be far from their place:
  // the search for that passes each item of the document at most once.
  std::uint64_t loose() const { return loose_; }

  // As if the update had been refused.
  void undo() {
    store_.items.resize(items_before_);
    store_.types.resize(types_before_);
    store_.data.resize(data_before_);
    store_.forget_names(clients_before_, keys_before_ + 1);
    if (!store_.leaf_of.empty()) store_.leaf_of.resize(items_before_);
  }

  // Once all is integrated: forgets the types of structs that were not.
  void drop_unused_types() {
    std::vector<Type>& types = store_.types;
    while (types.size() > types_before_ && types.back().item == 0 && types.back().ref != TypeKind::root)
      types.pop_back();
  }

 private:
  void close(Decoded& decoded) const {
    if (!decoded.blocks.empty()) decoded.blocks.back().end = static_cast<ItemIndex>(store_.items.size());
  }

  bool sort_blocks(Decoded& decoded) const {
    const auto id = [&](const Block& block) { return store_.clients[block.client].id; };
    std::sort(decoded.blocks.begin(), decoded.blocks.end(),
              [&](const Block& a, const Block& b) { return id(a) < id(b); });
    return std::adjacent_find(decoded.blocks.begin(), decoded.blocks.end(), [&](const Block& a, const Block& b) {
             return a.client == b.client;
           }) == decoded.blocks.end();
  }

  ClientIndex client(std::uint64_t id) {
    Known& known = known_[id % known_.size()];
    if (known.id != id || known.client == 0) known = {id, store_.intern_client(id)};
    return known.client;
  }

  // Stores a reference in (client, clock) fields of the item.
  void refer(Item& item, const WireId& id, std::uint32_t& client_field, std::uint32_t& clock_field, std::uint8_t bit) {
    client_field = client(id.client);
    // What lies further is missing for ever.
    clock_field = static_cast<std::uint32_t>(std::min<std::uint64_t>(id.clock, 0xffffffff));
    item.wire |= bit;
  }

  void add(const WireStruct& s) {
    Item& item = store_.items.push_back({});
    item.kind = s.kind;
    item.address = static_cast<std::uint32_t>(s.clock);
    item.length = static_cast<std::uint32_t>(s.length);
    if (s.end() > max_clock) item.wire |= wire_far;
    if (is_bare(s.kind)) count_bare(s);
    if (s.kind == Kind::skip) item.origin = static_cast<std::uint32_t>(s.length >> 32);
    if (s.kind == Kind::gc || s.kind == Kind::skip) return;
    if (!s.has_origin() || s.origin.client != s.client || s.origin.clock + 1 != s.clock) ++loose_;
    if (s.has_origin()) refer(item, s.origin, item.left, item.origin, wire_origin);
    if (s.has_right_origin()) refer(item, s.right_origin, item.right, item.right_origin, wire_right_origin);
    if (s.parent_info == ParentInfo::root) {
      item.wire |= wire_root;
      item.origin = store_.intern_key(s.root);
      count_root(item.origin);
    } else if (s.parent_info == ParentInfo::id) {
      refer(item, s.parent, item.left, item.origin, wire_parent_id);
    }
    if (s.parent_info != ParentInfo::none && (s.info & info_key)) {
      item.wire |= wire_key;
      item.right = store_.intern_key(s.key);
    }
    add_content(item, s);
  }

  void add_content(Item& item, const WireStruct& s) {
    switch (s.kind) {
      case Kind::string:
        store_.set_string(item, store_.add_data(as_bytes(s.text)), static_cast<std::uint32_t>(s.text.size()),
                          item.length);
        return;
      case Kind::type: {
        const KeyIndex name = s.text.empty() ? 0 : store_.intern_key(s.text);
        item.content = store_.add_type(static_cast<TypeKind>(s.type_ref), name);
        if (s.parent_info == ParentInfo::id) count_depth(item);
        new_types_.insert(std::uint64_t{client(s.client)} << 32 | item.address, item.content);
        return;
      }
      case Kind::format:
      case Kind::embed:
        item.content = static_cast<std::uint32_t>(store_.data.size());
        if (s.kind == Kind::format) add_varuint(store_.intern_key(s.text));
        store_.add_data(s.bytes);
        if (s.any_value) item.flags |= flag_any_value;
        return;
      case Kind::doc:
        item.content = static_cast<std::uint32_t>(store_.data.size());
        add_varuint(s.text.size());
        store_.add_data(as_bytes(s.text));
        store_.add_data(s.bytes);
        return;
      case Kind::binary:
      case Kind::any:
      case Kind::json:
        item.content = store_.add_data(s.bytes);
        return;
      default:
        return;
    }
  }

  void count_bare(const WireStruct& s) {
    const ClientIndex owner = client(s.client);
    if (s.end() > store_.state(owner)) bare_units_ += s.length;
    within_limits_ &= store_.bare_units + bare_units_ <= max_bare_units;
  }

  void count_root(KeyIndex name) {
    if (store_.find_root(name) || new_roots_.find(name)) return;
    new_roots_.insert(name, 1);
    within_limits_ &= store_.root_count() + new_roots_.size() <= max_roots;
  }

  // A type within a type: the one around it came earlier in this update, or is in the store.
  void count_depth(const Item& item) {
    const std::uint64_t parent_id = std::uint64_t{item.left} << 32 | item.origin;
    TypeIndex parent = new_types_.find(parent_id);
    if (!parent && item.origin < store_.state(item.left)) {
      const Item& holder = store_.items[store_.find(store_.address_of({item.left, item.origin}))];
      if (holder.kind == Kind::type) parent = holder.content;
    }
    Type& type = store_.types[item.content];
    type.depth = static_cast<std::uint16_t>((parent ? store_.types[parent].depth : 0) + 1);
    within_limits_ &= type.depth <= max_depth;
  }

  void add_varuint(std::uint64_t value) {
    Writer out;
    out.varuint(value);
    store_.add_data(out.view());
  }

  Store& store_;
  std::size_t items_before_;
  std::size_t types_before_;
  std::size_t data_before_;
  std::size_t clients_before_;
  std::size_t keys_before_;
  // The clients looked up last: an update names few, over and over.
  struct Known {
    std::uint64_t id = 0;
    ClientIndex client = 0;
  };
  std::array<Known, 64> known_{};

  bool within_limits_ = true;
  std::uint64_t loose_ = 0;
  std::uint64_t bare_units_ = 0;
  FlatMap new_roots_;
  FlatMap new_types_;  // id of the struct that holds it -> type
};

// --- integration in the order of dependencies
// --------------------------------------------------------------------------

// Takes the structs of the highest client first, as Yjs does (the order costs least where edits conflict), and where
// one depends on a struct of another client, that client's first: an explicit stack of blocks.
class Integrator {
 public:
  Integrator(Store& store, Decoded& decoded, std::map<std::uint64_t, std::uint64_t>& missing)
      : store_(store), blocks_(decoded.blocks), missing_(missing) {
    if (blocks_.size() > 8) {
      for (std::size_t i = 0; i < blocks_.size(); ++i) {
        block_of_.insert(blocks_[i].client, static_cast<std::uint32_t>(i + 1));
      }
    }
  }

  // Every struct was new and contiguous, and none waits.
  bool exact() const { return exact_; }
  bool waiting() const { return waiting_; }
  bool changed() const { return changed_; }
  // Up to where each client's structs have been dealt with: what follows waits.
  StateVector dealt_with() const {
    StateVector clocks;
    for (const Block& block : blocks_) clocks[store_.clients[block.client].id] = block.clock;
    return clocks;
  }

  void run() {
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      stack_.push_back({&blocks_[i], max_clock});
      while (!stack_.empty()) step();
    }
    for (const Block& block : blocks_) {
      for (ItemIndex item = block.next; item < block.end; ++item) discard(item);
    }
    // From behind, so that the array shrinks again if nothing was needed.
    std::sort(unused_.begin(), unused_.end());
    while (!unused_.empty()) {
      store_.free_item(unused_.back());
      unused_.pop_back();
    }
  }

 private:
  // A block to bring on until the state of its client is past `clock`.
  struct Goal {
    Block* block;
    std::uint64_t clock;
  };

  // Brings the block on top of the stack on: integrates what it can, or puts the block that is needed first above it.
  void step() {
    const Goal goal = stack_.back();
    Block& block = *goal.block;
    while (!block.done() && !block.stuck && store_.state(block.client) <= goal.clock) {
      if (store_.steps > store_.max_steps) return give_up();
      const Item& item = store_.items[block.next];
      const std::uint32_t length = item.length;
      if (item.kind == Kind::skip) {
        exact_ = false;
        block.clock += std::uint64_t{item.origin} << 32 | length;
        discard(block.next++);
        continue;
      }
      const std::uint32_t state = store_.state(block.client);
      if ((item.wire & wire_far) || block.clock > state) {
        if (block.clock > state) miss(store_.clients[block.client].id, block.clock - 1);
        return give_up();
      }
      const auto offset = static_cast<std::uint32_t>(state - block.clock);
      if (const Id needed = missing_unit(item, block.client); needed.client) {
        Block* other = block_of(needed.client);
        if (!other || other->stuck || other->done() || on_stack(*other)) {
          // Not needed.clock: as Yjs, which tries again once that client has anything new.
          miss(store_.clients[needed.client].id, store_.state(needed.client));
          return give_up();
        }
        stack_.push_back({other, needed.clock});
        return;
      }
      if (offset > 0) exact_ = false;
      if (offset >= length) {
        cut_where_known(item);
        discard(block.next++);
      } else {
        store_.begin_client(block.client);
        if (!store_.reserve(block.client, block.scattered ? length - offset : block.end_clock - state))
          return give_up();
        integrate(store_, block.client, block.next++, offset);
        changed_ = true;
      }
      block.clock += length;
    }
    stack_.pop_back();
  }

  // Content that is not needed must not stay for ever.
  void discard(ItemIndex item) {
    store_.drop_content(store_.items[item]);
    unused_.push_back(item);
  }

  // Yjs looks up the origins of a struct before it sees that it has it already. That splits the items there, which are
  // joined again later: of no effect, unless the cut goes through a surrogate pair.
  void cut_where_known(const Item& known) {
    const Item wire = known;  // a split moves the items
    if (wire.wire & wire_origin) store_.find_clean_end(store_.address_of({wire.left, wire.origin}));
    if (wire.wire & wire_right_origin) store_.find_clean_start(store_.address_of({wire.right, wire.right_origin}));
  }

  // A unit of another client, if any, that `item` names and the store has not. A struct that is known already waits for
  // it, too, as in Yjs.
  Id missing_unit(const Item& item, ClientIndex own) const {
    const auto lacks = [&](ClientIndex client, std::uint32_t clock) {
      return client != own && clock >= store_.state(client);
    };
    if ((item.wire & (wire_origin | wire_parent_id)) && lacks(item.left, item.origin)) return {item.left, item.origin};
    if ((item.wire & wire_right_origin) && lacks(item.right, item.right_origin)) {
      return {item.right, item.right_origin};
    }
    return {};
  }

  // Nothing on the stack can go on: each block waits for the one above it, and the top one for something missing.
  void give_up() {
    exact_ = false;
    waiting_ = true;
    for (const Goal& goal : stack_) goal.block->stuck = true;
    stack_.clear();
  }

  void miss(std::uint64_t client, std::uint64_t clock) {
    const auto [entry, added] = missing_.emplace(client, clock);
    if (!added) entry->second = std::min(entry->second, clock);
  }

  Block* block_of(ClientIndex client) {
    if (blocks_.size() > 8) {
      const std::uint32_t found = block_of_.find(client);
      return found ? &blocks_[found - 1] : nullptr;
    }
    for (Block& block : blocks_) {
      if (block.client == client) return &block;
    }
    return nullptr;
  }

  bool on_stack(const Block& block) const {
    return std::any_of(stack_.begin(), stack_.end(), [&](const Goal& goal) { return goal.block == &block; });
  }

  Store& store_;
  std::vector<Block>& blocks_;
  std::map<std::uint64_t, std::uint64_t>& missing_;
  FlatMap block_of_;
  std::vector<Goal> stack_;
  std::vector<ItemIndex> unused_;
  bool exact_ = true;
  bool waiting_ = false;
  bool changed_ = false;
};

// --- deletions
// ---------------------------------------------------------------------------------------------------------

// Deletes what is there of the range; returns what is not there yet.
DeleteRange delete_range(Store& store, const DeleteRange& range) {
  const ClientIndex client = store.find_client(range.client);
  const std::uint64_t state = client ? store.state(client) : 0;
  if (range.clock >= state) return range;
  const std::uint64_t end = std::min(range.end(), state);
  const auto clock = static_cast<std::uint32_t>(range.clock);
  const Address address = store.address_of({client, clock});
  ItemIndex item = store.find(address);
  std::uint64_t at = range.clock - (address - store.items[item].address);
  if (at < range.clock && !store.items[item].deleted()) {
    item = store.split(item, static_cast<std::uint32_t>(range.clock - at));
    at = range.clock;
  }
  while (item && at < end) {
    if (!store.items[item].deleted()) {
      if (at + store.items[item].length > end) store.split(item, static_cast<std::uint32_t>(end - at));
      store.mark_deleted(item);
    }
    at += store.items[item].length;
    item = store.items[item].next;
  }
  return {range.client, end, range.end() - end};
}

void apply_deletes(Store& store, const std::vector<DeleteRange>& ranges, std::vector<DeleteRange>& left_over) {
  for (const DeleteRange& range : ranges) {
    const DeleteRange rest = delete_range(store, range);
    if (rest.length > 0) left_over.push_back(rest);
  }
}

// Deletes what has waited for structs that are there by now.
void apply_pending_deletes(Doc::Impl& doc) {
  std::vector<DeleteRange>& ranges = doc.pending_deletes;
  if (ranges.empty()) return;
  std::vector<std::uint64_t> advanced{doc.options.client_id};  // it may have edited
  for (const Transaction::Before& before : doc.store.transaction.before) {
    advanced.push_back(doc.store.clients[before.client].id);
  }
  std::sort(advanced.begin(), advanced.end(), std::greater<>());
  bool over = false;
  for (const std::uint64_t client : advanced) {
    auto at = std::lower_bound(ranges.begin(), ranges.end(), client,
                               [](const DeleteRange& range, std::uint64_t id) { return range.client > id; });
    for (; at != ranges.end() && at->client == client && at->length > 0; ++at) {
      const DeleteRange rest = delete_range(doc.store, *at);
      if (rest.length == at->length) break;
      *at = rest;
      over |= rest.length == 0;
    }
  }
  if (over) std::erase_if(ranges, [](const DeleteRange& range) { return range.length == 0; });
}

struct Part {
  bool exact;  // the bytes say exactly what was integrated
  bool changed;
};

template <class Columns>
Result<Part> apply_part(Doc::Impl& doc, ByteView update);

// Whether the update can be integrated in as many steps as the document may spend on one. Tried on a copy, and only
// where the number of structs does not tell.
template <class Columns>
bool within_work_limit(const Doc::Impl& doc, ByteView update, std::uint64_t loose) {
  const bool bounded = doc.store.max_steps != no_limit;  // what is too much then waits
  if (bounded || loose <= doc.work_limit / doc.store.items.size()) return true;
  Doc::Impl copy;
  if (!apply(copy, encode_state(doc, {}, Encoding::v1), Encoding::v1, {})) return true;
  copy.store.steps = 0;
  copy.store.max_steps = doc.work_limit;
  return !apply_part<Columns>(copy, update) || copy.store.steps <= doc.work_limit;
}

// One update within a transaction.
template <class Columns>
Result<Part> apply_part(Doc::Impl& doc, ByteView update) {
  TailDecoder decoder(doc.store);
  Result<Decoded> decoded = decoder.run<Columns>(update);
  if (!decoded) return decoded.error();
  if (!within_work_limit<Columns>(doc, update, decoder.loose())) {
    decoder.undo();
    return Error{ErrorCode::too_large, 0, "too many conflicts"};
  }
  Integrator integrator(doc.store, *decoded, doc.pending_missing);
  integrator.run();
  decoder.drop_unused_types();
  const std::size_t deleted_before = doc.store.transaction.deleted.size();
  std::vector<DeleteRange> waiting;
  apply_deletes(doc.store, decoded->deletes, waiting);
  const std::size_t deleted = doc.store.transaction.deleted.size();
  const bool all_there = waiting.empty();
  apply_pending_deletes(doc);
  const std::size_t deleted_after = doc.store.transaction.deleted.size();
  if (!all_there) {
    doc.pending_deletes.insert(doc.pending_deletes.end(), waiting.begin(), waiting.end());
    normalize(doc.pending_deletes);
  }
  if (integrator.waiting()) {
    Bytes as_v1;
    if (std::is_same_v<Columns, ColumnsV2>) {
      as_v1 = std::move(*convert_update(update, Encoding::v2, Encoding::v1));
      update = as_v1;
    }
    Bytes rest = std::move(*diff_update(update, integrator.dealt_with(), Encoding::v1, false));
    if (!doc.pending_update.empty()) {
      const ByteView parts[] = {doc.pending_update, rest};
      rest = std::move(*merge_updates(parts, Encoding::v1));
    }
    doc.pending_update = std::move(rest);
  }
  return Part{.exact = integrator.exact() && all_there && deleted_after == deleted,
              .changed = integrator.changed() || deleted_after > deleted_before};
}

bool something_arrived(const Doc::Impl& doc) {
  return std::any_of(doc.pending_missing.begin(), doc.pending_missing.end(), [&](const auto& missing) {
    const ClientIndex client = doc.store.find_client(missing.first);
    return client && missing.second < doc.store.state(client);
  });
}

}  // namespace

Result<Applied> apply(Doc::Impl& doc, ByteView update, Encoding encoding, const Origin& origin) {
  Store& store = doc.store;
  const Result<Part> part =
      encoding == Encoding::v1 ? apply_part<ColumnsV1>(doc, update) : apply_part<ColumnsV2>(doc, update);
  if (!part) return part.error();
  Applied applied;
  applied.exact = part->exact;
  if (!doc.pending_update.empty() && something_arrived(doc)) {
    const Bytes waiting = std::exchange(doc.pending_update, {});
    doc.pending_missing.clear();
    store.steps = 0;
    store.max_steps = doc.work_limit;
    const Result<Part> again = apply_part<ColumnsV1>(doc, waiting);
    store.max_steps = no_limit;
    assert(again.ok());
    applied.exact &= !again->changed;
  }
  applied.changed = !store.transaction.empty();
  applied.pending = !doc.pending_update.empty() || !doc.pending_deletes.empty();
  if (!applied.changed) {
    Transaction nothing;
    store.end_transaction(nothing);
    store.clean_up(nothing);
  } else {
    doc.end_transaction(origin, false, applied.exact ? nullptr : &applied.update);
  }
  return applied;
}

}  // namespace stet::core
