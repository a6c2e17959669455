// Deltas, values and events as short text, so that what is expected fits on a line:
//
//   'ab'{bold:true}  =3{em:null}  -2  ({"image":1})  (map)  [1,"x",(array)]     inserted, retained, deleted
//   k+  k=1  k-1                                                                a key added, updated, erased: old value
#pragma once

#include <string>
#include <variant>

#include "stet/event.hpp"
#include "stet/types.hpp"

namespace stet::test {

inline std::string shown(const SharedType& type) {
  constexpr const char* names[] = {"array", "map", "text", "element", "fragment", "hook", "xtext"};
  return std::string("(") + names[static_cast<int>(type.kind())] + ')';
}

inline std::string shown(const Value& value) {
  if (const auto* type = std::get_if<SharedType>(&value)) return shown(*type);
  if (const auto* sub = std::get_if<SubDoc>(&value)) return "doc " + sub->guid + ' ' + sub->options.to_json();
  return std::get<Any>(value).to_json();
}

inline std::string shown(const Attributes& attributes) {
  if (attributes.empty()) return {};
  std::string out;
  for (const auto& [key, value] : attributes) out += (out.empty() ? "{" : ",") + key + ':' + value.to_json();
  return out + '}';
}

// `text`: values are embeds, else elements.
inline std::string shown(const Delta& delta, bool text = true) {
  std::string out;
  for (const DeltaOp& op : delta) {
    if (!out.empty()) out += ' ';
    if (op.kind == DeltaOp::Kind::retain) {
      out += '=' + std::to_string(op.length);
    } else if (op.kind == DeltaOp::Kind::erase) {
      out += '-' + std::to_string(op.length);
    } else if (op.values.empty()) {
      out += '\'' + op.text + '\'';
    } else {
      std::string values;
      for (const Value& value : op.values) values += (values.empty() ? "" : ",") + shown(value);
      const bool type = std::holds_alternative<SharedType>(op.values[0]);
      out += !text ? '[' + values + ']' : type ? values : '(' + values + ')';
    }
    out += shown(op.attributes);
  }
  return out;
}

// "path: delta keys", of what there is.
inline std::string shown(const Event& event) {
  std::string out;
  const auto add = [&](const std::string& word) { out += (out.empty() ? "" : " ") + word; };
  std::string path;
  for (const auto& step : event.path()) {
    if (!path.empty()) path += '/';
    path += step.index() == 0 ? std::get<0>(step) : std::to_string(std::get<1>(step));
  }
  if (!path.empty()) add(path + ':');
  const TypeKind kind = event.target().kind();
  if (!event.delta().empty()) add(shown(event.delta(), kind == TypeKind::text || kind == TypeKind::xml_text));
  for (const Event::KeyChange& change : event.keys()) {
    constexpr const char* signs[] = {"+", "=", "-"};
    const bool had = change.action != KeyAction::add;
    add(change.key + signs[static_cast<int>(change.action)] + (had ? change.old_value.to_json() : ""));
  }
  return out;
}

}  // namespace stet::test
