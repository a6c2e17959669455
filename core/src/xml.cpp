// XML types as strings, as Yjs writes them: attributes and formats sorted by name, nothing escaped.
#include <algorithm>
#include <map>

#include "show.hpp"

namespace stet {

namespace core {

namespace {

// JavaScript compares strings by UTF-16 units: characters of two units (four bytes) come before U+E000 to U+FFFF.
struct Utf16Less {
  static unsigned rank(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value < 0xee ? value : value < 0xf0 ? value + 0x10U : value - 2U;
  }
  bool operator()(std::string_view a, std::string_view b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return rank(x) < rank(y); });
  }
};
using Sorted = std::map<std::string, std::string, Utf16Less>;

// JavaScript's String(value).
std::string js_string(const Any& value) {
  if (const auto* text = value.get<std::string>()) return *text;
  if (value.is_undefined()) return "undefined";
  if (value.get<AnyObject>()) return "[object Object]";
  std::string joined;
  if (const auto* array = value.get<AnyArray>()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      const Any& element = (*array)[i];
      if (i > 0) joined += ',';
      if (!element.is_undefined() && !element.is_null()) joined += js_string(element);
    }
    return joined;
  }
  if (const auto* bytes = value.get<Bytes>()) {
    for (const std::uint8_t byte : *bytes) joined += (joined.empty() ? "" : ",") + std::to_string(byte);
    return joined;
  }
  if (const auto* number = value.get<double>()) {
    if (*number != *number) return "NaN";
    if (*number - *number != 0) return *number > 0 ? "Infinity" : "-Infinity";
  }
  return value.to_json();
}

// The members that JavaScript's `for … in` finds in a value: those of objects, the elements of lists, the units of
// text.
Sorted members(const Any& value) {
  Sorted found;
  if (const auto* object = value.get<AnyObject>()) {
    for (const auto& [key, member] : *object) found.emplace(key, js_string(member));
  } else if (const auto* array = value.get<AnyArray>()) {
    for (std::size_t i = 0; i < array->size(); ++i) found.emplace(std::to_string(i), js_string((*array)[i]));
  } else if (const auto* bytes = value.get<Bytes>()) {
    for (std::size_t i = 0; i < bytes->size(); ++i) found.emplace(std::to_string(i), std::to_string((*bytes)[i]));
  } else if (const auto* text = value.get<std::string>()) {
    std::size_t unit = 0;
    for (std::size_t at = 0; at < text->size();) {
      const auto lead = static_cast<unsigned char>((*text)[at]);
      const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      // Half a pair cannot be written in UTF-8.
      const std::string shown = size < 4 ? text->substr(at, size) : "\xef\xbf\xbd";
      found.emplace(std::to_string(unit++), shown);
      if (size == 4) found.emplace(std::to_string(unit++), shown);
      at += size;
    }
  }
  return found;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

// A part of the result: text, or a type that is still to be written. (Nesting comes from the wire: no recursion.)
using Piece = std::variant<std::string, TypeIndex>;

Piece piece_of(const Value& value) {
  if (const Any* plain = std::get_if<Any>(&value)) return js_string(*plain);
  if (const SharedType* type = std::get_if<SharedType>(&value)) return type->index();
  return "[object Object]";
}

void add_children(Doc::Impl& doc, TypeIndex type, std::vector<Piece>& pieces) {
  for (const Value& child : XmlFragment(SharedType(&doc, type)).to_vector()) pieces.push_back(piece_of(child));
}

void add_element(Doc::Impl& doc, TypeIndex type, std::vector<Piece>& pieces) {
  const Map attributes(SharedType(&doc, type));
  const std::string name = lower_case(attributes.name());
  std::vector<std::string> keys = attributes.keys();
  std::sort(keys.begin(), keys.end(), Utf16Less());
  pieces.emplace_back("<" + name);
  for (const std::string& key : keys) {
    pieces.emplace_back(" " + key + "=\"");
    pieces.push_back(piece_of(*attributes.get(key)));
    pieces.emplace_back("\"");
  }
  pieces.emplace_back(">");
  add_children(doc, type, pieces);
  pieces.emplace_back("</" + name + ">");
}

void add_text(Doc::Impl& doc, TypeIndex type, std::vector<Piece>& pieces) {
  for (const DeltaOp& op : Text(SharedType(&doc, type)).to_delta()) {
    std::map<std::string, Sorted, Utf16Less> tags;
    for (const auto& [name, value] : op.attributes) tags.emplace(name, members(value));
    std::string open;
    std::string close;
    for (const auto& [name, attributes] : tags) {
      open += "<" + name;
      for (const auto& [key, value] : attributes) {
        open += " ";
        open += key;
        open += "=\"" + value + "\"";
      }
      open += ">";
      close.insert(0, "</" + name + ">");
    }
    pieces.emplace_back(std::move(open));
    pieces.push_back(op.values.empty() ? Piece(op.text) : piece_of(op.values[0]));
    pieces.emplace_back(std::move(close));
  }
}

std::vector<Piece> pieces_of(Doc::Impl& doc, TypeIndex type, TypeKind as) {
  std::vector<Piece> pieces;
  switch (as) {
    case TypeKind::xml_element:
      add_element(doc, type, pieces);
      break;
    case TypeKind::xml_text:
      add_text(doc, type, pieces);
      break;
    case TypeKind::xml_fragment:
    case TypeKind::root:
      add_children(doc, type, pieces);
      break;
    case TypeKind::text:
      pieces.emplace_back(Text(SharedType(&doc, type)).to_string());
      break;
    default:
      pieces.emplace_back("[object Object]");
  }
  return pieces;
}

}  // namespace

std::string to_xml(Doc::Impl& doc, TypeIndex type, TypeKind as) {
  std::string out;
  std::vector<Piece> todo;  // the next one last
  const auto push = [&](TypeIndex from, TypeKind shown) {
    std::vector<Piece> pieces = pieces_of(doc, from, shown);
    todo.insert(todo.end(), std::make_move_iterator(pieces.rbegin()), std::make_move_iterator(pieces.rend()));
  };
  push(type, as);
  while (!todo.empty()) {
    const Piece next = std::move(todo.back());
    todo.pop_back();
    if (const auto* text = std::get_if<std::string>(&next)) {
      out += *text;
    } else {
      push(std::get<TypeIndex>(next), doc.store.types[std::get<TypeIndex>(next)].ref);
    }
  }
  return out;
}

}  // namespace core

std::string XmlFragment::to_string() const {
  if (!alive()) return {};
  const bool element = doc_->store.types[type_].ref == TypeKind::xml_element;
  return core::to_xml(*doc_, type_, element ? TypeKind::xml_element : TypeKind::xml_fragment);
}

std::string XmlText::to_string() const {
  return alive() ? core::to_xml(*doc_, type_, TypeKind::xml_text) : std::string();
}

}  // namespace stet
