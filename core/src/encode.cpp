// The store as updates, byte for byte as Yjs encodes the same document.
#include <algorithm>
#include <forward_list>

#include "doc_impl.hpp"
#include "update_encoder.hpp"

namespace stet::core {

namespace {

// Turns items back into structs of the wire: addresses into ids, and runs that lie in several items into one.
class StructReader {
 public:
  explicit StructReader(const Store& store) : store_(store) {}

  // The struct that lies in the items from `first` to `last`. The view lives until the next call, but texts live as
  // long as this reader.
  [[gnu::noinline]] const WireStruct& read(ItemIndex first, ItemIndex last) {
    const Item& item = store_.items[first];
    WireStruct& s = struct_;
    const WireId id = wire_id(item.address);
    s.client = id.client;
    s.clock = id.clock;
    s.kind = item.kind;
    s.info = static_cast<std::uint8_t>(item.kind);
    s.parent_info = ParentInfo::none;
    if (item.kind != Kind::gc) {
      if (item.keyed()) s.info |= info_key;
      if (item.origin) {
        s.info |= info_origin;
        s.origin = wire_id(item.origin);
      }
      if (item.right_origin) {
        s.info |= info_right_origin;
        s.right_origin = wire_id(item.right_origin);
      }
      if (!item.origin && !item.right_origin) read_parent(item);
      read_content(item);
    }
    s.length = item.length;
    if (first != last) join(first, last);
    return s;
  }

 private:
  WireId wire_id(Address address) const {
    const Id id = store_.id_of(address);
    return {store_.clients[id.client].id, id.clock};
  }

  void read_parent(const Item& item) {
    const Type& type = store_.types[store_.type_of(item)];
    if (type.item) {
      struct_.parent_info = ParentInfo::id;
      struct_.parent = wire_id(store_.items[type.item].address);
    } else {
      struct_.parent_info = ParentInfo::root;
      struct_.root = store_.key(type.name);
    }
    if (item.keyed()) struct_.key = store_.key(store_.slots[item.parent].key);
  }

  void read_content(const Item& item) {
    WireStruct& s = struct_;
    switch (item.kind) {
      case Kind::string:
        s.text = store_.string(item);
        return;
      case Kind::type: {
        const Type& type = store_.types[item.content];
        s.type_ref = static_cast<std::uint8_t>(type.ref);
        s.text = type.name ? store_.key(type.name) : std::string_view{};
        return;
      }
      case Kind::deleted:
        return;
      default: {
        Reader in(content(item));
        if (item.kind == Kind::format) s.text = store_.key(static_cast<KeyIndex>(in.varuint()));
        if (item.kind == Kind::doc) s.text = in.var_string();
        s.any_value = item.flags & flag_any_value;
        s.bytes = in.bytes(in.remaining());
      }
    }
  }

  ByteView content(const Item& item) const { return store_.content_from(item).first(store_.content_bytes(item)); }

  // Adds the contents of the items behind `first`, up to `last`.
  void join(ItemIndex first, ItemIndex last) {
    WireStruct& s = struct_;
    std::string& text = texts_.emplace_front(s.text);
    bytes_.assign(s.bytes.begin(), s.bytes.end());
    for (ItemIndex at = first; at != last;) {
      at = store_.items[at].next;
      const Item& item = store_.items[at];
      s.length += item.length;
      if (s.kind == Kind::string) text += store_.string(item);
      if (s.kind == Kind::any || s.kind == Kind::json) {
        const ByteView more = content(item);
        bytes_.insert(bytes_.end(), more.begin(), more.end());
      }
    }
    s.text = text;
    s.bytes = bytes_;
  }

  const Store& store_;
  WireStruct struct_;
  std::forward_list<std::string> texts_;  // joined ones
  Bytes bytes_;
};

// What is deleted of a client's structs, of which each is passed.
class DeletedRanges {
 public:
  DeletedRanges(std::vector<DeleteRange>& ranges, std::uint64_t client) : ranges_(ranges), client_(client) {}

  void pass(const Item& item) {
    if (item.deleted() != open_) turn();
    clock_ += item.length;
  }
  void end() {
    if (open_) turn();
  }

 private:
  void turn() {
    if (open_) ranges_.push_back({client_, from_, clock_ - from_});
    from_ = clock_;
    open_ = !open_;
  }

  std::vector<DeleteRange>& ranges_;
  std::uint64_t client_;
  std::uint64_t clock_ = 0;
  std::uint64_t from_ = 0;
  bool open_ = false;  // what lies behind `from_` is deleted
};

// Units of one run as ids of the wire.
class RunIds {
 public:
  RunIds() = default;
  explicit RunIds(const Run& run, std::uint64_t client)
      : first_(run.address), units_(run.end - run.address), client_(client), clock_(run.clock) {}
  bool has(Address address) const { return address - first_ < units_; }
  WireId of(Address address) const { return {client_, clock_ + (address - first_)}; }

 private:
  Address first_ = 0;
  std::uint32_t units_ = 0;
  std::uint64_t client_ = 0;
  std::uint64_t clock_ = 0;
};

template <class Encoder>
class UpdateWriter {
 public:
  UpdateWriter(const Store& store, std::size_t clients) : store_(store), reader_(store) { out_.rest.varuint(clients); }

