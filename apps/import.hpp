// What `stet import` reads; each returns the exit status, and says on stderr what went wrong.
#pragma once

#include <filesystem>

#include "storage/foreign_store.hpp"

namespace stet::apps {

// Every document of another server's store, into the data folder. One line on stdout for each.
int import_store(storage::ForeignKind kind, const std::filesystem::path& path, const std::filesystem::path& data);

}  // namespace stet::apps
