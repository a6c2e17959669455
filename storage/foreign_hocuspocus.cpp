// The table `documents(name, data)` of @hocuspocus/extension-sqlite: each document's state as one update.
#include "storage/foreign_readers.hpp"
#include "storage/sqlite.hpp"

namespace stet::storage {

ReadError read_hocuspocus(const std::filesystem::path& path, const EachDoc& each) {
  constexpr int most_waits = 1000;  // SQLite waits a little longer each time, some seconds in all
  try {
    Connection database(path.string(), Connection::Mode::read, [](int attempt) { return attempt < most_waits; });
    const ReadTransaction one_state(database);
    Statement documents(database.handle(), "SELECT name, data FROM documents ORDER BY name");
    Rows rows = documents.query();
    while (rows.next()) {
      const ByteView state = rows.blob(1);
      each({.name = std::string(rows.text(0)), .updates = {Bytes(state.begin(), state.end())}, .fault = {}});
    }
    return std::nullopt;
  } catch (const SqliteError& error) {
    return "not readable as a database of Hocuspocus: " + std::string(error.what());
  }
}

}  // namespace stet::storage
