#include "edit.hpp"

namespace stet {

namespace {

// The list of a type as elements, for arrays and fragments.
std::vector<Value> elements(Doc::Impl& doc, core::TypeIndex type) {
  std::vector<Value> values;
  if (!core::alive(doc.store, type)) return values;
  for (core::ItemIndex at = doc.store.types[type].start; at; at = doc.store.items[at].right) {
    const core::Item& item = doc.store.items[at];
    if (!item.visible()) continue;
    for (std::uint32_t i = 0; i < item.length; ++i) values.push_back(core::value_at(doc, item, i));
  }
  return values;
}

Value element(Doc::Impl& doc, core::TypeIndex type, std::uint64_t index) {
  if (!core::alive(doc.store, type)) return Any();
  const core::PositionIndex::Place place = core::index_of(doc.store, type).find(index);
  if (!place.item) return Any();
  return core::value_at(doc, doc.store.items[place.item], static_cast<std::uint32_t>(place.offset));
}

// Elements go directly behind the visible element before them (Yjs: typeListInsertGenerics), at the end behind all.
core::ItemIndex insert_element(Doc::Impl& doc, core::TypeIndex type, std::uint64_t index,
                               const core::Content& content) {
  const std::uint64_t length = doc.store.types[type].length;
  return core::insert_item(doc, type, core::item_before(doc.store, type, std::min(index, length)), content);
}

}  // namespace

std::uint64_t Array::length() const { return core::alive(doc_->store, type_) ? doc_->store.types[type_].length : 0; }

Value Array::get(std::uint64_t index) const { return element(*doc_, type_, index); }

std::vector<Value> Array::to_vector() const { return elements(*doc_, type_); }

// Values that follow one another become one item; bytes have a content of their own.
void Array::insert(std::uint64_t index, std::span<const Any> values) {
  if (!core::alive(doc_->store, type_)) return;
  doc_->transact([&] {
    core::Store& store = doc_->store;
    core::ItemIndex left = core::item_before(store, type_, std::min(index, length()));
    while (!values.empty()) {
      std::size_t run = 0;
      while (run < values.size() && !values[run].get<Bytes>()) ++run;
      const core::Content content =
          run > 0 ? core::make_values(store, values.first(run)) : core::make_value(store, values[0]);
      left = core::insert_item(*doc_, type_, left, content);
      if (!left) return;
      values = values.subspan(run > 0 ? run : 1);
    }
  });
}

SharedType Array::insert_type(std::uint64_t index, TypeKind kind, std::string_view name) {
  const core::Content content = core::make_type(doc_->store, kind, name);
  if (core::alive(doc_->store, type_)) doc_->transact([&] { insert_element(*doc_, type_, index, content); });
  return {doc_, content.offset};
}

void Array::insert_doc(std::uint64_t index, const SubDoc& doc) {
  if (!core::alive(doc_->store, type_)) return;
  doc_->transact([&] { insert_element(*doc_, type_, index, core::make_doc(doc_->store, doc)); });
}

void Array::erase(std::uint64_t index, std::uint64_t length) {
  if (!core::alive(doc_->store, type_)) return;
  doc_->transact([&] { core::erase_units(*doc_, type_, index, length); });
}

std::uint64_t XmlFragment::length() const {
  return core::alive(doc_->store, type_) ? doc_->store.types[type_].length : 0;
}

Value XmlFragment::get(std::uint64_t index) const { return element(*doc_, type_, index); }

std::vector<Value> XmlFragment::to_vector() const { return elements(*doc_, type_); }

SharedType XmlFragment::insert(std::uint64_t index, TypeKind kind, std::string_view name) {
  return Array(*this).insert_type(index, kind, name);
}

void XmlFragment::erase(std::uint64_t index, std::uint64_t length) { Array(*this).erase(index, length); }

}  // namespace stet
