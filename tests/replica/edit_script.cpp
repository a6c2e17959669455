#include "edit_script.hpp"

#include <stdexcept>

namespace replica {

namespace {

using stet::Any;
using stet::SharedType;
using stet::TypeKind;

const std::vector<std::string> kinds = {"array", "map", "text", "element", "fragment", "hook", "xmltext"};

TypeKind kind_of(const std::string& name) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == name) return static_cast<TypeKind>(i);
  }
  throw std::runtime_error("no such kind: " + name);
}

// {"$bytes": [...]} stands for bytes.
Any to_any(const Json& json) {
  if (json.is_object() && json.contains("$bytes")) {
    const auto numbers = json["$bytes"].get<std::vector<std::uint8_t>>();
    return stet::Bytes(numbers.begin(), numbers.end());
  }
  return *Any::from_json(json.dump());
}

stet::Attributes to_attributes(const Json& json) {
  stet::Attributes attributes;
  for (const auto& [key, value] : json.items()) attributes.emplace_back(key, to_any(value));
  return attributes;
}

Json from_any(const Any& value) { return Json::parse(value.to_json()); }

Json show_value(const stet::Value& value) {
  if (const Any* plain = std::get_if<Any>(&value)) return from_any(*plain);
  if (const auto* type = std::get_if<SharedType>(&value)) {
    return {{"$type", kinds.at(static_cast<std::size_t>(type->kind()))}};
  }
  return {{"$doc", std::get<stet::SubDoc>(value).guid}};
}

SharedType type_in(const std::optional<stet::Value>& value) {
  const SharedType* type = value ? std::get_if<SharedType>(&*value) : nullptr;
  if (!type) throw std::runtime_error("no type there");
  return *type;
}

// The type at a position of a text: embeds and types count one unit.
SharedType type_in_text(const stet::Text& text, std::uint64_t position) {
  std::uint64_t at = 0;
  for (const stet::DeltaOp& op : text.to_delta()) {
    if (at == position && !op.values.empty()) return type_in(op.values[0]);
    at += op.length;
  }
  throw std::runtime_error("no type there");
}

stet::Delta to_delta(const Json& ops) {
  stet::Delta delta;
  for (const Json& json : ops) {
    stet::DeltaOp& op = delta.emplace_back();
    if (json.contains("attributes")) op.attributes = to_attributes(json["attributes"]);
    if (json.contains("retain")) {
      op.kind = stet::DeltaOp::Kind::retain;
      op.length = json["retain"];
    } else if (json.contains("delete")) {
      op.kind = stet::DeltaOp::Kind::erase;
      op.length = json["delete"];
    } else if (json["insert"].is_string()) {
      op.text = json["insert"];
    } else {
      op.values.emplace_back(to_any(json["insert"]));
    }
  }
  return delta;
}

void edit_text(stet::Text text, const std::string& verb, const Json& op) {
  const stet::Attributes attributes = op.contains("attributes") ? to_attributes(op["attributes"]) : stet::Attributes();
  if (verb == "insert") {
    const std::string inserted = op["text"];
    if (op.contains("attributes")) {
      text.insert(op["at"], inserted, attributes);
    } else {
      text.insert(op["at"], inserted);
    }
  } else if (verb == "embed") {
    text.insert_embed(op["at"], to_any(op["value"]), attributes);
  } else if (verb == "type") {
    text.insert_type(op["at"], kind_of(op["kind"]), attributes);
  } else if (verb == "format") {
    text.format(op["at"], op["length"], attributes);
  } else if (verb == "delete") {
    text.erase(op["at"], op["length"]);
  } else if (verb == "delta") {
    text.apply_delta(to_delta(op["delta"]));
  } else if (verb == "set") {
    text.set_attribute(op["key"].get<std::string>(), to_any(op["value"]));
  } else if (verb == "remove") {
    text.remove_attribute(op["key"].get<std::string>());
  } else {
    throw std::runtime_error("no such operation on texts: " + verb);
  }
}

