// The inside of a Doc: the store, and what waits for missing parts.
#pragma once

#include <map>

#include "stet/doc.hpp"
#include "store.hpp"
#include "wire.hpp"

namespace stet {

class Doc::Impl {
 public:
  DocOptions options;
  core::Store store;

  // Structs that wait for others: an update (v1) without a delete set, empty where none wait; and for each client that
  // they miss, the clock that is missing (Yjs: store.pendingStructs).
  Bytes pending_update;
  std::map<std::uint64_t, std::uint64_t> pending_missing;
  // Deletions of structs that are not there yet (Yjs: store.pendingDs). Normalized.
  std::vector<core::DeleteRange> pending_deletes;
};

}  // namespace stet

namespace stet::core {

// apply.cpp
Result<Applied> apply(Doc::Impl& doc, ByteView update, Encoding encoding);

// integrate.cpp: places a decoded item (see Item::wire) of which the first `offset` units are known already, and all of
// whose dependencies are there. The client must have room (Store::reserve).
void integrate(Store& store, ClientIndex client, ItemIndex item, std::uint32_t offset);

// Client id -> next expected clock.
using StateVector = std::map<std::uint64_t, std::uint64_t>;

// encode.cpp
StateVector state_vector(const Store& store);
Bytes encode_state_vector(const Store& store);
Result<StateVector> decode_state_vector(ByteView bytes);
// What a peer with that state lacks, pending parts included.
Bytes encode_state(const Doc::Impl& doc, const StateVector& state, Encoding encoding);
// The current transaction (after clean_up()) as an update, v1.
Bytes encode_transaction(const Store& store);

// merge.cpp: on encoded updates, without a document.
Result<Bytes> merge_updates(std::span<const ByteView> updates, Encoding encoding);
// Without deletions it is what waits in a document (v1), and then goes by client, highest first, in whatever order it came.
Result<Bytes> diff_update(ByteView update, const StateVector& state, Encoding encoding, bool with_deletes);
Result<Bytes> convert_update(ByteView update, Encoding from, Encoding to);

}  // namespace stet::core
