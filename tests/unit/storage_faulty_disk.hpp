// A disk that fails on command, below SQLite: while one lives, every database opened is on it.
#pragma once

#include <sqlite3.h>

namespace stet::storage::test {

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();  // after the stores on it are closed
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  void fill_up();         // writes fail: no space left
  void break_syncs();     // writes succeed, fsync fails
  void break_database();  // writes to the database itself fail, those to the write-ahead log do not
  void mend();

 private:
  sqlite3_vfs vfs_;
};

}  // namespace stet::storage::test
