#include "rich_text.hpp"

#include <algorithm>

namespace stet::core {

// --- attributes ------------------------------------------------------------------------------------------------------

namespace {

bool is_object(const Any& value) { return value.get<AnyObject>() || value.get<AnyArray>() || value.get<Bytes>(); }

bool same_primitive(const Any& a, const Any& b) { return !is_object(a) && !is_object(b) && a == b; }

bool equal_members(const Any& a, const Any& b) {
  if (const auto *x = a.get<AnyObject>(), *y = b.get<AnyObject>(); x && y) {
    return x->size() == y->size() && std::all_of(x->begin(), x->end(), [&](const auto& member) {
             return std::any_of(y->begin(), y->end(), [&](const auto& other) {
               return other.first == member.first && same_primitive(other.second, member.second);
             });
           });
  }
  if (const auto *x = a.get<AnyArray>(), *y = b.get<AnyArray>(); x && y) {
    return std::equal(x->begin(), x->end(), y->begin(), y->end(), same_primitive);
  }
  const auto *x = a.get<Bytes>(), *y = b.get<Bytes>();
  return x && y && *x == *y;
}

// The number if the key is an array index of JavaScript, else none_such.
constexpr std::uint64_t none_such = ~std::uint64_t{0};
std::uint64_t array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return none_such;
  std::uint64_t number = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return none_such;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number < 0xffff'ffff ? number : none_such;
}

}  // namespace

bool same_value(const Attribute& a, const Attribute& b) {
  return (a.source && a.source == b.source) || same_primitive(a.value, b.value);
}

bool equal_value(const Attribute& a, const Attribute& b) { return same_value(a, b) || equal_members(a.value, b.value); }

const Attribute* AttributeList::find(KeyIndex key) const {
  const auto found = std::find_if(list_.begin(), list_.end(), [&](const Attribute& a) { return a.key == key; });
  return found == list_.end() ? nullptr : &*found;
}

Attribute AttributeList::get(KeyIndex key) const {
  const Attribute* found = find(key);
  return found ? *found : Attribute{key, Null{}, 0};
}

void AttributeList::set(const Attribute& attribute) {
  const auto found =
      std::find_if(list_.begin(), list_.end(), [&](const Attribute& a) { return a.key == attribute.key; });
  if (found == list_.end()) {
    list_.push_back(attribute);
  } else {
    *found = attribute;
  }
}

void AttributeList::erase(KeyIndex key) {
  std::erase_if(list_, [&](const Attribute& a) { return a.key == key; });
}

void AttributeList::pass(const Attribute& format) {
  if (format.value.is_null()) {
    erase(format.key);
  } else {
    set(format);
  }
}

void AttributeList::order_as_object(const Store& store) {
  std::stable_sort(list_.begin(), list_.end(), [&](const Attribute& a, const Attribute& b) {
    return array_index(store.key(a.key)) < array_index(store.key(b.key));
  });
}

Attribute format_of(const Store& store, ItemIndex format) {
  const Item& item = store.items[format];
  return {format_key(store, item), embedded_value(store, item), format};
}

AttributeList to_list(Store& store, const Attributes& attributes) {
  AttributeList list;
  for (const auto& [name, value] : attributes) {
    if (!value.is_undefined()) list.set({store.intern_key(name), value, 0});
  }
  return list;
}

Attributes to_attributes(const Store& store, const AttributeList& list) {
  Attributes attributes;
  for (const Attribute& attribute : list) attributes.emplace_back(store.key(attribute.key), attribute.value);
  return attributes;
}

AttributeList attributes_at(Store& store, TypeIndex type, ItemIndex item) {
  AttributeList attributes;
  if (!item || !store.types[type].formatted) return attributes;
  for (const ItemIndex format : index_of(store, type).formats_in_force(item)) attributes.set(format_of(store, format));
  return attributes;
}

// --- the cursor ------------------------------------------------------------------------------------------------------

TextCursor::TextCursor(Doc::Impl& doc, TypeIndex type, std::uint64_t position)
    : doc_(doc),
      type_(type),
      left_(item_before(doc.store, type, std::min(position, doc.store.types[type].length))),
      right_(right_of(doc.store, type, left_)),
      current_(attributes_at(doc.store, type, left_)) {}

void TextCursor::forward() {
  if (at_format() && !right().deleted()) current_.pass(format_of(doc_.store, right_));
  left_ = right_;
  right_ = right().right;
}

// Over `length` units, as far as the text goes. Leaves in `length` what is missing.
void TextCursor::jump(std::uint64_t& length) {
  PositionIndex& index = index_of(doc_.store, type_);
  std::uint64_t position = 0;
  if (left_)
    position = index.position_of(left_) + (doc_.store.items[left_].visible() ? doc_.store.items[left_].length : 0);
  const std::uint64_t passed = std::min(length, index.length() - position);
  length -= passed;
  if (passed == 0) return;
  left_ = item_before(doc_.store, type_, position + passed);
  right_ = right_of(doc_.store, type_, left_);
  current_ = attributes_at(doc_.store, type_, left_);
}

