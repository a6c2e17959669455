// Texts as plain text.
#include <algorithm>

#include "rich_text.hpp"

namespace stet {

std::uint64_t Text::length() const { return alive() ? doc_->store.types[type_].length : 0; }

std::string Text::to_string() const {
  const core::Store& store = doc_->store;
  std::string text;
  if (!alive()) return text;
  text.reserve(store.types[type_].length);
  for (core::ItemIndex at = store.types[type_].start; at; at = store.items[at].right) {
    const core::Item& item = store.items[at];
    if (item.kind == core::Kind::string && !item.deleted()) text += store.string(item);
  }
  return text;
}

// As Yjs: behind the visible unit before `position`, then to the right past what is deleted there.
void Text::insert(std::uint64_t position, std::string_view utf8) {
  if (!core::alive(doc_->store, type_) || utf8.empty()) return;
  doc_->transact([&] {
    core::Store& store = doc_->store;
    if (store.type_at(type_, position, doc_->editor(), utf8)) return;
    if (store.types[type_].formatted) {
      core::TextCursor cursor(*doc_, type_, position);
      return cursor.insert(core::make_string(store, utf8), cursor.attributes());
    }
    core::ItemIndex left = core::item_before(store, type_, std::min(position, length()));
    for (core::ItemIndex right = core::right_of(store, type_, left); right && store.items[right].deleted();
         right = store.items[right].right) {
      left = right;
    }
    core::insert_item(*doc_, type_, left, core::make_string(store, utf8));
  });
}

void Text::erase(std::uint64_t position, std::uint64_t length) {
  if (!core::alive(doc_->store, type_) || length == 0) return;
  doc_->transact([&] {
    const std::uint64_t rest = length - doc_->store.erase_at(type_, position, length);
    if (rest == 0) return;
    if (doc_->store.types[type_].formatted) {
      core::TextCursor(*doc_, type_, position).erase(rest);
    } else {
      core::erase_units(*doc_, type_, position, rest);
    }
  });
}

}  // namespace stet
