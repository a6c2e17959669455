// What `stet import` reads; each returns the exit status, and says on stderr what went wrong.
#pragma once

#include <filesystem>
#include <string>

#include "storage/foreign_store.hpp"

namespace stet::apps {

// Every document of another server's store, into the data folder. One line on stdout for each.
int import_store(storage::ForeignKind kind, const std::filesystem::path& path, const std::filesystem::path& data);

struct EditLogImport {
  std::string file;
  std::filesystem::path data;
  std::string doc;       // instead of the name in the file, unless empty
  bool merge = false;    // into a document that is there: what it lacks
  bool salvage = false;  // of a damaged file: what comes before the damage
};
int import_edit_log(const EditLogImport& request);

}  // namespace stet::apps