void edit_list(stet::Array list, const std::string& verb, const Json& op) {
  if (verb == "values") {
    std::vector<Any> values;
    for (const Json& value : op["values"]) values.push_back(to_any(value));
    list.insert(op["at"], std::span<const Any>(values));
  } else if (verb == "type") {
    list.insert_type(op["at"], kind_of(op["kind"]), op.value("name", ""));
  } else if (verb == "doc") {
    list.insert_doc(op["at"], {op["guid"], stet::AnyObject{}});
  } else if (verb == "delete") {
    list.erase(op["at"], op["length"]);
  } else {
    throw std::runtime_error("no such operation on lists: " + verb);
  }
}

void edit_map(stet::Map map, const std::string& verb, const Json& op) {
  const std::string key = op.value("key", "");
  if (verb == "set") {
    map.set(key, to_any(op["value"]));
  } else if (verb == "settype") {
    map.set_type(key, kind_of(op["kind"]), op.value("name", ""));
  } else if (verb == "setdoc") {
    map.set_doc(key, {op["guid"], stet::AnyObject{}});
  } else if (verb == "remove") {
    map.erase(key);
  } else {
    throw std::runtime_error("no such operation on maps: " + verb);
  }
}

// `path`: [kind, name, ...].
SharedType root_of(stet::Doc& doc, const Json& path) {
  const std::string name = path.at(1);
  switch (kind_of(path.at(0))) {
    case TypeKind::text:
      return doc.text(name);
    case TypeKind::map:
      return doc.map(name);
    case TypeKind::xml_fragment:
      return doc.xml_fragment(name);
    case TypeKind::xml_text:
      return doc.xml_text(name);
    default:
      return doc.array(name);
  }
}

}  // namespace

SharedType find_type(stet::Doc& doc, const Json& path) {
  SharedType type = root_of(doc, path);
  TypeKind kind = type.kind();
  for (std::size_t i = 2; i < path.size(); ++i) {
    if (path[i].is_string()) {
      type = type_in(stet::Map(type).get(path[i].get<std::string>()));
    } else if (kind == TypeKind::text || kind == TypeKind::xml_text) {
      type = type_in_text(stet::Text(type), path[i]);
    } else {
      type = type_in(stet::Array(type).get(path[i]));
    }
    kind = type.kind();
  }
  return type;
}

void run_script(stet::Doc& doc, const Json& script) {
  for (const Json& op : script) {
    const SharedType type = find_type(doc, op["path"]);
    const TypeKind kind = type.kind();
    const std::string verb = op["op"];
    if (kind == TypeKind::text || kind == TypeKind::xml_text) {
      edit_text(stet::Text(type), verb, op);
    } else if (kind == TypeKind::map || kind == TypeKind::xml_hook || op.contains("key")) {
      edit_map(stet::Map(type), verb, op);
    } else {
      edit_list(stet::Array(type), verb, op);
    }
  }
}

Json show_roots(stet::Doc& doc, const Json& roots) {
  for (const Json& root : roots) root_of(doc, root);
  return from_any(doc.to_json());
}

Json show_delta(const stet::Delta& delta, bool text) {
  Json shown = Json::array();
  for (const stet::DeltaOp& op : delta) {
    Json one;
    if (op.kind == stet::DeltaOp::Kind::retain) {
      one["retain"] = op.length;
    } else if (op.kind == stet::DeltaOp::Kind::erase) {
      one["delete"] = op.length;
    } else if (op.values.empty()) {
      one["insert"] = op.text;
    } else if (text) {
      one["insert"] = show_value(op.values[0]);
    } else {
      for (const stet::Value& value : op.values) one["insert"].push_back(show_value(value));
    }
    for (const auto& [key, value] : op.attributes) one["attributes"][key] = from_any(value);
    shown.push_back(std::move(one));
  }
  return shown;
}

Json show_event(const stet::Event& event, const Json& root) {
  Json path = Json::array();
  for (const auto& step : event.path()) {
    std::visit([&](const auto& value) { path.push_back(value); }, step);
  }
  const stet::Delta& delta = event.delta();
  const TypeKind kind = event.target().kind();
  Json keys = Json::object();
  for (const stet::Event::KeyChange& change : event.keys()) {
    constexpr const char* actions[] = {"add", "update", "delete"};
    keys[change.key] = {{"action", actions[static_cast<int>(change.action)]}, {"old", from_any(change.old_value)}};
  }
  return {{"root", root[1]},
          {"path", path},
          {"delta", show_delta(delta, kind == TypeKind::text || kind == TypeKind::xml_text)},
          {"keys", keys}};
}

}  // namespace replica
