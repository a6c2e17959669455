// The structs of a document with their links: what its encoded state does not tell.
#pragma once

#include <string>
#include <vector>

#include "stet/doc.hpp"

namespace replica {

// One line a struct, by client (highest id first) and clock, as storeLines() of tests/interop/oracle/dump.mjs writes
// those of stock Yjs. What this store holds in several items and Yjs in one struct is one line.
std::vector<std::string> store_lines(const stet::Doc& doc);

}  // namespace replica
