// Reading an update, and loading it into an empty document.
#pragma once

#include "support.hpp"

namespace stet::fuzz {

inline void load(ByteView update, Encoding encoding) {
  const Result<UpdateInfo> info = inspect_update(update, encoding);
  Doc doc;
  const bool taken = apply(doc, update, encoding);
  require(info.ok() || !taken, "an update that cannot be inspected was taken");
}

// Updates one after the other into a document that holds something, each again at the end.
inline void apply_all(ByteView input, Encoding encoding) {
  Doc doc;
  require(apply(doc, sample_update(), Encoding::v1), "the sample was refused");
  const std::vector<ByteView> updates = parts(Reader(input), 5);
  std::vector<ByteView> taken;
  for (const ByteView update : updates) {
    if (apply(doc, update, encoding)) taken.push_back(update);
  }
  const Bytes vector = doc.encode_state_vector();
  for (const ByteView update : taken) require(apply(doc, update, encoding), "the second time it was refused");
  require(doc.encode_state_vector() == vector, "updates brought something new when they came again");
}

}  // namespace stet::fuzz
