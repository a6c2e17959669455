// Documents as they were, and what changed from one moment to the next. Pure functions.
#pragma once

#include <string>
#include <variant>

#include "stet/doc.hpp"
#include "stet/types.hpp"
#include "storage/store.hpp"

namespace stet::net {

// The document that was loaded, or the one line that says which update of it does not apply.
std::variant<Doc, std::string> doc_of(const storage::LoadedDoc& loaded, DocOptions options = {});

// What has to be done to a root of `from` so that it shows what it shows in `to`, which holds all of `from`. Brings
// `from` up to `to`.
Delta difference(Doc& from, const Doc& to, std::string_view root);

}  // namespace stet::net
