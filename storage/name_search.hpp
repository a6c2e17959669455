// The search over document names: one rule for every store.
#pragma once

#include <string>
#include <string_view>

namespace stet::storage {

// Finds a part of a name whatever its case, for all scripts that have one (simple lower case of the C library's
// C.UTF-8). Bytes that are not UTF-8 match themselves. Immutable, for any thread.
class NameSearch {
 public:
  explicit NameSearch(std::string_view part);
  bool matches(std::string_view name) const;

 private:
  std::wstring part_;
};

}  // namespace stet::storage
