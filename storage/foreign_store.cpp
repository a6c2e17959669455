#include "storage/foreign_store.hpp"

#include <array>
#include <fstream>
#include <string_view>

#include "storage/foreign_readers.hpp"

namespace stet::storage {

namespace fs = std::filesystem;

namespace {

bool begins_with(const fs::path& file, std::string_view magic) {
  std::array<char, 16> head{};
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(magic.size()));
  return in.good() && std::string_view(head.data(), magic.size()) == magic;
}

ReadError read(ForeignKind kind, const fs::path& path, const EachDoc& each) {
  switch (kind) {
    case ForeignKind::hocuspocus:
      return read_hocuspocus(path, each);
    case ForeignKind::y_websocket:
      return read_y_websocket(path, each);
    case ForeignKind::y_sweet:
      return read_y_sweet(path, each);
  }
  return "unknown kind of store";
}

}  // namespace

std::optional<ForeignKind> recognize(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) {
    if (begins_with(path, std::string_view("SQLite format 3\0", 16))) return ForeignKind::hocuspocus;
    return std::nullopt;
  }
  if (fs::is_regular_file(path / "CURRENT", ignored)) return ForeignKind::y_websocket;
  std::optional<ForeignKind> found;
  for_each_y_sweet(path, [&](const fs::path&) {
    found = ForeignKind::y_sweet;
    return false;
  });
  return found;
}

std::optional<StoreError> read_documents(ForeignKind kind, const fs::path& path,
                                         const std::function<void(ForeignDoc)>& each) {
  const ReadError error = read(kind, path, each);
  if (!error) return std::nullopt;
  return StoreError{StoreError::Kind::unavailable, path.string() + ": " + *error};
}

}  // namespace stet::storage
