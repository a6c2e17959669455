// A document as bytes that open at once: its texts lie beside its state, each under a checksum of its own. Reading a
// text costs a pass over its bytes; the document itself is made when it is needed. (A Snapshot, in contrast, holds no
// content: see snapshot.hpp.)
//
//   checkpoint   "stetckp" version(1)  xxh64(texts) u64le  xxh64(state) u64le  var_bytes(texts)  state
//   texts        count varuint, then count × (name var_string, text var_string)
//   state        one update in v2 with all of the document, what waits for missing parts included
//
// Thread rule: write_checkpoint() as the Doc; a Checkpoint may be read by many threads.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "stet/doc.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

// Held are the root types that hold text (or embeds or formats) and nothing that belongs into another kind of type; of
// a text what Text::to_string() says.
Bytes write_checkpoint(const Doc& doc);

class Checkpoint {
 public:
  // Checks the texts and leaves the state alone. `bytes` must outlive the Checkpoint and what it gives out. Error if
  // these are no checkpoint, or one of a later version, or damaged where the texts are.
  static Result<Checkpoint> open(ByteView bytes);

  // The text of that root; nothing where the document holds no text of that name.
  std::optional<std::string_view> text(std::string_view name) const;

  // The document; it encodes to the same bytes as the one that was written. Error if the state is damaged, or says
  // something else than the texts.
  Result<Doc> load(DocOptions options = {}) const;

 private:
  ByteView bytes_;
  ByteView texts_bytes_;
  ByteView state_;
  std::uint64_t state_checksum_ = 0;
  std::vector<std::pair<std::string_view, std::string_view>> texts_;  // in the order of the names
};

}  // namespace stet
