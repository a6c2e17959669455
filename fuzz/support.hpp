// What the fuzz targets share: a check that stops the fuzzer, a document to start from, and what must hold of a
// document after whatever was done to it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/src/doc_impl.hpp"
#include "stet/doc.hpp"
#include "stet/update.hpp"

namespace stet::fuzz {

inline void require(bool holds, const char* what, const std::string& more = {}) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s %s\n", what, more.c_str());
  std::abort();
}

// The input as a sequence of length-prefixed parts, at most `most`; what is left over is the last one.
inline std::vector<ByteView> parts(Reader in, std::size_t most) {
  std::vector<ByteView> found;
  while (!in.at_end() && found.size() + 1 < most) {
    Reader part = in;
    const ByteView bytes = part.var_bytes();
    if (!part.ok()) break;
    found.push_back(bytes);
    in = part;
  }
  if (!in.at_end()) found.push_back(in.bytes(in.remaining()));
  return found;
}

// The update as text in which whatever can be one struct is one. (Which structs of a hostile update are joined, and
// which not, depends on what the others touched, here as in Yjs.)
std::string canonical(ByteView update, Encoding encoding);

// The document is sound, and its encoded state loads again into the same. Or, here as in Yjs, into one that is further:
// where parts wait, that one has tried them all; and where a hostile update names its origins against all order, a
// value of a key may lose its place, and is deleted.
inline void verify(const Doc& doc) {
  const std::string problem = doc.check();
  require(problem.empty(), "check:", problem);
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    const Bytes state = doc.encode_state(encoding);
    Doc loaded;
    const Result<Applied> applied = loaded.apply_update(state, encoding);
    require(applied.ok(), "the state does not load again:", applied.ok() ? "" : applied.error().message());
    const Bytes again = loaded.encode_state(encoding);
    const bool advanced = loaded.encode_state_vector() != doc.encode_state_vector();
    require(!advanced || doc.has_pending(), "loaded, the state vector is another");
    if (advanced || inspect_update(again, encoding)->deleted > inspect_update(state, encoding)->deleted) {
      verify(loaded);
    } else {
      require(canonical(again, encoding) == canonical(state, encoding),
              "loaded and encoded again, the state is another");
    }
  }
}

// Applies an update that may be hostile. Returns whether it was taken.
inline bool apply(Doc& doc, ByteView update, Encoding encoding) {
  const Bytes before = doc.encode_state();
  const Result<Applied> applied = doc.apply_update(update, encoding);
  if (!applied) {
    require(doc.encode_state() == before, "a refused update left a trace");
    require(doc.check().empty(), "check after a refused update:", doc.check());
    return false;
  }
  require(applied->changed || doc.encode_state_vector().size() > 0, "no state vector");
  require(applied->update.empty() == (applied->exact || !applied->changed), "an update to relay where none is needed");
  require(applied->update.empty() || inspect_update(applied->update).ok(), "what is to be relayed does not parse");
  verify(doc);
  return true;
}

// Text, formats, a map with a former value, nested types, a deletion and a collected child, by clients 1, 2 and 3.
Bytes sample_update();

}  // namespace stet::fuzz
