// The shared types of a document: Text, Array, Map and the XML types, in any nesting.
//
// A handle names a type of a Doc; copying it copies the name. Edits are transactions of their own unless made within
// Doc::transact(). A handle to a type that was deleted (alive() is false) reads as empty and ignores edits.
// Positions and lengths of texts are UTF-16 code units, of arrays and fragments elements; they are clamped to the type.
// Thread rule: as the Doc.
#pragma once

#include <optional>
#include <span>

#include "stet/any.hpp"
#include "stet/doc.hpp"
#include "stet/event.hpp"

namespace [[gnu::visibility("default")]] stet {

// What a type was made as; the numbers are those of the wire. Roots are what the application asks for (see Doc::text):
// the wire does not tell. `root` is one that it never asked for.
enum class TypeKind : std::uint8_t {
  array = 0,
  map = 1,
  text = 2,
  xml_element = 3,
  xml_fragment = 4,
  xml_hook = 5,
  xml_text = 6,
  root = 255,
};

// Any shared type; the base of the others, which see it as what they are for. (As in Yjs 14 every type may hold
// a list, a map and formats at once; a handle of another class only shows other parts of it.)
class SharedType {
 public:
  TypeKind kind() const;
  bool alive() const;
  // The root's name, the XML element's or hook's node name; empty for the others.
  std::string name() const;
  // The type that holds this one; nothing for a root.
  std::optional<SharedType> parent() const;
  // As Yjs' toJSON() of this kind of type; types nested deeper than 128 are null. A root that nobody asked for is shown
  // as what it looks like: a text if it holds text, XML if it holds XML types only, a map if it holds keys only, else
  // an array.
  Any to_json() const;

  // Called after each transaction that changed this type itself / it or something within it (events by depth).
  Subscription observe(std::function<void(const Event&)> callback) const;
  Subscription observe_deep(std::function<void(std::span<const Event>)> callback) const;

  bool operator==(const SharedType&) const = default;

  // For the library's own use.
  SharedType(Doc::Impl* doc, std::uint32_t type) : doc_(doc), type_(type) {}
  Doc::Impl* impl() const { return doc_; }
  std::uint32_t index() const { return type_; }

 protected:
  Doc::Impl* doc_;
  std::uint32_t type_;
};

// A sub-document: the application opens a Doc for it where it wants to.
struct SubDoc {
  std::string guid;
  Any options;  // an object: autoLoad, gc, meta
  bool operator==(const SubDoc&) const = default;
};

// An element of an array or map, or a child in XML.
using Value = std::variant<Any, SharedType, SubDoc>;

// One operation of a Delta.
struct DeltaOp {
  enum class Kind : std::uint8_t { insert, retain, erase };
  Kind kind = Kind::insert;
  std::uint64_t length = 0;   // units: of the text or values inserted, retained or deleted
  std::string text;           // insert: text in UTF-8, or else
  std::vector<Value> values;  // insert: elements; in a text one embed or type
  Attributes attributes;      // insert: those of the text; retain: those that change (Null: removed)
  bool operator==(const DeltaOp&) const = default;
};

// A delta as JSON: [{"insert": "text", "attributes": {...}}, {"retain": 2}, {"delete": 1}]. What is inserted into a
// text is text or one value, into an array (`of_array`) a list of values. Types are shown as their to_json(),
// sub-documents as {}.
std::string delta_to_json(const Delta& delta, bool of_array = false);
// The delta of a text from JSON. Error if `json` is no such list of operations.
Result<Delta> delta_from_json(std::string_view json);

class Array : public SharedType {
 public:
  using SharedType::SharedType;
  explicit Array(const SharedType& type) : SharedType(type) {}

  std::uint64_t length() const;
  // The element at `index`; undefined beyond the end.
  Value get(std::uint64_t index) const;
  std::vector<Value> to_vector() const;

  void insert(std::uint64_t index, std::span<const Any> values);
  void insert(std::uint64_t index, const Any& value) { insert(index, std::span(&value, 1)); }
  void push_back(const Any& value) { insert(length(), value); }
  // `name` for XML elements and hooks.
  SharedType insert_type(std::uint64_t index, TypeKind kind, std::string_view name = {});
  void insert_doc(std::uint64_t index, const SubDoc& doc);
  void erase(std::uint64_t index, std::uint64_t length = 1);
};

class Map : public SharedType {
 public:
  using SharedType::SharedType;
  explicit Map(const SharedType& type) : SharedType(type) {}

  std::uint64_t size() const;
  bool contains(std::string_view key) const;
  // Nothing where the key has no value.
  std::optional<Value> get(std::string_view key) const;
  // In no particular order.
  std::vector<std::string> keys() const;

  void set(std::string_view key, const Any& value);
  SharedType set_type(std::string_view key, TypeKind kind, std::string_view name = {});
  void set_doc(std::string_view key, const SubDoc& doc);
  void erase(std::string_view key);
  void clear();
};

class Text : public SharedType {
 public:
  using SharedType::SharedType;
  explicit Text(const SharedType& type) : SharedType(type) {}

  std::uint64_t length() const;
  // The visible text in UTF-8, embeds left out.
  std::string to_string() const;
  // The text with its attributes: runs of equal attributes, embeds, types.
  Delta to_delta() const;

  // `utf8` must be valid UTF-8 (valid_utf8() tells). The text takes the attributes around it, as typing does.
  void insert(std::uint64_t position, std::string_view utf8);
  // With exactly these attributes.
  void insert(std::uint64_t position, std::string_view utf8, const Attributes& attributes);
  void insert_embed(std::uint64_t position, const Any& embed, const Attributes& attributes = {});
  SharedType insert_type(std::uint64_t position, TypeKind kind, const Attributes& attributes = {});
  void format(std::uint64_t position, std::uint64_t length, const Attributes& attributes);
  void erase(std::uint64_t position, std::uint64_t length);
  // Retaining beyond the end adds newlines, as in Yjs. A type among the values becomes an empty one of its kind.
  void apply_delta(const Delta& delta);

  // Attributes of the text as a whole (Yjs: setAttribute).
  void set_attribute(std::string_view name, const Any& value);
  void remove_attribute(std::string_view name);
  std::optional<Value> attribute(std::string_view name) const;
  Attributes attributes() const;
};

class XmlFragment : public SharedType {
 public:
  using SharedType::SharedType;
  explicit XmlFragment(const SharedType& type) : SharedType(type) {}

  std::uint64_t length() const;
  Value get(std::uint64_t index) const;
  std::vector<Value> to_vector() const;
  // As Yjs' toString(): tags in lower case (of A to Z), with attributes sorted by name; nothing is escaped.
  std::string to_string() const;

  // An XmlElement or XmlHook (`name`: its node or hook name), or an XmlText.
  SharedType insert(std::uint64_t index, TypeKind kind, std::string_view name = {});
  void erase(std::uint64_t index, std::uint64_t length = 1);
};

class XmlElement : public XmlFragment {
 public:
  using XmlFragment::XmlFragment;
  explicit XmlElement(const SharedType& type) : XmlFragment(type) {}

  void set_attribute(std::string_view name, const Any& value);
  void remove_attribute(std::string_view name);
  std::optional<Value> attribute(std::string_view name) const;
  Attributes attributes() const;
};

class XmlText : public Text {
 public:
  using Text::Text;
  explicit XmlText(const SharedType& type) : Text(type) {}

  // With its formats as nested tags.
  std::string to_string() const;
};

// A map with a name.
class XmlHook : public Map {
 public:
  using Map::Map;
  explicit XmlHook(const SharedType& type) : Map(type) {}
};

}  // namespace stet
