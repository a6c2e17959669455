#include "storage/sqlite.hpp"

#include <sqlite3.h>

#include <memory>
#include <utility>

namespace stet::storage {
namespace {

// What a connection has for small things beside the heap: enough for its statements, too.
constexpr int lookaside_bytes = 512;
constexpr int lookaside_slots = 1'024;

std::string message(sqlite3* connection) {
  return std::string(sqlite3_errmsg(connection)) + " (" + std::to_string(sqlite3_extended_errcode(connection)) + ")";
}

[[noreturn]] void fail(sqlite3* connection) {
  throw SqliteError(sqlite3_extended_errcode(connection), message(connection));
}

}  // namespace

bool SqliteError::is_corrupt() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool SqliteError::is_conflict() const { return (code_ & 0xff) == SQLITE_CONSTRAINT; }

Rows::~Rows() { sqlite3_reset(statement_); }

bool Rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(sqlite3_db_handle(statement_));
  return false;
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Rows::text(int column) const { return as_text(blob(column)); }

ByteView Rows::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Statement::Statement(sqlite3* connection, std::string_view sql) : statement_(nullptr) {
  if (sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement_,
                         nullptr) != SQLITE_OK) {
    fail(connection);
  }
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }

void Statement::bind(int index, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();  // a null pointer would bind NULL
  if (sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
    fail(sqlite3_db_handle(statement_));
  }
}

void Statement::bind(int index, ByteView bytes) {
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  if (sqlite3_bind_blob64(statement_, index, data, bytes.size(), SQLITE_STATIC) != SQLITE_OK) {
    fail(sqlite3_db_handle(statement_));
  }
}

Connection::Connection(const std::string& path, Mode mode, OnBusy on_busy) : on_busy_(std::move(on_busy)) {
  const int access = mode == Mode::read     ? SQLITE_OPEN_READONLY
                     : mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                            : SQLITE_OPEN_READWRITE;
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // before the first connection; later it changes nothing
  const int code = sqlite3_open_v2(path.c_str(), &handle_, access | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const std::string what = handle_ == nullptr ? "out of memory" : message(handle_);
    sqlite3_close(handle_);
    throw SqliteError(code, what);
  }
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_LOOKASIDE, nullptr, lookaside_bytes, lookaside_slots);
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_handler(
      handle_,
      [](void* given, int attempt) {
        auto* const self = static_cast<Connection*>(given);
        return self->waits_ && self->on_busy_(attempt) ? 1 : 0;
      },
      this);
  sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);  // in place of SQLite's own, which would checkpoint within a commit
  if (mode == Mode::read) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Connection::~Connection() { sqlite3_close(handle_); }

void Connection::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_);
}

std::int64_t Connection::integer(const char* sql) {
  Statement statement(handle_, sql);
  Rows rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

std::string Connection::text(const char* sql) {
  Statement statement(handle_, sql);
  Rows rows = statement.query();
  return rows.next() ? std::string(rows.text(0)) : std::string();
}

void Connection::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) throw SqliteError(code, "checkpoint: " + message(handle_));
}

void Connection::truncate_log() {
  waits_ = false;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  waits_ = true;
  if (code != SQLITE_OK) throw SqliteError(code, "truncating checkpoint: " + message(handle_));
  wal_pages_ = 0;
}

void Connection::define(const char* function, std::function<bool(std::string_view)> predicate) {
  using Predicate = std::function<bool(std::string_view)>;
  auto owned = std::make_unique<Predicate>(std::move(predicate));
  const int code = sqlite3_create_function_v2(
      handle_, function, 1, SQLITE_UTF8, owned.release(),  // SQLite destroys it, also where it fails
      [](sqlite3_context* context, int, sqlite3_value** arguments) {
        const auto* data = static_cast<const char*>(sqlite3_value_blob(arguments[0]));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
        const auto& call = *static_cast<const Predicate*>(sqlite3_user_data(context));
        sqlite3_result_int(context, call(data == nullptr ? std::string_view() : std::string_view(data, size)) ? 1 : 0);
      },
      nullptr, nullptr, [](void* call) { delete static_cast<Predicate*>(call); });
  if (code != SQLITE_OK) fail(handle_);
}

ReadTransaction::ReadTransaction(Connection& connection) : connection_(connection) { connection_.run("BEGIN"); }

ReadTransaction::~ReadTransaction() { sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }

}  // namespace stet::storage
