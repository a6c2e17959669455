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

// The state that can stand for all of a log up to the moment that was loaded, and its state vector. Verified: a
// document that is made of it is the same. Else the one line that says what is wrong.
struct Base {
  storage::SharedBytes state;
  storage::SharedBytes state_vector;
};
std::variant<Base, std::string> base_of(const storage::LoadedDoc& loaded);

// What has to be done to a root of `from` so that it shows what it shows in `to`, which holds all of `from`. Brings
// `from` up to `to`.
Delta difference(Doc& from, const Doc& to, std::string_view root);

}  // namespace stet::net
