// Formatted text. A text's list holds, between its characters, invisible items that say "from here on `key` is `value`"
// (null: no longer). An edit puts such items around what it formats, and takes away those that say nothing new, item by
// item as Yjs 13.6 does it (src/types/YText.js), so that both make the same updates.
#pragma once

#include <string_view>
#include <vector>

#include "edit.hpp"

namespace stet::core {

// An attribute in force at some place, or to be put there.
struct Attribute {
  KeyIndex key = 0;
  Any value;
  ItemIndex source = 0;  // the format that it was read from; 0 = the caller's
};

// JavaScript's ===, as far as values of ours can tell: objects are the same if they were read from the same format.
bool same_value(const Attribute& a, const Attribute& b);
// The same, or objects of equal members.
bool equal_value(const Attribute& a, const Attribute& b);

// Attributes in the order in which they were set.
class AttributeList {
 public:
  // nullptr where there is none. Pointers are valid until the next change.
  const Attribute* find(KeyIndex key) const;
  // Null where there is none.
  Attribute get(KeyIndex key) const;
  void set(const Attribute& attribute);
  void erase(KeyIndex key);
  // What a format does that is passed on the way to the right: sets, or erases where its value is null.
  void pass(const Attribute& format);
  // Puts the keys that are array indexes of JavaScript in front, by number: so its objects list their members.
  void order_as_object(const Store& store);

  bool empty() const { return list_.empty(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<Attribute> list_;
};

// Of an item of kind format.
Attribute format_of(const Store& store, ItemIndex format);

// What the caller of the public interface wants; undefined values are left out.
AttributeList to_list(Store& store, const Attributes& attributes);
Attributes to_attributes(const Store& store, const AttributeList& list);

// The attributes in force behind `item` of the type's list (0: at its front).
AttributeList attributes_at(Store& store, TypeIndex type, ItemIndex item);

// A place between two neighbours of a text's list, and the edits there. Each edit leaves the cursor behind what it did.
// Lives within one transaction.
class TextCursor {
 public:
  TextCursor(Doc::Impl& doc, TypeIndex type, std::uint64_t position);

  const AttributeList& attributes() const { return current_; }

  // Puts the content there with exactly these attributes.
  void insert(const Content& content, AttributeList attributes);
  // Changes these attributes (null: removes) of so many units. Beyond the end newlines are added.
  void format(std::uint64_t length, const AttributeList& attributes);
  void erase(std::uint64_t length);

 private:
  const Item& right() const { return doc_.store.items[right_]; }
  bool at_format() const { return right().kind == Kind::format; }
  void forward();
  void jump(std::uint64_t& length);
  void place(const Content& content);
  void place_format(const Attribute& attribute);
  void skip_redundant(const AttributeList& attributes);
  AttributeList open(const AttributeList& attributes);
  void close(AttributeList negated);
  void clean_gap(ItemIndex start, const AttributeList& start_attributes);

  Doc::Impl& doc_;
  TypeIndex type_;
  ItemIndex left_;
  ItemIndex right_;
  AttributeList current_;   // behind left_
  bool moved_only_ = true;  // has not edited yet
};

}  // namespace stet::core
