// Names of documents and authors as they come in URLs. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/limits.hpp"

namespace stet::net {

// Decodes %XX once (and in a query, `+` as a space). Nothing if a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool query = false);

// As one segment of a path: everything but letters, digits and `-._~` as %XX.
std::string percent_encode(std::string_view text);

// nullptr if `name` (decoded) may name a document, else what is wrong with it. The same rule on every protocol: valid
// UTF-8, 1 to limits.doc_name_bytes long, no control characters, no segment that is `.` or `..`.
const char* doc_name_fault(std::string_view name, const Limits& limits);

// NAME (still encoded) of a path `/api/docs/NAME` + `end`; nothing if it is none.
std::optional<std::string_view> doc_segment(std::string_view path, std::string_view end);

// Each value of `key` in a query string, as below.
std::vector<std::optional<std::string>> query_values(std::string_view query, std::string_view key);

// The value of `key` in a query string (without `?`), decoded; nothing if it is missing or does not decode.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

// `name` if it can stand in the log as an author (valid UTF-8, no control characters, not too long), else empty.
std::string clean_author(std::string name, const Limits& limits);

}  // namespace stet::net
