// SQLite's C interface as values: connections, prepared statements, rows. Failures are SqliteError; it never leaves the
// storage layer: log_writer.cpp, log_reader.cpp and sqlite_store.cpp turn it into StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "stet/bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stet::storage {

using Warn = std::function<void(std::string)>;  // takes one line of diagnostics

class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  bool is_corrupt() const;   // the file is damaged; everything else concerns the disk or the machine
  bool is_conflict() const;  // but for this: a row breaks a constraint

 private:
  int code_;
};

// The rows of one run of a statement, which is reset at the end of the scope. Views live until the next row.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool next();
  std::int64_t integer(int column) const;
  std::uint64_t natural(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view text(int column) const;
  ByteView blob(int column) const;

 private:
  sqlite3_stmt* statement_;
};

// A prepared statement. Text and bytes are bound without a copy: they must outlive the Rows, or the call of run().
class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  Rows query(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Rows(statement_);
  }

  template <class... Values>
  void run(const Values&... values) {
    Rows rows = query(values...);
    while (rows.next()) {
    }
  }

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::string_view text);
  void bind(int index, ByteView bytes);

  sqlite3_stmt* statement_;
};

// An open database, for one thread at a time. Declare it before its statements, so that it is closed after them.
class Connection {
 public:
  enum class Mode : std::uint8_t { create, write, read };
  // Asked while another connection holds the lock that is needed, with the number of times asked before for the same
  // lock: true = try again (the function waits), false = give up.
  using OnBusy = std::function<bool(int attempt)>;

  Connection(const std::string& path, Mode mode, OnBusy on_busy);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_; }
  void run(const char* sql);
  std::int64_t integer(const char* sql);  // the first column of the only row
  std::string text(const char* sql);

  // Pages in the write-ahead log after this connection's last commit.
  int wal_pages() const { return wal_pages_; }
  // Copies the write-ahead log into the database as far as readers allow, without waiting for them.
  void checkpoint();
  // Copies all of it, and cuts the file to nothing. Throws where a reader is in the way: it waits for none.
  void truncate_log();
  // Makes an SQL function of one text or blob; it must not throw.
  void define(const char* function, std::function<bool(std::string_view)> predicate);

 private:
  sqlite3* handle_ = nullptr;
  OnBusy on_busy_;
  int wal_pages_ = 0;
  bool waits_ = true;
};

// Until the end of the scope, all statements of the connection see one state of the database.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& connection_;
};

}  // namespace stet::storage
