#include "storage_faulty_disk.hpp"

#include <atomic>
#include <new>

namespace stet::storage::test {
namespace {

std::atomic<bool> is_full = false;
std::atomic<bool> syncs_fail = false;
std::atomic<bool> database_fails = false;
sqlite3_vfs* real_vfs = nullptr;

// SQLite's view of an open file; the real one lies behind it in the memory that SQLite provides.
struct File {
  sqlite3_file base;
  bool is_database;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

// Passes a method on to the real file.
template <auto method>
struct Forward;
template <class... Arguments, class Result, Result (*sqlite3_io_methods::*method)(sqlite3_file*, Arguments...)>
struct Forward<method> {
  static Result call(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* real = reinterpret_cast<File*>(file)->real();
    return (real->pMethods->*method)(real, arguments...);
  }
};

using Methods = sqlite3_io_methods;

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (is_full) return SQLITE_FULL;
  if (database_fails && reinterpret_cast<File*>(file)->is_database) return SQLITE_IOERR_WRITE;
  return Forward<&Methods::xWrite>::call(file, data, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  return syncs_fail ? SQLITE_IOERR_FSYNC : Forward<&Methods::xSync>::call(file, flags);
}

const Methods methods = {3,
                         Forward<&Methods::xClose>::call,
                         Forward<&Methods::xRead>::call,
                         write,
                         Forward<&Methods::xTruncate>::call,
                         sync,
                         Forward<&Methods::xFileSize>::call,
                         Forward<&Methods::xLock>::call,
                         Forward<&Methods::xUnlock>::call,
                         Forward<&Methods::xCheckReservedLock>::call,
                         Forward<&Methods::xFileControl>::call,
                         Forward<&Methods::xSectorSize>::call,
                         Forward<&Methods::xDeviceCharacteristics>::call,
                         Forward<&Methods::xShmMap>::call,
                         Forward<&Methods::xShmLock>::call,
                         Forward<&Methods::xShmBarrier>::call,
                         Forward<&Methods::xShmUnmap>::call,
                         Forward<&Methods::xFetch>::call,
                         Forward<&Methods::xUnfetch>::call};

int open(sqlite3_vfs*, const char* name, sqlite3_file* memory, int flags, int* flags_out) {
  File* file = new (memory) File{{}, (flags & SQLITE_OPEN_MAIN_DB) != 0};
  const int code = real_vfs->xOpen(real_vfs, name, file->real(), flags, flags_out);
  if (file->real()->pMethods != nullptr) file->base.pMethods = &methods;
  return code;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  real_vfs = sqlite3_vfs_find(nullptr);
  vfs_ = *real_vfs;
  vfs_.zName = "faulty-disk";
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
  vfs_.xOpen = open;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyDisk::~FaultyDisk() {
  mend();
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_vfs, 1);
}

void FaultyDisk::fill_up() { is_full = true; }
void FaultyDisk::break_syncs() { syncs_fail = true; }
void FaultyDisk::break_database() { database_fails = true; }
void FaultyDisk::mend() { is_full = syncs_fail = database_fails = false; }

}  // namespace stet::storage::test
