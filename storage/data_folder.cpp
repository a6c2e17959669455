#include "storage/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

namespace stet::storage {
namespace {

StoreError refused(const std::filesystem::path& path, const std::string& why) {
  return {StoreError::Kind::unavailable, "data folder " + path.string() + " " + why};
}

std::string reason(int error) { return std::generic_category().message(error); }

// A new name in a folder is durable when the folder is.
bool sync_folder(const std::filesystem::path& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  return synced;
}

}  // namespace

StoreResult<std::unique_ptr<DataFolder>> DataFolder::open(const std::filesystem::path& given) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(given, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a slash at the end
  std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) == 0) {
    if (!sync_folder(path.parent_path())) return refused(path, "cannot be made durable (" + reason(errno) + ")");
  } else if (errno != EEXIST) {
    return refused(path, "cannot be made (" + reason(errno) + ")");
  }
  const int lock_file = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_file < 0) return refused(path, "is not writable (" + reason(errno) + ")");
  std::unique_ptr<DataFolder> folder(new DataFolder(path, lock_file));
  if (::flock(lock_file, LOCK_EX | LOCK_NB) != 0) {
    return refused(path,
                   errno == EWOULDBLOCK ? "is in use by another process" : "cannot be locked (" + reason(errno) + ")");
  }
  return folder;
}

// The file stays: to remove it would let two processes lock two files of the same name.
DataFolder::~DataFolder() { ::close(lock_file_); }

}  // namespace stet::storage
