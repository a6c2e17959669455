// The stores of other servers for Yjs documents, to be read once: for who moves to Stet.
//
// Thread rule: pure functions of the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace stet::storage {

enum class ForeignKind : std::uint8_t {
  hocuspocus,   // the SQLite database of @hocuspocus/extension-sqlite
  y_websocket,  // the LevelDB folder of y-leveldb, which y-websocket's server writes
  y_sweet,      // a folder of y-sweet: DOC/data.ysweet
};

struct ForeignDoc {
  std::string name;
  std::vector<Bytes> updates;  // v1, in the order in which they were written; not looked into
  std::string fault;           // why they could not be read; empty if they were
};

// What wrote `path`, by what is there; nothing if none of them did.
std::optional<ForeignKind> recognize(const std::filesystem::path& path);

// Calls `each` for every document. An error is one line that says what is wrong with the store as a whole. Nothing is
// changed, but that LevelDB tidies its folder whenever it is opened; it refuses one that a server has open.
std::optional<StoreError> read_documents(ForeignKind kind, const std::filesystem::path& path,
                                         const std::function<void(ForeignDoc)>& each);

}  // namespace stet::storage
