// Texts as plain text.
#include <algorithm>
#include <cstring>

#include "rich_text.hpp"

namespace stet {

std::uint64_t Text::length() const { return alive() ? doc_->store.types[type_].length : 0; }

// Items lie in the order in which they were made, and are short: what costs most is waiting for the next one while the
// processor has guessed wrong about the length of this one. So each is copied as if it had `piece` bytes, deleted ones
// too, and the next copy begins where it really ends; only longer ones take another way.
std::string Text::to_string() const {
  constexpr std::size_t piece = 64;
  const core::Store& store = doc_->store;
  std::string text;
  if (!alive()) return text;
  const core::Item* const items = store.items.data();
  const ByteView data(store.data.data(), store.data.size());
  const std::size_t last_whole = data.size() < piece ? 0 : data.size() - piece;  // that so many bytes can be read from
  std::size_t size = 0;
  text.resize(store.types[type_].length + piece);
  for (core::ItemIndex at = store.types[type_].start; at; at = items[at].right) {
    const core::Item& item = items[at];
    const bool shown = (item.kind == core::Kind::string) & !item.deleted();
    std::size_t bytes = shown ? item.length + item.extra : 0;
    if ((item.extra == 255) & shown) [[unlikely]]
      bytes = store.string_bytes(item);
    if (size + bytes + piece > text.size()) [[unlikely]]
      text.resize(text.size() + text.size() / 2 + bytes + piece);
    if ((bytes <= piece) & (item.content < last_whole)) [[likely]] {
      std::memcpy(text.data() + size, data.data() + item.content, piece);
    } else if (bytes > 0) {
      std::memcpy(text.data() + size, data.data() + item.content, bytes);
    }
    size += bytes;
  }
  text.resize(size);
  return text;
}

namespace {

// As Yjs: behind the visible unit before `position`, then to the right past what is deleted there.
[[gnu::noinline]] void insert_anywhere(Doc::Impl& doc, core::TypeIndex type, std::uint64_t position,
                                       std::string_view utf8) {
  core::Store& store = doc.store;
  if (store.type_at(type, position, doc.editor(), utf8)) return;
  if (store.types[type].formatted) {
    core::TextCursor cursor(doc, type, position);
    return cursor.insert(core::make_string(store, utf8), cursor.attributes());
  }
  core::ItemIndex left = core::item_before(store, type, std::min(position, store.types[type].length));
  for (core::ItemIndex right = core::right_of(store, type, left); right && store.items[right].deleted();
       right = store.items[right].right) {
    left = right;
  }
  core::insert_item(doc, type, left, core::make_string(store, utf8));
}

[[gnu::noinline]] void insert_text(Doc::Impl& doc, core::TypeIndex type, std::uint64_t position,
                                   std::string_view utf8) {
  if (utf8.size() == 1 && doc.store.type_letter(type, position, doc.editor(), utf8[0])) return;
  insert_anywhere(doc, type, position, utf8);
}

}  // namespace

void Text::insert(std::uint64_t position, std::string_view utf8) {
  if (!core::alive(doc_->store, type_) || utf8.empty()) return;
  doc_->transact([&] { insert_text(*doc_, type_, position, utf8); });
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