// Nothing is placed where the document is full.
void TextCursor::place(const Content& content) {
  moved_only_ = false;
  const ItemIndex item = insert_item(doc_, type_, left_, content);
  if (!item) return;
  right_ = item;
  forward();
}

void TextCursor::place_format(const Attribute& attribute) {
  place(make_format(doc_.store, doc_.store.key(attribute.key), attribute.value));
}

// Goes right past deleted items, and past formats that say what `attributes` says.
void TextCursor::skip_redundant(const AttributeList& attributes) {
  while (right_) {
    if (!right().deleted()) {
      if (!at_format()) return;
      const Attribute format = format_of(doc_.store, right_);
      if (!equal_value(attributes.get(format.key), format)) return;
    }
    forward();
  }
}

// Puts formats for those attributes that are not in force. Returns what was in force instead, for close().
AttributeList TextCursor::open(const AttributeList& attributes) {
  AttributeList negated;
  for (const Attribute& attribute : attributes) {
    const Attribute now = current_.get(attribute.key);
    if (equal_value(now, attribute)) continue;
    negated.set(now);
    place_format(attribute);
  }
  return negated;
}

// Puts formats that restore what was in force before open(), but for those that stand there already.
void TextCursor::close(AttributeList negated) {
  while (right_) {
    if (!right().deleted()) {
      if (!at_format()) break;
      const Attribute format = format_of(doc_.store, right_);
      const Attribute* wanted = negated.find(format.key);
      if (!wanted || !equal_value(*wanted, format)) break;
      negated.erase(format.key);
    }
    forward();
  }
  for (const Attribute& attribute : negated) place_format(attribute);
}

void TextCursor::insert(const Content& content, AttributeList attributes) {
  for (const Attribute& attribute : current_) {
    if (!attributes.find(attribute.key)) attributes.set({attribute.key, Null{}, 0});
  }
  attributes.order_as_object(doc_.store);
  skip_redundant(attributes);
  AttributeList negated = open(attributes);
  place(content);
  close(std::move(negated));
}

void TextCursor::format(std::uint64_t length, const AttributeList& unordered) {
  Store& store = doc_.store;
  AttributeList attributes = unordered;
  attributes.order_as_object(store);
  // Edits may leave a cursor with other attributes than those in force there, as in Yjs.
  if (attributes.empty() && length > 0 && (moved_only_ || !store.types[type_].formatted)) {
    jump(length);
  } else {
    skip_redundant(attributes);
  }
  moved_only_ &= attributes.empty();
  AttributeList negated = open(attributes);
  // Also behind the last unit, while formats follow: one that is there need not be put once more by close().
  while (right_ && (length > 0 || (!negated.empty() && (right().deleted() || at_format())))) {
    if (!right().deleted() && at_format()) {
      const Attribute format = format_of(store, right_);
      if (const Attribute* wanted = attributes.find(format.key)) {
        if (equal_value(*wanted, format)) {
          negated.erase(format.key);
        } else {
          if (length == 0) break;
          negated.set(format);
        }
        store.mark_deleted(right_);
      }
    } else if (!right().deleted()) {
      if (length < right().length) store.split(right_, static_cast<std::uint32_t>(length));
      length -= right().length;
    }
    forward();
  }
  if (length > 0) place(make_string(store, std::string(length, '\n')));
  close(std::move(negated));
}

void TextCursor::erase(std::uint64_t length) {
  Store& store = doc_.store;
  moved_only_ = false;
  const AttributeList before = current_;
  const ItemIndex start = right_;
  while (right_ && length > 0) {
    if (right().visible()) {
      if (length < right().length) store.split(right_, static_cast<std::uint32_t>(length));
      length -= right().length;
      store.mark_deleted(right_);
    }
    forward();
  }
  if (store.types[type_].formatted) clean_gap(start, before);
}

// Between `start` and the next visible item, takes away formats that another one there overrides, or that say what was
// in force before them. `start_attributes` are those before `start`, from where the cursor came.
void TextCursor::clean_gap(ItemIndex start, const AttributeList& start_attributes) {
  Store& store = doc_.store;
  AttributeList last_formats;  // Attribute::source is the last format of its key in the gap
  ItemIndex end = start;
  for (; end && !store.items[end].visible(); end = store.items[end].right) {
    if (store.items[end].kind == Kind::format && !store.items[end].deleted()) last_formats.set(format_of(store, end));
  }
  bool behind_cursor = false;
  for (ItemIndex at = start; at != end; at = store.items[at].right) {
    behind_cursor = behind_cursor || at == right_;
    if (store.items[at].kind != Kind::format || store.items[at].deleted()) continue;
    const Attribute format = format_of(store, at);
    const Attribute at_start = start_attributes.get(format.key);
    const bool says_nothing_new = same_value(at_start, format);
    if (last_formats.get(format.key).source != at || says_nothing_new) {
      store.mark_deleted(at);
      if (!behind_cursor && !says_nothing_new && same_value(current_.get(format.key), format)) current_.pass(at_start);
    } else if (!behind_cursor) {
      current_.pass(format);
    }
  }
}

}  // namespace stet::core
