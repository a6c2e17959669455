// One reader for each kind of foreign store; see foreign_store.hpp. Errors are one line without the path.
#pragma once

#include "storage/foreign_store.hpp"

namespace stet::storage {

using EachDoc = std::function<void(ForeignDoc)>;
using ReadError = std::optional<std::string>;

ReadError read_hocuspocus(const std::filesystem::path& path, const EachDoc& each);
ReadError read_y_websocket(const std::filesystem::path& path, const EachDoc& each);
ReadError read_y_sweet(const std::filesystem::path& path, const EachDoc& each);

// Calls `each` for every DOC/data.ysweet below `folder`, until it returns false.
void for_each_y_sweet(const std::filesystem::path& folder,
                      const std::function<bool(const std::filesystem::path& file)>& each);

}  // namespace stet::storage
