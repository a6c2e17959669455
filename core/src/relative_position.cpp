#include "stet/relative_position.hpp"

#include <cmath>
#include <cstdlib>

#include "edit.hpp"

namespace stet {

namespace {

using Id = RelativePosition::Id;

// What comes first on the wire.
enum : std::uint8_t { names_item = 0, names_root = 1, names_type = 2 };

Id public_id(const core::Store& store, core::Address address) {
  const core::Id id = store.id_of(address);
  return {store.clients[id.client].id, id.clock};
}

// 0 where the document has no such unit.
core::Address address_of(const core::Store& store, const Id& id) {
  const core::ClientIndex client = store.find_client(id.client);
  if (!client || id.clock >= store.state(client)) return 0;
  return store.address_of({client, static_cast<std::uint32_t>(id.clock)});
}

// The unit that stands where this one did, if undo has brought it back (again and again).
core::Address follow(const core::Store& store, core::Address address) {
  while (true) {
    const core::Item& item = store.items[store.find(address)];
    if (!(item.flags & core::flag_redone)) return address;
    address = store.redone.at(item.address).copy + (address - item.address);
  }
}

// The visible units of its list before the item. An item of a key has none before it.
std::uint64_t units_before(core::Store& store, core::ItemIndex item) {
  const core::Item& at = store.items[item];
  return at.keyed() ? 0 : core::index_of(store, at.parent).position_of(item);
}

std::optional<AbsolutePosition> at_unit(Doc::Impl& doc, const Id& id, std::int64_t association, bool follow_undone) {
  core::Store& store = doc.store;
  core::Address address = address_of(store, id);
  if (!address) return std::nullopt;
  if (follow_undone) address = follow(store, address);
  const core::ItemIndex index = store.find(address);
  const core::Item item = store.items[index];
  if (item.kind == core::Kind::gc) return std::nullopt;
  const core::TypeIndex type = store.type_of(item);
  AbsolutePosition position{SharedType(&doc, type), 0, association};
  if (!core::alive(store, type)) return position;
  position.index = units_before(store, index);
  if (item.visible()) position.index += address - item.address + (association >= 0 ? 0 : 1);
  return position;
}

Any id_to_any(const Id& id) {
  return AnyObject{{"client", static_cast<double>(id.client)}, {"clock", static_cast<double>(id.clock)}};
}

const Any* member(const AnyObject& object, std::string_view key) {
  for (const auto& [name, value] : object) {
    if (name == key && !value.is_null() && !value.is_undefined()) return &value;
  }
  return nullptr;
}

std::optional<std::int64_t> integer_from(const Any* value) {
  const double* number = value ? value->get<double>() : nullptr;
  if (!number || std::trunc(*number) != *number || std::abs(*number) > static_cast<double>(max_safe_integer)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<Id> id_from(const Any& value) {
  const AnyObject* object = value.get<AnyObject>();
  if (!object) return std::nullopt;
  const std::optional<std::int64_t> client = integer_from(member(*object, "client"));
  const std::optional<std::int64_t> clock = integer_from(member(*object, "clock"));
  if (!client || !clock || *client < 0 || *clock < 0) return std::nullopt;
  return Id{static_cast<std::uint64_t>(*client), static_cast<std::uint64_t>(*clock)};
}

}  // namespace

RelativePosition relative_position(const SharedType& shared, std::uint64_t index, std::int64_t association) {
  core::Store& store = shared.impl()->store;
  const core::Type& type = store.types[shared.index()];
  RelativePosition position;
  position.association = association;
  if (type.ref == TypeKind::root) {
    position.root = std::string(store.key(type.name));
  } else if (type.item) {
    position.type = public_id(store, store.items[type.item].address);
  }
  if (association < 0) {
    if (index == 0) return position;
    --index;
  }
  if (index < type.length) {
    const core::PositionIndex::Place place = core::index_of(store, shared.index()).find(index);
    position.item = public_id(store, store.items[place.item].address + static_cast<core::Address>(place.offset));
  } else if (association < 0 && type.start) {
    core::ItemIndex last = type.start;
    while (store.items[last].right) last = store.items[last].right;
    position.item = public_id(store, store.items[last].last());
  }
  return position;
}

std::optional<AbsolutePosition> absolute_position(Doc& doc, const RelativePosition& position, bool follow_undone) {
  Doc::Impl& impl = doc.impl();
  core::Store& store = impl.store;
  if (position.item) return at_unit(impl, *position.item, position.association, follow_undone);
  core::TypeIndex type = 0;
  if (position.root) {
    type = store.intern_root(store.intern_key(*position.root));
  } else if (position.type) {
    core::Address address = address_of(store, *position.type);
    if (address && follow_undone) address = follow(store, address);
    const core::ItemIndex holder = address ? store.find(address) : 0;
    if (!holder || store.items[holder].kind != core::Kind::type) return std::nullopt;
    type = store.items[holder].content;
  } else {
    return std::nullopt;
  }
  return AbsolutePosition{SharedType(&impl, type), position.association >= 0 ? store.types[type].length : 0,
                          position.association};
}

Bytes encode_relative_position(const RelativePosition& position) {
  Writer out;
  if (position.item) {
    out.varuint(names_item);
    out.varuint(position.item->client);
    out.varuint(position.item->clock);
  } else if (position.root) {
    out.varuint(names_root);
    out.var_string(*position.root);
  } else {
    const Id type = position.type.value_or(Id{});
    out.varuint(names_type);
    out.varuint(type.client);
    out.varuint(type.clock);
  }
  out.varint(static_cast<std::uint64_t>(std::abs(position.association)), position.association < 0);
  return out.take();
}

Result<RelativePosition> decode_relative_position(ByteView bytes) {
  Reader in(bytes);
  RelativePosition position;
  const auto read_id = [&] {
    const std::uint64_t client = in.varuint();
    return Id{client, in.varuint()};
  };
  switch (in.varuint()) {
    case names_item:
      position.item = read_id();
      break;
    case names_root:
      position.root = std::string(in.var_string());
      if (!valid_utf8(*position.root)) in.fail(ErrorCode::malformed, "invalid UTF-8");
      break;
    case names_type:
      position.type = read_id();
      break;
    default:
      in.fail(ErrorCode::unsupported, "unknown kind of position");
  }
  // Positions made by early versions end here.
  if (in.ok() && !in.at_end()) {
    const Reader::SignedInteger association = in.varint();
    const auto magnitude = static_cast<std::int64_t>(association.magnitude);
    position.association = association.negative ? -magnitude : magnitude;
  }
  if (in.ok() && !in.at_end()) in.fail(ErrorCode::malformed, "trailing bytes");
  if (!in.ok()) return in.error();
  return position;
}

// Yjs leaves out the root's name where that is empty, and so the place; it reads it where it is there.
std::string relative_position_to_json(const RelativePosition& position) {
  AnyObject object;
  if (position.type) object.emplace_back("type", id_to_any(*position.type));
  if (position.root) object.emplace_back("tname", *position.root);
  if (position.item) object.emplace_back("item", id_to_any(*position.item));
  object.emplace_back("assoc", static_cast<double>(position.association));
  return Any(std::move(object)).to_json();
}

Result<RelativePosition> relative_position_from_json(std::string_view json) {
  const Result<Any> parsed = Any::from_json(json);
  if (!parsed) return parsed.error();
  const Error wrong{ErrorCode::malformed, 0, "not a relative position"};
  const AnyObject* object = parsed->get<AnyObject>();
  if (!object) return wrong;
  RelativePosition position;
  if (const Any* type = member(*object, "type")) {
    position.type = id_from(*type);
    if (!position.type) return wrong;
  }
  if (const Any* item = member(*object, "item")) {
    position.item = id_from(*item);
    if (!position.item) return wrong;
  }
  if (const Any* root = member(*object, "tname")) {
    if (!root->get<std::string>()) return wrong;
    position.root = *root->get<std::string>();
  }
  if (const Any* association = member(*object, "assoc")) {
    const std::optional<std::int64_t> value = integer_from(association);
    if (!value) return wrong;
    position.association = *value;
  }
  if (!position.item && !position.root && !position.type) return wrong;
  return position;
}

}  // namespace stet
