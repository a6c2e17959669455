#include "tail_decoder.hpp"

#include <algorithm>

#include "adjoining.hpp"
#include "doc_impl.hpp"
#include "update_decoder.hpp"

namespace stet::core {

namespace {

// A document has 2^32 addresses for units. Text and values cost their sender bytes; units that come deleted cost none,
// and a few of 2^31 would leave no room for anybody. So they may take half of the addresses.
constexpr std::uint64_t max_bare_units = std::uint64_t{1} << 31;

// A struct of more such units gets its addresses when it is integrated. (One that has to wait takes none.)
constexpr std::uint64_t max_reserved_bare = 1U << 16;

bool is_bare(Kind kind) { return kind == Kind::gc || kind == Kind::deleted; }

// Far beyond what documents have, and few enough to walk (hostile-inputs 57 and 59).
constexpr std::size_t max_roots = 10'000;
constexpr std::uint16_t max_depth = 10'000;

}  // namespace

template <class Columns>
Result<Decoded> TailDecoder::run(ByteView update) {
  // Everything that an item of the store can name must fit into 32 bits.
  if (store_.data.size() + update.size() * 2 > 0xffffffff) return Error{ErrorCode::too_large, 0, "document too large"};
  UpdateDecoder<Columns> in(update);
  Decoded decoded;
  while (const WireStruct* s = in.next()) {
    if (decoded.blocks.empty()) make_room(in.likely_structs());
    if (own_.id != s->client || own_.client == 0) begin_block(decoded, *s);
    Block& block = decoded.blocks.back();
    block.scattered |= s->kind == Kind::skip || (is_bare(s->kind) && s->length > max_reserved_bare);
    add(*s);
    if (direct_ && !integrate_added()) {
      direct_ = false;
      block.begin = in_order_;
      block.next = static_cast<ItemIndex>(store_.items.size() - 1);
      block.clock = s->clock;
    }
    if (direct_) {
      decoded.integrated = true;
      place_plain(in);
    } else {
      add_plain(in);
    }
    block.end_clock = in.clock();
    if (!within_limits_) in.in.rest.fail(ErrorCode::too_large, "too many root types, nesting or deleted units");
  }
  end_block(decoded);
  if (in.ok()) in.read_deletes(decoded.deletes);
  if (in.ok() && !sort_blocks(decoded)) in.in.rest.fail(ErrorCode::malformed, "two sections for one client");
  if (!in.ok()) {
    undo();
    return in.error();
  }
  copy_text();
  if (loads_) decoded.came_deleted = std::move(came_deleted_);
  if (!store_.leaf_of.empty()) store_.leaf_of.resize(store_.items.size());
  return decoded;
}

template Result<Decoded> TailDecoder::run<ColumnsV1>(ByteView);
template Result<Decoded> TailDecoder::run<ColumnsV2>(ByteView);

void TailDecoder::drop_unused_types() {
  std::vector<Type>& types = store_.types;
  while (types.size() > types_before_ && types.back().item == 0 && types.back().ref != TypeKind::root) types.pop_back();
}

// A few more, no more than trim() leaves. A document that has many items grows as it otherwise does.
void TailDecoder::make_room(std::uint64_t structs) {
  constexpr std::uint64_t more = 8;
  const std::size_t items = store_.items.size();
  if (structs > items / 2) store_.items.reserve(items + structs + more);
}

void TailDecoder::begin_block(Decoded& decoded, const WireStruct& s) {
  end_block(decoded);
  // In the order of the integration: highest client first.
  direct_ &= decoded.blocks.empty() || s.client < own_.id;
  own_ = {s.client, client(s.client)};
  state_ = store_.state(own_.client);
  const auto begin = static_cast<ItemIndex>(store_.items.size());
  in_order_ = begin;
  decoded.blocks.push_back({.client = own_.client, .clock = s.clock, .begin = begin, .next = begin});
}

void TailDecoder::end_block(Decoded& decoded) {
  if (decoded.blocks.empty()) return;
  Block& block = decoded.blocks.back();
  block.end = static_cast<ItemIndex>(store_.items.size());
  note_alive(block.end_clock);
  if (direct_) {
    block.next = block.end;
    block.clock = block.end_clock;
    store_.give_back(block.client);
  }
}

bool TailDecoder::sort_blocks(Decoded& decoded) const {
  const auto id = [&](const Block& block) { return store_.clients[block.client].id; };
  std::sort(decoded.blocks.begin(), decoded.blocks.end(),
            [&](const Block& a, const Block& b) { return id(a) < id(b); });
  return std::adjacent_find(decoded.blocks.begin(), decoded.blocks.end(), [&](const Block& a, const Block& b) {
           return a.client == b.client;
         }) == decoded.blocks.end();
}

inline ClientIndex TailDecoder::client(std::uint64_t id) {
  if (id == own_.id && own_.client) return own_.client;
  ClientIndex& known = known_[id % known_.size()];
  if (known == 0 || store_.clients[known].id != id) known = store_.intern_client(id);
  return known;
}

// Stores a reference in (client, clock) fields of an item.
inline void TailDecoder::refer(const WireId& id, std::uint32_t& client_field, std::uint32_t& clock_field) {
  client_field = client(id.client);
  // What lies further is missing for ever.
  clock_field = static_cast<std::uint32_t>(std::min<std::uint64_t>(id.clock, 0xffffffff));
}

[[gnu::always_inline]] inline void TailDecoder::add(const WireStruct& s) {
  Item& item = store_.items.push_back({});
  item.kind = s.kind;
  item.wire = wire_new;
  item.address = static_cast<std::uint32_t>(s.clock);
  item.length = static_cast<std::uint32_t>(s.length);
  if (s.end() > max_clock) item.wire |= wire_far;
  const bool follows = s.has_origin() && s.origin.client == s.client && s.origin.clock + 1 == s.clock;
  if (!follows && s.kind != Kind::gc && s.kind != Kind::skip) ++loose_;
  if (s.has_origin()) {
    refer(s.origin, item.left, item.origin);
    item.wire |= wire_origin;
  }
  if (s.has_right_origin()) {
    refer(s.right_origin, item.right, item.right_origin);
    item.wire |= wire_right_origin;
  }
  if (s.parent_info != ParentInfo::none) add_parent(item, s);
  if (is_bare(s.kind)) {
    note_deleted(s.clock);
  } else {
    note_alive(s.clock);
  }
  if (s.kind == Kind::string) {
    add_text(item, s.text);
  } else if (is_bare(s.kind)) {
    count_bare(s);
  } else if (s.kind == Kind::skip) {
    item.origin = static_cast<std::uint32_t>(s.length >> 32);
  } else {
    add_content(item, s);
  }
}

// The plain structs that follow: the same in fewer steps.
template <class Columns>
[[gnu::always_inline]] inline void TailDecoder::add_plain(UpdateDecoder<Columns>& in) {
  const auto own = own_;
  const std::uint32_t state = state_;
  PodVector<Item>& items = store_.items;
  std::uint64_t loose = 0;
  std::uint64_t bare = 0;
  const auto refer_to = [&](const WireId& id) { return id.client == own.id ? own.client : client(id.client); };
  in.plain([&](const PlainStruct& s) __attribute__((always_inline)) {
    Item& item = items.add();
    item = {};
    item.kind = s.kind();
    item.wire = wire_new;
    item.address = static_cast<std::uint32_t>(s.clock);
    item.length = static_cast<std::uint32_t>(s.length);
    if (s.has_origin()) {
      item.left = refer_to(s.origin);
      item.origin = static_cast<std::uint32_t>(s.origin.clock);
      item.wire |= wire_origin;
      if (item.left != own.client || item.origin + 1 != item.address) ++loose;
    } else {
      ++loose;
    }
    if (s.has_right_origin()) {
      item.right = refer_to(s.right_origin);
      item.right_origin = static_cast<std::uint32_t>(s.right_origin.clock);
      item.wire |= wire_right_origin;
    }
    if (item.kind == Kind::string) {
      add_text(item, s.text);
      note_alive(s.clock);
    } else {
      if (s.clock + s.length > state) bare += s.length;
      note_deleted(s.clock);
    }
  });
  loose_ += loose;
  bare_units_ += bare;
  within_limits_ &= bare_units_ <= max_bare_units;
}

// Integrates the struct that was added last. False if it has to wait, or may be too much work.
bool TailDecoder::integrate_added() {
  const auto index = static_cast<ItemIndex>(store_.items.size() - 1);
  const Item& item = store_.items[index];
  const ClientIndex client = own_.client;
  if (item.kind == Kind::skip || (item.wire & wire_far) || item.address != store_.state(client)) return false;
  if (missing_unit(store_, item, client).client || loose_ > work_limit_ / store_.items.size()) return false;
  if (!store_.reserve(client, item.length)) return false;
  copy_text();
  store_.begin_client(client);
  integrate(store_, client, index, 0);
  if (store_.items.size() > index + 1) in_order_ = static_cast<ItemIndex>(store_.items.size());  // some were split
  return true;
}

// The plain structs that follow, as long as they go between their origins.
template <class Columns>
[[gnu::always_inline]] inline void TailDecoder::place_plain(UpdateDecoder<Columns>& in) {
  const auto own = own_;
  Adjoining adjoining(store_, own.client, in_order_);
  const auto first = static_cast<ItemIndex>(store_.items.size());
  const std::uint64_t until = std::min<std::uint64_t>(plain_clocks, adjoining.end());
  const auto fits = [&](const PlainStruct& s) __attribute__((always_inline)) {
    if (s.length - 1 >= until - s.clock || !s.has_origin()) return false;
    const auto client_of = [&](const WireId& id) {
      return s.own || id.client == own.id ? own.client : client(id.client);
    };
    Adjoining::Origins origins{wire_new | wire_origin, client_of(s.origin), s.origin.clock, 0, 0};
    if (s.has_right_origin()) [[likely]] {
      origins.wire |= wire_right_origin;
      origins.right_client = client_of(s.right_origin);
      origins.right_clock = s.right_origin.clock;
    }
    return adjoining.find_place(static_cast<std::uint32_t>(s.clock), origins,
                                static_cast<ItemIndex>(store_.items.size()));
  };
  in.plain_where(fits, [&](const PlainStruct& s) __attribute__((always_inline)) {
    Item& item = adjoining.add_item();
    item.kind = s.kind();
    item.length = static_cast<std::uint32_t>(s.length);
    if (s.kind() == Kind::string) {
      item.flags = 0;
      add_text(item, s.text);
      note_alive(s.clock);
    } else {
      item.flags = flag_deleted;
      item.content = 0;
      item.extra = 0;
      note_deleted(s.clock);
    }
    adjoining.put(static_cast<ItemIndex>(store_.items.size() - 1), static_cast<std::uint32_t>(s.clock));
  });
  bare_units_ += adjoining.finish(first);
  within_limits_ &= bare_units_ <= max_bare_units;
}

void TailDecoder::add_parent(Item& item, const WireStruct& s) {
  if (s.parent_info == ParentInfo::root) {
    item.wire |= wire_root;
    item.origin = store_.intern_key(s.root);
    count_root(item.origin);
  } else {
    item.wire |= wire_parent_id;
    refer(s.parent, item.left, item.origin);
  }
  if (s.info & info_key) {
    item.wire |= wire_key;
    item.right = store_.intern_key(s.key);
  }
}

// Texts that lie one behind the other in the update, as all do in v2, are copied in one piece.
inline void TailDecoder::add_text(Item& item, std::string_view text) {
  if (text.data() != texts_.data() + texts_.size()) {
    copy_text();
    texts_ = {text.data(), 0};
  }
  store_.set_string(item, static_cast<std::uint32_t>(store_.data.size() + texts_.size()),
                    static_cast<std::uint32_t>(text.size()), item.length);
  texts_ = {texts_.data(), texts_.size() + text.size()};
}

void TailDecoder::copy_text() {
  store_.add_data(as_bytes(texts_));
  texts_ = {};
}

void TailDecoder::add_content(Item& item, const WireStruct& s) {
  switch (s.kind) {
    case Kind::type: {
      const KeyIndex name = s.text.empty() ? 0 : store_.intern_key(s.text);
      item.content = store_.add_type(static_cast<TypeKind>(s.type_ref), name);
      if (s.parent_info == ParentInfo::id) count_depth(item);
      new_types_.insert(std::uint64_t{own_.client} << 32 | item.address, item.content);
      return;
    }
    case Kind::format:
      item.content = add_varuint(store_.intern_key(s.text));
      add_data(s.bytes);
      if (s.any_value) item.flags |= flag_any_value;
      return;
    case Kind::embed:
      item.content = add_data(s.bytes);
      if (s.any_value) item.flags |= flag_any_value;
      return;
    case Kind::doc:
      item.content = add_varuint(s.text.size());
      add_data(as_bytes(s.text));
      add_data(s.bytes);
      return;
    default:  // binary, any, json
      item.content = add_data(s.bytes);
      return;
  }
}

std::uint32_t TailDecoder::add_data(ByteView bytes) {
  copy_text();
  return store_.add_data(bytes);
}

std::uint32_t TailDecoder::add_varuint(std::uint64_t value) {
  Writer out;
  out.varuint(value);
  return add_data(out.view());
}

// Whether it goes on or ends can be told from the kind of the struct before, so the processor guesses it well.
inline void TailDecoder::note_deleted(std::uint64_t clock) {
  if (deleted_from_ == alive) deleted_from_ = clock;
}
inline void TailDecoder::note_alive(std::uint64_t clock) {
  if (deleted_from_ != alive) end_deleted(clock);
}

[[gnu::noinline]] void TailDecoder::end_deleted(std::uint64_t clock) {
  if (loads_) came_deleted_.push_back({own_.id, deleted_from_, clock - deleted_from_});
  deleted_from_ = alive;
}

inline void TailDecoder::count_bare(const WireStruct& s) {
  if (s.end() > state_) bare_units_ += s.length;
  within_limits_ &= bare_units_ <= max_bare_units;
}

void TailDecoder::count_root(KeyIndex name) {
  if (store_.find_root(name) || new_roots_.find(name)) return;
  new_roots_.insert(name, 1);
  within_limits_ &= roots_ + new_roots_.size() <= max_roots;
}

// A type within a type: the one around it came earlier in this update, or is in the store.
void TailDecoder::count_depth(const Item& item) {
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

void TailDecoder::undo() {
  if (loads_) return store_.forget_structs(types_before_, clients_before_, keys_before_ + 1);
  store_.items.resize(items_before_);
  store_.types.resize(types_before_);
  store_.data.resize(data_before_);
  store_.forget_names(clients_before_, keys_before_ + 1);
  if (!store_.leaf_of.empty()) store_.leaf_of.resize(items_before_);
}

}  // namespace stet::core