  // All is to be written.
  void reserve() { out_.reserve(store_.data.size() + store_.item_count() * ids_bytes); }

  // Writes the structs of a client from a clock on, and calls `pass` for each of their items. Clients come by their id,
  // highest first.
  template <class Pass>
  void write(ClientIndex client, ItemIndex first, std::uint32_t clock, const Pass& pass) {
    const std::uint64_t structs = count(first, pass);
    out_.reserve(structs * ids_bytes);
    out_.rest.varuint(structs);
    out_.client(store_.clients[client].id);
    out_.rest.varuint(clock);
    write_structs(first, clock - store_.id_of(store_.items[first].address).clock);
  }

  Bytes finish(const std::vector<DeleteRange>& deletes) {
    write_deletes(out_, deletes);
    return out_.finish();
  }

 private:
  static constexpr std::size_t ids_bytes = 20;  // of a struct, likely, and its length

  // Counts the structs from `first` on, as their number stands before them, and notes what is joined.
  template <class Pass>
  std::uint64_t count(ItemIndex first, const Pass& pass) {
    const Item* const items = store_.items.data();
    joined_.clear();
    std::uint64_t structs = 1;
    ItemIndex index = first;
    pass(items[index]);
    for (ItemIndex next; (next = items[index].next) != 0; index = next) {
      const Item& item = items[index];
      const Item& behind = items[next];
      pass(behind);
      if (store_.mergeable(item, behind, next)) [[unlikely]] {
        joined_.push_back(index);
      } else {
        ++structs;
      }
    }
    if (!joined_.empty()) joined_.push_back(0);
    next_joined_ = joined_.empty() ? &none : joined_.data();
    return structs;
  }

  // Nearly all structs are texts or deleted units with an origin, in one item: these are written at once, and most name
  // units of the same runs as the one before.
  void write_structs(ItemIndex index, std::uint64_t offset) {
    const Item* const items = store_.items.data();
    const ByteView data(store_.data.data(), store_.data.size());
    RunIds left;
    RunIds right;
    if (offset > 0) index = write_any(index, offset);
    while (index) {
      const ItemIndex joined = *next_joined_;
      typename Encoder::PlainStructs out(out_);
      bool plain = true;
      while (!out.full()) {
        const Item& item = items[index];
        const bool text = item.kind == Kind::string;
        if (!(text || item.kind == Kind::deleted) || !item.origin || item.extra == 255 || index == joined)
            [[unlikely]] {
          plain = false;
          break;
        }
        if (!left.has(item.origin)) [[unlikely]]
          left = run_of(item.origin);
        PlainStruct s;
        s.origin = left.of(item.origin);
        s.info =
            static_cast<std::uint8_t>(static_cast<unsigned>(item.kind) | info_origin | (item.keyed() ? info_key : 0));
        if (item.right_origin) {
          if (!right.has(item.right_origin)) [[unlikely]]
            right = run_of(item.right_origin);
          s.right_origin = right.of(item.right_origin);
          s.info |= info_right_origin;
        }
        s.length = item.length;
        if (text) {
          const ByteView from = data.subspan(item.content);
          s.text = as_text(from.first(item.length + item.extra));
          out.write(s, true, from.size());
        } else {
          out.write(s, false, data.size());
        }
        index = item.next;
      }
      out.end();
      if (!plain && index) index = write_any(index, 0);
    }
  }

  // Writes any struct, without its first `offset` units. Returns the item behind it.
  [[gnu::noinline]] ItemIndex write_any(ItemIndex first, std::uint64_t offset) {
    ItemIndex last = first;
    for (; last == *next_joined_; ++next_joined_) last = store_.items[last].next;
    write_struct(out_, reader_.read(first, last), offset);
    return store_.items[last].next;
  }

  [[gnu::noinline]] RunIds run_of(Address address) const {
    const Run& run = store_.runs[store_.space.page(address).run];
    return RunIds(run, store_.clients[run.client].id);
  }

