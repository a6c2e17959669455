// Applying an update: decode all of it behind the store's items, then integrate what has its dependencies, then delete.
// Nothing of the store changes before the whole update has been read, so a bad one leaves no trace.
#include <algorithm>
#include <cassert>
#include <functional>
#include <span>

#include "doc_impl.hpp"
#include "tail_decoder.hpp"
#include "update_decoder.hpp"
#include "update_encoder.hpp"

namespace stet::core {

namespace {

// --- integration in the order of dependencies
// --------------------------------------------------------------------------

// Takes the structs of the highest client first, as Yjs does (the order costs least where edits conflict), and where
// one depends on a struct of another client, that client's first: an explicit stack of blocks.
class Integrator {
 public:
  Integrator(Store& store, Decoded& decoded, std::map<std::uint64_t, std::uint64_t>& missing)
      : store_(store), blocks_(decoded.blocks), missing_(missing), changed_(decoded.integrated) {
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
      if (block.clock == store_.state(block.client)) {
        // Also beyond the goal: those that have what they depend on have their place whenever they come, and so fewer
        // blocks are taken up again.
        const ItemIndex next = integrate_adjoining(store_, block.client, block.begin, block.next, block.end);
        changed_ |= next != block.next;
        block.next = next;
        block.clock = store_.state(block.client);
        if (block.done() || block.clock > goal.clock) break;
      }
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
      if (const Id needed = missing_unit(store_, item, block.client); needed.client) {
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
  bool changed_;
};

// --- deletions
// ---------------------------------------------------------------------------------------------------------

// Deletes ranges. They come sorted, mostly, and lie close to each other, so the items are walked from one to the next.
class Deleter {
 public:
  explicit Deleter(Store& store) : store_(store) {}

  // Deletes what is there of the range; returns what is not there yet.
  DeleteRange run(const DeleteRange& range) {
    if (range.client != client_id_ || client_ == 0) {
      client_id_ = range.client;
      client_ = store_.find_client(range.client);
      item_ = 0;
    }
    const std::uint64_t state = client_ ? store_.state(client_) : 0;
    if (range.clock >= state) return range;
    const std::uint64_t end = std::min(range.end(), state);
    if (!item_ || range.clock < clock_ || range.clock - clock_ > close) find(static_cast<std::uint32_t>(range.clock));
    while (clock_ + store_.items[item_].length <= range.clock) step();
    if (clock_ < range.clock && !store_.items[item_].deleted()) {
      item_ = store_.split(item_, static_cast<std::uint32_t>(range.clock - clock_));
      clock_ = range.clock;
    }
    while (true) {
      if (!store_.items[item_].deleted()) {
        if (clock_ + store_.items[item_].length > end) store_.split(item_, static_cast<std::uint32_t>(end - clock_));
        store_.mark_deleted(item_);
      }
      if (clock_ + store_.items[item_].length >= end) break;
      step();
    }
    return {range.client, end, range.end() - end};
  }

 private:
  // So many units further a search is worth its while.
  static constexpr std::uint64_t close = 256;

  void find(std::uint32_t clock) {
    const Address address = store_.address_of({client_, clock});
    item_ = store_.find(address);
    clock_ = clock - (address - store_.items[item_].address);
  }

  void step() {
    clock_ += store_.items[item_].length;
    item_ = store_.items[item_].next;
  }

  Store& store_;
  std::uint64_t client_id_ = 0;
  ClientIndex client_ = 0;
  ItemIndex item_ = 0;       // the one reached
  std::uint64_t clock_ = 0;  // of its first unit
};

// A document that comes whole names in its delete set once more what came deleted: there is nothing left to do for such
// a client.
void apply_deletes(Store& store, const Decoded& decoded, std::vector<DeleteRange>& left_over) {
  using Ranges = std::span<const DeleteRange>;
  Deleter deleter(store);
  for (Ranges rest = decoded.deletes; !rest.empty();) {
    const std::uint64_t client = rest[0].client;
    const auto other = std::ranges::find_if(rest, [&](const DeleteRange& range) { return range.client != client; });
    const Ranges ranges(rest.begin(), other);
    rest = {other, rest.end()};
    const Ranges deleted =
        std::ranges::equal_range(decoded.came_deleted, client, std::greater<>(), &DeleteRange::client);
    if (std::ranges::equal(ranges, deleted) && deleted.back().end() <= store.state(store.find_client(client))) continue;
    for (const DeleteRange& range : ranges) {
      const DeleteRange missing = deleter.run(range);
      if (missing.length > 0) left_over.push_back(missing);
    }
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
  Deleter deleter(doc.store);
  for (const std::uint64_t client : advanced) {
    auto at = std::lower_bound(ranges.begin(), ranges.end(), client,
                               [](const DeleteRange& range, std::uint64_t id) { return range.client > id; });
    for (; at != ranges.end() && at->client == client && at->length > 0; ++at) {
      const DeleteRange rest = deleter.run(*at);
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
  TailDecoder decoder(doc.store, doc.work_limit);
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
  apply_deletes(doc.store, *decoded, waiting);
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

// Whether a unit with that right origin, and the item's last unit as its origin, is one with the item. What others have
// written before that right origin stands behind it, but where they did so behind the same unit: there ids decide.
bool stands_behind(const Store& store, ItemIndex index, Address right_origin) {
  const Item& item = store.items[index];
  const Item& next = store.items[item.right];
  if (right_origin != item.right_origin) return false;
  if (next.address == right_origin) return true;
  if (next.origin == item.last()) return false;
  if (right_origin == 0) return true;
  const Item& right = store.items[store.find(right_origin)];
  return right.address == right_origin && right.kind != Kind::gc;  // else it has to be split, or is gone
}

// What most updates of a live document are: somebody types or deletes where he did so last. Then nothing has to be
// made, placed and joined. False, and nothing is done, where it is another case or a bad update.
bool goes_on(Store& store, ByteView update) {
  UpdateDecoder<ColumnsV1> in(update);
  if (const WireStruct* s = in.next()) {
    if (s->kind != Kind::string || !s->has_origin()) return false;
    const ClientIndex client = store.find_client(s->client);
    if (!client || s->clock == 0 || s->clock != store.state(client)) return false;
    if (s->origin != WireId{s->client, s->clock - 1} || s->end() > max_clock) return false;
    const ItemIndex last = store.clients[client].last;
    Address right_origin = 0;
    if (s->has_right_origin()) {
      const ClientIndex right_client = store.find_client(s->right_origin.client);
      if (!right_client || s->right_origin.clock >= store.state(right_client)) return false;
      right_origin = store.address_of({right_client, static_cast<std::uint32_t>(s->right_origin.clock)});
    }
    if (!stands_behind(store, last, right_origin) || store.data.size() + update.size() > 0xffffffff) return false;
    const std::string_view text = s->text;
    if (in.next() || !in.ok() || in.in.rest.byte() != 0 || !in.in.rest.at_end()) return false;
    return store.type_on(last, client, text);
  }
  if (!in.ok() || in.in.rest.byte() != 1) return false;
  const std::uint64_t id = in.in.rest.varuint();
  if (in.in.rest.byte() != 1) return false;
  const std::uint64_t clock = in.in.rest.varuint();
  const std::uint64_t length = in.in.rest.varuint();
  if (!in.ok() || !in.in.rest.at_end() || length == 0) return false;
  const ClientIndex client = store.find_client(id);
  if (!client || clock + length > store.state(client)) return false;
  const Address address = store.address_of({client, static_cast<std::uint32_t>(clock)});
  const ItemIndex item = store.find(address);
  const std::uint32_t offset = address - store.items[item].address;
  if (offset + length > store.items[item].length) return false;
  return store.erase_in(item, offset, static_cast<std::uint32_t>(length));
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
  constexpr std::size_t few_bytes = 256;  // as long as a part of a sentence
  if (encoding == Encoding::v1 && update.size() <= few_bytes && doc.pending_update.empty() &&
      doc.pending_deletes.empty() && goes_on(store, update)) {
    doc.end_transaction(origin, false);
    return Applied{.changed = true, .exact = true, .pending = false, .update = {}};
  }
  const std::size_t items_before = store.items.size();
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
  // What was loaded may be there to be read only. Not often, for what is written next makes room for half as much
  // again.
  if (store.items.size() > items_before + items_before / 2 + 1024) store.trim();
  return applied;
}

}  // namespace stet::core
