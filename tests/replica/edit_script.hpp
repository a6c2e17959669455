// Edits of shared types as JSON, and types and events as JSON to compare with those of stock Yjs.
#pragma once

#include <nlohmann/json.hpp>

#include "stet/types.hpp"

namespace replica {

// Members stay in order: attributes are set in the order in which they are given.
using Json = nlohmann::ordered_json;

// A type: [kind of the root, its name, then indexes and keys]. Throws std::runtime_error where there is none.
stet::SharedType find_type(stet::Doc& doc, const Json& path);

// Runs operations {path, op, ...}, as tests/interop/oracle/edits_script.mjs describes them.
void run_script(stet::Doc& doc, const Json& script);

// The document as toJSON() of stock Yjs, through JSON.stringify. `roots`: [[kind, name], ...].
Json show_roots(stet::Doc& doc, const Json& roots);
Json show_delta(const stet::Delta& delta, bool text);
// `root`: [kind, name] of the observed one.
Json show_event(const stet::Event& event, const Json& root);

}  // namespace replica
