// A collaborative document: merges Yjs updates in any order and encodes its state as Yjs does.
//
// Thread rule: a Doc belongs to one thread at a time; nothing in it locks. Different Docs are independent.
// Units: text positions and lengths are UTF-16 code units (as in Yjs); text itself is UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace stet {

// The two encodings of an update (Yjs: encodeStateAsUpdate and encodeStateAsUpdateV2).
enum class Encoding : std::uint8_t { v1, v2 };

struct DocOptions {
  // Id under which local edits are made, at most 2^53 - 1. Never use one again for other content: draw it fresh for
  // each Doc that edits. 0 is fine for a Doc that only merges.
  std::uint64_t client_id = 0;
  // Whether deleted content is dropped (Yjs: doc.gc).
  bool gc = true;
};

// What apply_update() did.
struct Applied {
  // Something was integrated or deleted.
  bool changed = false;
  // The bytes given say exactly what was integrated: every struct was new, contiguous, and nothing of it had to wait.
  // Then (and only then) they may be relayed and logged as they are.
  bool exact = false;
  // The document holds parts that wait for missing ones (of this update or of earlier ones).
  bool pending = false;
  // If changed and not exact: the transaction as an update (v1), to relay instead of the bytes given. Else empty.
  Bytes update;
};

struct DocStats {
  std::uint64_t items = 0;    // structs held, as split now
  std::uint64_t clients = 0;  // clients that contributed
  std::uint64_t pending_bytes = 0;
};

class Text;

class Doc {
 public:
  explicit Doc(DocOptions options = {});
  ~Doc();
  Doc(Doc&&) noexcept;
  Doc& operator=(Doc&&) noexcept;
  Doc(const Doc&) = delete;
  Doc& operator=(const Doc&) = delete;

  // Merges an update. Whole or not at all: after an Error the document is as before. Parts whose dependencies are
  // missing wait inside the document and are part of its encoded state.
  Result<Applied> apply_update(ByteView update, Encoding encoding = Encoding::v1);

  // The full state as one update, pending parts included.
  Bytes encode_state(Encoding encoding = Encoding::v1) const;

  // What a peer with this encoded state vector lacks (Yjs: encodeStateAsUpdate(doc, sv)). Error if `state_vector` does
  // not parse.
  Result<Bytes> encode_diff(ByteView state_vector, Encoding encoding = Encoding::v1) const;

  // The encoded state vector (Yjs: encodeStateVector(doc)).
  Bytes encode_state_vector() const;

  bool has_pending() const;
  DocStats stats() const;

  // The root text of that name; created empty where it does not exist. The handle is valid as long as the Doc.
  Text text(std::string_view name);

  // Verifies every invariant of the structure. Returns an empty string, or what is broken.
  std::string check() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// A handle to a text. Each edit is one transaction and returns its update (v1), to be sent to the peers.
class Text {
 public:
  // Length in UTF-16 code units, deleted text not counted.
  std::uint64_t length() const;
  // The visible text in UTF-8 (embeds and formats left out).
  std::string to_string() const;
  // Inserts at `position` (<= length(); clamped). `utf8` must be valid UTF-8.
  Bytes insert(std::uint64_t position, std::string_view utf8);
  // Deletes `length` units from `position` on (clamped to the text).
  Bytes erase(std::uint64_t position, std::uint64_t length);

 private:
  friend class Doc;
  Text(Doc::Impl* doc, std::uint32_t type) : doc_(doc), type_(type) {}
  Doc::Impl* doc_;
  std::uint32_t type_;
};

}  // namespace stet
