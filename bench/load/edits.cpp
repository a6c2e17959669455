#include "edits.hpp"

#include "stet/doc.hpp"
#include "stet/types.hpp"

namespace stet::bench {

std::vector<Bytes> typed_letters(std::uint64_t client, std::size_t count) {
  std::vector<Bytes> updates;
  updates.reserve(count);
  Doc doc({.client_id = client});
  const Subscription subscription = doc.on_update(
      [&updates](ByteView update, const TransactionInfo&) { updates.emplace_back(update.begin(), update.end()); });
  Text text = doc.text("text");
  for (std::size_t i = 0; i < count; ++i) text.insert(i, i % 7 == 6 ? " " : "e");
  return updates;
}

std::uint64_t read_letters(Reader& in, std::uint64_t& hole) {
  constexpr unsigned deleted = 1;
  constexpr unsigned string = 4;
  constexpr unsigned skip = 10;
  const std::uint8_t info = in.byte();
  const unsigned kind = info & 0x1f;
  if (kind == skip) {
    hole = in.varuint();
    return 0;
  }
  for (const unsigned origin : {0x80U, 0x40U}) {
    if ((info & origin) == 0) continue;
    in.varuint();
    in.varuint();
  }
  if ((info & 0xc0) == 0 && in.varuint() == 1) in.var_bytes();  // a root type, by name
  if (kind == string) return in.var_bytes().size();             // all are ASCII
  if (kind == deleted) return in.varuint();
  die("an update that is not of letters");
}

}  // namespace stet::bench
