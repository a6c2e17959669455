// What a request asks about the past: numbers, moments and filters out of query strings and JSON. Pure functions; what
// does not parse is an error of one clear sentence.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "net/history/ledger.hpp"
#include "storage/store.hpp"

namespace stet::net {

// A request that cannot be answered, in one sentence.
struct BadQuery {
  std::string sentence;
};
template <class T>
using Parsed = std::variant<T, BadQuery>;

// The value of `name` as a number from 0 to 2^63 - 1; `otherwise` where it is missing.
Parsed<std::uint64_t> number_in(std::string_view query, std::string_view name, std::uint64_t otherwise);

// `seq=N` or `time=MS` (or both); the newest moment where there is neither.
Parsed<storage::Moment> moment_in(std::string_view query);

// `author`, `session`, `tag`, `after_seq`, `to_seq`, `from_ms`, `to_ms`.
Parsed<EditFilter> filter_in(std::string_view query);
// The same as members of an object, numbers as numbers; sessions are strings.
Parsed<EditFilter> filter_of(const nlohmann::json& object);

}  // namespace stet::net
