// How types are shown: what a root is, and XML.
#pragma once

#include <string>

#include "edit.hpp"

namespace stet::core {

// What the type was made as or asked for as. A root that nobody asked for is what it looks like: a text if it holds
// text (or did, as far as it is remembered), XML if it holds XML alone, an array if it holds anything else, a map if it
// has keys alone.
TypeKind shown_as(const Store& store, TypeIndex type);

// The type as XML, if it is an element, a fragment or an XML text; else as JavaScript writes it as a string. A fragment
// or root is the sequence of its children.
std::string to_xml(Doc::Impl& doc, TypeIndex type, TypeKind as);

}  // namespace stet::core
