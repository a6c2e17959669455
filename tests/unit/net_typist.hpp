// Updates as a client makes them: edits of the root `text` of a document of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "stet/doc.hpp"
#include "stet/types.hpp"

namespace stet::net::test {

// Runs `edit` on the text. The update that it made.
template <class Edit>
Bytes update_of(Doc& doc, Edit edit) {
  Bytes out;
  const Subscription heard =
      doc.on_update([&](ByteView update, const TransactionInfo&) { out.assign(update.begin(), update.end()); });
  Text text = doc.text("text");
  edit(text);
  return out;
}

inline Bytes type(Doc& doc, std::uint64_t position, std::string_view utf8) {
  return update_of(doc, [&](Text& text) { text.insert(position, utf8); });
}

inline Bytes erase(Doc& doc, std::uint64_t position, std::uint64_t length) {
  return update_of(doc, [&](Text& text) { text.erase(position, length); });
}

}  // namespace stet::net::test