  const Store& store_;
  StructReader reader_;
  Encoder out_;
  // Of the client's items, those that are of one struct with the next one: few. Then 0.
  std::vector<ItemIndex> joined_;
  const ItemIndex* next_joined_ = nullptr;
  static constexpr ItemIndex none = 0;
};

template <class Encoder>
Bytes encode_store(const Store& store, const StateVector& state) {
  const std::vector<ClientIndex> clients = store.clients_descending();
  const auto known = [&](ClientIndex client) {
    const auto found = state.find(store.clients[client].id);
    return found == state.end() ? 0 : found->second;
  };
  const auto has_news = [&](ClientIndex client) { return known(client) < store.state(client); };
  UpdateWriter<Encoder> out(store, static_cast<std::size_t>(std::count_if(clients.begin(), clients.end(), has_news)));
  if (state.empty()) out.reserve();
  std::vector<DeleteRange> deletes;
  for (const ClientIndex client : clients) {
    DeletedRanges deleted(deletes, store.clients[client].id);
    const auto pass = [&](const Item& item) { deleted.pass(item); };
    const auto clock = static_cast<std::uint32_t>(std::min<std::uint64_t>(known(client), store.state(client)));
    const ItemIndex first = has_news(client) ? store.find(store.address_of({client, clock})) : 0;
    for (ItemIndex item = store.clients[client].first; item != first; item = store.items[item].next) {
      pass(store.items[item]);
    }
    if (first) out.write(client, first, clock, pass);
    deleted.end();
  }
  return out.finish(deletes);
}

template <class Encoder>
Bytes write_transaction(const Store& store, const Transaction& ended) {
  std::vector<DeleteRange> deletes;
  const auto add = [&](const AddressRange& range) {
    const Id id = store.id_of(range.address);
    deletes.push_back({store.clients[id.client].id, id.clock, range.length});
  };
  for (const AddressRange& range : ended.deleted) add(range);
  for (const AddressRange& range : ended.deleted_in_place) add(range);
  // Structs that came as deleted ones count as deleted by this transaction, also where they are GC structs by now.
  FlatMap state_before;  // + 1; of the clients that got new structs
  for (const Transaction::Before& before : ended.before) state_before.insert(before.client, before.state + 1);
  for (const AddressRange& range : ended.collected) {
    const Id id = store.id_of(range.address);
    const std::uint32_t known = state_before.find(id.client);
    if (known > 0 && known - 1 <= id.clock) add(range);
  }
  std::vector<Transaction::Before> news(ended.before.begin(), ended.before.end());
  const auto id = [&](const Transaction::Before& before) { return store.clients[before.client].id; };
  std::sort(news.begin(), news.end(), [&](const auto& a, const auto& b) { return id(a) > id(b); });
  UpdateWriter<Encoder> out(store, news.size());
  for (const Transaction::Before& before : news) {
    const ItemIndex first = store.find(store.address_of({before.client, before.state}));
    std::uint64_t clock = before.state;
    std::uint64_t known = clock - store.id_of(store.items[first].address).clock;
    out.write(before.client, first, before.state, [&](const Item& item) {
      if (item.kind == Kind::deleted) deletes.push_back({id(before), clock, item.length - known});
      clock += item.length - known;
      known = 0;
    });
  }
  normalize(deletes);
  return out.finish(deletes);
}

}  // namespace

std::vector<DeleteRange> all_deletes(const Store& store) {
  std::vector<DeleteRange> ranges;
  for (const ClientIndex client : store.clients_descending()) {
    DeletedRanges deleted(ranges, store.clients[client].id);
    for (ItemIndex item = store.clients[client].first; item; item = store.items[item].next) {
      deleted.pass(store.items[item]);
    }
    deleted.end();
  }
  return ranges;
}

StateVector state_vector(const Store& store) {
  StateVector state;
  for (const Client& client : store.clients) {
    if (client.state > 0) state.emplace(client.id, client.state);
  }
  return state;
}

Bytes encode_state_vector(const Store& store) {
  const std::vector<ClientIndex> clients = store.clients_descending();
  Writer out;
  out.varuint(clients.size());
  for (const ClientIndex client : clients) {
    out.varuint(store.clients[client].id);
    out.varuint(store.clients[client].state);
  }
  return out.take();
}

Result<StateVector> read_last_state_vector(Reader& in) {
  StateVector state;
  const std::uint64_t count = in.varuint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t client = in.varuint();
    const std::uint64_t clock = in.varuint();
    if (in.ok()) state[client] = clock;
  }
  if (in.ok() && !in.at_end()) in.fail(ErrorCode::malformed, "trailing bytes");
  if (!in.ok()) return in.error();
  return state;
}

Result<StateVector> decode_state_vector(ByteView bytes) {
  Reader in(bytes);
  return read_last_state_vector(in);
}

Bytes encode_state(const Doc::Impl& doc, const StateVector& state, Encoding encoding) {
  Bytes own =
      encoding == Encoding::v1 ? encode_store<EncoderV1>(doc.store, state) : encode_store<EncoderV2>(doc.store, state);
  if (doc.pending_update.empty() && doc.pending_deletes.empty()) return own;
  // What waits goes along, so that a state that is stored or sent on loses nothing.
  std::vector<Bytes> parts;
  parts.push_back(std::move(own));
  if (!doc.pending_deletes.empty()) {
    EncoderV1 out;
    out.rest.varuint(0);
    write_deletes(out, doc.pending_deletes);
    parts.push_back(out.finish());
  }
  if (!doc.pending_update.empty()) {
    parts.push_back(std::move(*diff_update(doc.pending_update, state, Encoding::v1, true)));
  }
  std::vector<ByteView> views;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && encoding == Encoding::v2) parts[i] = std::move(*convert_update(parts[i], Encoding::v1, Encoding::v2));
    views.emplace_back(parts[i]);
  }
  return std::move(*merge_updates(views, encoding));
}

Bytes encode_transaction(const Store& store, const Transaction& ended, Encoding encoding) {
  return encoding == Encoding::v1 ? write_transaction<EncoderV1>(store, ended)
                                  : write_transaction<EncoderV2>(store, ended);
}

}  // namespace stet::core
