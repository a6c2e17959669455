// The store as updates, byte for byte as Yjs encodes the same document.
#include <algorithm>

#include "doc_impl.hpp"
#include "update_encoder.hpp"

namespace stet::core {

namespace {

// Turns items back into structs of the wire: addresses into ids, and runs that lie in several items into one.
class StructReader {
 public:
  explicit StructReader(const Store& store) : store_(store) {}

  // The struct that begins with `first`. The view lives until the next call. Sets `next` to the item behind it.
  const WireStruct& read(ItemIndex first, ItemIndex& next) {
    const Item& item = store_.items[first];
    WireStruct& s = struct_;
    const WireId id = wire_id(item.address);
    s.client = id.client;
    s.clock = id.clock;
    s.kind = item.kind;
    s.info = static_cast<std::uint8_t>(item.kind);
    s.parent_info = ParentInfo::none;
    if (item.kind != Kind::gc) {
      read_origins(item, s);
      if (!item.origin && !item.right_origin) read_parent(item);
      read_content(item);
    }
    s.length = item.length;
    next = item.next;
    bool joined = false;
    for (ItemIndex at = first; next && store_.mergeable(at, next); at = next, next = store_.items[at].next) {
      join(store_.items[at], store_.items[next], joined);
      joined = true;
    }
    return s;
  }

  // Writes a struct that is one item of text or of deleted units, and that names an origin, as nearly all do. False
  // where it is another one.
  template <class Encoder>
  bool write_plain(Encoder& out, const Item& item) {
    if (item.kind != Kind::string && item.kind != Kind::deleted) return false;
    if (!item.origin && !item.right_origin) return false;
    PlainStruct s;
    s.info = static_cast<std::uint8_t>(item.kind);
    s.length = item.length;
    read_origins(item, s);
    if (item.kind == Kind::string) s.text = store_.string(item);
    out.plain(s);
    return true;
  }

 private:
  template <class Struct>
  [[gnu::always_inline]] void read_origins(const Item& item, Struct& s) {
    if (item.keyed()) s.info |= info_key;
    if (item.origin) {
      s.info |= info_origin;
      s.origin = wire_id(item.origin);
    }
    if (item.right_origin) {
      s.info |= info_right_origin;
      s.right_origin = wire_id(item.right_origin);
    }
  }

  // Most units lie in the same run as the one before.
  WireId wire_id(Address address) {
    if (address - run_.address >= run_.end - run_.address) {
      run_ = store_.runs[store_.space.page(address).run];
      client_id_ = store_.clients[run_.client].id;
    }
    return {client_id_, std::uint64_t{run_.clock} + (address - run_.address)};
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

  ByteView content(const Item& item) const { return store_.data_from(item.content).first(store_.content_bytes(item)); }

  // Adds the content of `right` to the struct, which so far ends with `left`.
  void join(const Item& left, const Item& right, bool joined) {
    WireStruct& s = struct_;
    s.length += right.length;
    if (left.kind == Kind::string) {
      if (!joined) text_.assign(s.text);
      text_ += store_.string(right);
      s.text = text_;
    } else if (left.kind == Kind::any || left.kind == Kind::json) {
      if (!joined) bytes_.assign(s.bytes.begin(), s.bytes.end());
      const ByteView more = content(right);
      bytes_.insert(bytes_.end(), more.begin(), more.end());
      s.bytes = bytes_;
    }
  }

  const Store& store_;
  Run run_{};                    // of the unit that was named last
  std::uint64_t client_id_ = 0;  // whose that is
  WireStruct struct_;
  std::string text_;
  Bytes bytes_;
};

struct Part {
  ClientIndex client;
  std::uint32_t clock;  // from here on
};

// `parts` by client id, highest first.
template <class Encoder>
void write_structs(Encoder& out, const Store& store, const std::vector<Part>& parts) {
  StructReader reader(store);
  out.rest.varuint(parts.size());
  for (const Part& part : parts) {
    ItemIndex first = store.find(store.address_of({part.client, part.clock}));
    // Items that are of one struct with the next one: few.
    std::vector<ItemIndex> joined;
    std::uint64_t count = 0;
    for (ItemIndex item = first; item; item = store.items[item].next, ++count) {
      const ItemIndex next = store.items[item].next;
      if (next && store.mergeable(item, next)) joined.push_back(item);
    }
    count -= joined.size();
    joined.push_back(0);
    auto next_joined = joined.begin();
    out.rest.varuint(count);
    out.client(store.clients[part.client].id);
    out.rest.varuint(part.clock);
    std::uint64_t offset = part.clock - store.id_of(store.items[first].address).clock;
    while (first) {
      const Item& item = store.items[first];
      const bool goes_on = first == *next_joined;
      for (ItemIndex at = first; at == *next_joined; at = store.items[at].next) ++next_joined;
      if (!goes_on && offset == 0 && reader.write_plain(out, item)) {
        first = item.next;
      } else {
        write_struct(out, reader.read(first, first), offset);
        offset = 0;
      }
    }
  }
}

template <class Encoder>
Bytes encode_store(const Store& store, const StateVector& state) {
  const std::vector<ClientIndex> clients = store.clients_descending();
  std::vector<Part> parts;
  for (const ClientIndex client : clients) {
    const auto known = state.find(store.clients[client].id);
    const std::uint64_t clock = known == state.end() ? 0 : known->second;
    if (clock < store.state(client)) parts.push_back({client, static_cast<std::uint32_t>(clock)});
  }
  Encoder out;
  write_structs(out, store, parts);
  write_deletes(out, all_deletes(store));
  return out.finish();
}

template <class Encoder>
Bytes write_transaction(const Store& store, const Transaction& ended) {
  std::vector<Part> parts;
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
  for (const Transaction::Before& before : ended.before) {
    parts.push_back({before.client, before.state});
    std::uint64_t clock = before.state;
    ItemIndex item = store.find(store.address_of({before.client, before.state}));
    std::uint32_t known = before.state - store.id_of(store.items[item].address).clock;
    for (; item; item = store.items[item].next, known = 0) {
      const Item& at = store.items[item];
      if (at.kind == Kind::deleted) deletes.push_back({store.clients[before.client].id, clock, at.length - known});
      clock += at.length - known;
    }
  }
  std::sort(parts.begin(), parts.end(),
            [&](const Part& a, const Part& b) { return store.clients[a.client].id > store.clients[b.client].id; });
  normalize(deletes);
  Encoder out;
  write_structs(out, store, parts);
  write_deletes(out, deletes);
  return out.finish();
}

}  // namespace

std::vector<DeleteRange> all_deletes(const Store& store) {
  std::vector<DeleteRange> ranges;
  for (const ClientIndex client : store.clients_descending()) {
    const std::uint64_t id = store.clients[client].id;
    std::uint64_t clock = 0;
    bool open = false;  // the last range ends at `clock`
    for (ItemIndex item = store.clients[client].first; item; item = store.items[item].next) {
      const Item& at = store.items[item];
      if (at.deleted()) {
        if (open) {
          ranges.back().length += at.length;
        } else {
          ranges.push_back({id, clock, at.length});
        }
      }
      open = at.deleted();
      clock += at.length;
    }
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

Result<StateVector> decode_state_vector(ByteView bytes) {
  Reader in(bytes);
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
