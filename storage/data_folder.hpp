// The folder that holds a store's files, owned by one process at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "storage/store.hpp"

namespace stet::storage {

inline std::filesystem::path database_in(const std::filesystem::path& folder) { return folder / "stet.db"; }

// Made where it is absent (readable by its owner only), and locked against a second process for as long as this lives.
class DataFolder {
 public:
  // Errors are one line that names the folder: not a folder, not writable, in use.
  static StoreResult<std::unique_ptr<DataFolder>> open(const std::filesystem::path& path);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string database() const { return database_in(path_).string(); }

 private:
  DataFolder(std::filesystem::path path, int lock_file) : path_(std::move(path)), lock_file_(lock_file) {}

  std::filesystem::path path_;
  int lock_file_;
};

}  // namespace stet::storage
