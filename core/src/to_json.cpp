// Types as plain values.
#include "any.hpp"
#include "show.hpp"

namespace stet {

namespace core {

TypeKind shown_as(const Store& store, TypeIndex type) {
  if (const TypeKind kind = store.kind_of(type); kind != TypeKind::root) return kind;
  bool xml = false;
  bool elements = false;
  for (ItemIndex at = store.types[type].start; at; at = store.items[at].right) {
    const Item& item = store.items[at];
    switch (item.kind) {
      case Kind::string:
      case Kind::embed:
      case Kind::format:
        return TypeKind::text;
      case Kind::any:
      case Kind::json:
      case Kind::binary:
      case Kind::doc:
        return TypeKind::array;
      case Kind::type: {
        const TypeKind ref = store.types[item.content].ref;
        const bool in_xml = ref == TypeKind::xml_element || ref == TypeKind::xml_text || ref == TypeKind::xml_hook;
        (in_xml ? xml : elements) = true;
        break;
      }
      default:
        break;
    }
  }
  if (elements) return TypeKind::array;
  if (xml) return TypeKind::xml_fragment;
  return store.types[type].first_slot && !store.types[type].start ? TypeKind::map : TypeKind::array;
}

namespace {

// Nesting comes from the wire: what is deeper than a value may be is null.
Any to_plain(const Value& value, unsigned depth);

Any type_to_plain(const SharedType& type, unsigned depth) {
  if (depth > max_nesting) return Null{};
  const Store& store = type.impl()->store;
  switch (const TypeKind shown = shown_as(store, type.index())) {
    case TypeKind::map:
    case TypeKind::xml_hook: {
      const Map map(type);
      AnyObject object;
      for (std::string& key : map.keys()) {
        Any value = to_plain(*map.get(key), depth + 1);
        object.emplace_back(std::move(key), std::move(value));
      }
      return object;
    }
    case TypeKind::text:
      return Text(type).to_string();
    case TypeKind::xml_element:
    case TypeKind::xml_fragment:
    case TypeKind::xml_text:
      return to_xml(*type.impl(), type.index(), shown);
    default: {
      AnyArray array;
      for (const Value& value : Array(type).to_vector()) array.push_back(to_plain(value, depth + 1));
      return array;
    }
  }
}

Any to_plain(const Value& value, unsigned depth) {
  if (const Any* plain = std::get_if<Any>(&value)) return *plain;
  if (const SharedType* type = std::get_if<SharedType>(&value)) return type_to_plain(*type, depth);
  return AnyObject{};  // a sub-document that nobody has opened
}

}  // namespace

}  // namespace core

Any SharedType::to_json() const { return core::type_to_plain(*this, 1); }

Any Doc::to_json() const {
  AnyObject roots;
  const std::vector<core::Type>& types = impl_->store.types;
  for (std::uint32_t type = 1; type < types.size(); ++type) {
    if (types[type].ref != TypeKind::root) continue;
    const SharedType root(impl_.get(), type);
    roots.emplace_back(root.name(), root.to_json());
  }
  return roots;
}

}  // namespace stet
