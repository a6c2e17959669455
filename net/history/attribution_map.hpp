// Who wrote and who deleted what, in the encoding of Yjs 14 (`decodeContentMap` of @y/y): two maps from ranges of
// (client, clock) to attributes, which are `insert` and `delete` (the author) and `insertedAt` and `deletedAt`
// (milliseconds since 1970). What is not known is not in it: units from before the log, the author of edits that have
// none. Pure.
#pragma once

#include <cstdint>

#include "net/history/ledger.hpp"
#include "stet/bytes.hpp"

namespace stet::net {

// By the edits up to `seq`.
Bytes attribution_map(const Ledger& ledger, std::uint64_t seq);

}  // namespace stet::net
