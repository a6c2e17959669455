// stet.h: shared types.
#include "support.hpp"

using namespace stet::c;
using stet::Any;
using stet::Array;
using stet::Map;
using stet::SharedType;
using stet::SubDoc;
using stet::Text;

namespace {

void put_value(stet_value* out, const std::optional<stet::Value>& value) {
  stet_value found{};
  if (value) {
    if (const auto* shared = std::get_if<SharedType>(&*value)) {
      found.kind = STET_TYPE;
      found.type = type(*shared);
    } else if (const auto* doc = std::get_if<SubDoc>(&*value)) {
      found.kind = STET_DOC;
      found.data = make_buffer(Any(stet::AnyObject{{"guid", doc->guid}, {"options", doc->options}}).to_json());
    } else if (const auto* raw = std::get<Any>(*value).get<stet::Bytes>()) {
      found.kind = STET_BYTES;
      found.data = make_buffer(stet::as_text(*raw));
    } else {
      found.kind = STET_JSON;
      found.data = make_buffer(std::get<Any>(*value).to_json());
    }
  }
  *out = found;
}

void put_type(stet_type* out, const SharedType& made) {
  if (out) *out = type(made);
}

Any raw_bytes(stet_view view) { return stet::Bytes(bytes(view).begin(), bytes(view).end()); }
SubDoc sub_doc(stet_view guid, stet_view options) { return {std::string(text(guid)), json_object(options)}; }

}  // namespace

extern "C" {

stet_kind stet_type_kind(stet_type type) { return static_cast<stet_kind>(as<SharedType>(type).kind()); }
bool stet_type_alive(stet_type type) { return as<SharedType>(type).alive(); }
bool stet_type_equal(stet_type a, stet_type b) { return as<SharedType>(a) == as<SharedType>(b); }

stet_status stet_type_name(stet_type type, stet_buffer* name) {
  return guard([&] { put(name, as<SharedType>(type).name()); });
}

bool stet_type_parent(stet_type type, stet_type* parent) {
  const std::optional<SharedType> found = as<SharedType>(type).parent();
  if (found) *parent = stet::c::type(*found);
  return found.has_value();
}

stet_status stet_type_to_json(stet_type type, stet_buffer* json) {
  return guard([&] { put(json, as<SharedType>(type).to_json().to_json()); });
}

// --- arrays ---

uint64_t stet_array_length(stet_type array) { return as<Array>(array).length(); }

stet_status stet_array_get(stet_type array, uint64_t index, stet_value* value) {
  return guard([&] {
    const bool there = index < as<Array>(array).length();
    put_value(value, there ? std::optional(as<Array>(array).get(index)) : std::nullopt);
  });
}

stet_status stet_array_insert(stet_type array, uint64_t index, stet_view json) {
  return guard([&] {
    const Any parsed = stet::c::json(json);
    const auto* elements = parsed.get<stet::AnyArray>();
    require(elements, "the elements to insert are not a JSON array");
    as<Array>(array).insert(index, std::span<const Any>(*elements));
  });
}

stet_status stet_array_insert_bytes(stet_type array, uint64_t index, stet_view bytes) {
  return guard([&] { as<Array>(array).insert(index, raw_bytes(bytes)); });
}

stet_status stet_array_insert_type(stet_type array, uint64_t index, stet_kind kind, stet_view name, stet_type* type) {
  return guard([&] { put_type(type, as<Array>(array).insert_type(index, stet::c::kind(kind), text(name))); });
}

stet_status stet_array_insert_doc(stet_type array, uint64_t index, stet_view guid, stet_view options) {
  return guard([&] { as<Array>(array).insert_doc(index, sub_doc(guid, options)); });
}

stet_status stet_array_erase(stet_type array, uint64_t index, uint64_t length) {
  return guard([&] { as<Array>(array).erase(index, length); });
}

// --- maps ---

uint64_t stet_map_size(stet_type map) { return as<Map>(map).size(); }

stet_status stet_map_keys(stet_type map, stet_buffer* json) {
  return guard([&] {
    stet::AnyArray keys;
    for (std::string& key : as<Map>(map).keys()) keys.emplace_back(std::move(key));
    put(json, Any(std::move(keys)).to_json());
  });
}

stet_status stet_map_get(stet_type map, stet_view key, stet_value* value) {
  return guard([&] { put_value(value, as<Map>(map).get(text(key))); });
}

stet_status stet_map_set(stet_type map, stet_view key, stet_view json) {
  return guard([&] { as<Map>(map).set(text(key), stet::c::json(json)); });
}

stet_status stet_map_set_bytes(stet_type map, stet_view key, stet_view bytes) {
  return guard([&] { as<Map>(map).set(text(key), raw_bytes(bytes)); });
}

stet_status stet_map_set_type(stet_type map, stet_view key, stet_kind kind, stet_view name, stet_type* type) {
  return guard([&] { put_type(type, as<Map>(map).set_type(text(key), stet::c::kind(kind), text(name))); });
}

stet_status stet_map_set_doc(stet_type map, stet_view key, stet_view guid, stet_view options) {
  return guard([&] { as<Map>(map).set_doc(text(key), sub_doc(guid, options)); });
}

stet_status stet_map_erase(stet_type map, stet_view key) {
  return guard([&] { as<Map>(map).erase(text(key)); });
}

stet_status stet_map_clear(stet_type map) {
  return guard([&] { as<Map>(map).clear(); });
}

// --- texts ---

uint64_t stet_text_length(stet_type text) { return as<Text>(text).length(); }

stet_status stet_text_to_string(stet_type text, stet_buffer* utf8) {
  return guard([&] { put(utf8, as<Text>(text).to_string()); });
}

stet_status stet_text_to_delta(stet_type text, stet_buffer* json) {
  return guard([&] { put(json, delta_to_json(as<Text>(text).to_delta())); });
}

stet_status stet_text_insert(stet_type text, uint64_t position, stet_view utf8, stet_view attributes) {
  return guard([&] {
    const std::string_view inserted = stet::c::text(utf8);
    if (attributes.length == 0) return as<Text>(text).insert(position, inserted);
    as<Text>(text).insert(position, inserted, json_object(attributes));
  });
}

stet_status stet_text_insert_embed(stet_type text, uint64_t position, stet_view json, stet_view attributes) {
  return guard([&] { as<Text>(text).insert_embed(position, stet::c::json(json), json_object(attributes)); });
}

stet_status stet_text_insert_type(stet_type text, uint64_t position, stet_kind kind, stet_view attributes,
                                  stet_type* type) {
  return guard(
      [&] { put_type(type, as<Text>(text).insert_type(position, stet::c::kind(kind), json_object(attributes))); });
}

stet_status stet_text_format(stet_type text, uint64_t position, uint64_t length, stet_view attributes) {
  return guard([&] { as<Text>(text).format(position, length, json_object(attributes)); });
}

stet_status stet_text_erase(stet_type text, uint64_t position, uint64_t length) {
  return guard([&] { as<Text>(text).erase(position, length); });
}

stet_status stet_text_apply_delta(stet_type text, stet_view json) {
  return guard([&] { as<Text>(text).apply_delta(take(stet::delta_from_json(raw_text(json)))); });
}

// --- XML ---

stet_status stet_xml_to_string(stet_type xml, stet_buffer* utf8) {
  return guard([&] {
    const bool text = as<SharedType>(xml).kind() == stet::TypeKind::xml_text;
    put(utf8, text ? as<stet::XmlText>(xml).to_string() : as<stet::XmlFragment>(xml).to_string());
  });
}

}  // extern "C"
