#include "net/history/history_query.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "net/doc_name.hpp"

namespace stet::net {
namespace {

using nlohmann::json;

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

std::optional<std::uint64_t> parse(std::string_view text, std::uint64_t limit = most) {
  std::uint64_t number = 0;
  const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || stop != text.data() + text.size() || number > limit) return std::nullopt;
  return number;
}

BadQuery no_number(std::string_view name) { return {std::string(name) + " is not a number"}; }

// Reads the filter with two functions: the text of a name, and the number of a name.
template <class TextOf, class NumberOf>
Parsed<EditFilter> read_filter(TextOf text_of, NumberOf number_of) {
  EditFilter filter;
  std::optional<BadQuery> bad;
  const auto text = [&](const char* name) -> std::optional<std::string> {
    auto value = text_of(name);
    if (auto* fault = std::get_if<BadQuery>(&value)) bad = *fault;
    return bad ? std::nullopt : std::get<0>(value);
  };
  const auto number = [&](const char* name, auto otherwise) {
    auto value = number_of(name, static_cast<std::uint64_t>(otherwise));
    if (auto* fault = std::get_if<BadQuery>(&value)) bad = *fault;
    return bad ? otherwise : static_cast<decltype(otherwise)>(std::get<0>(value));
  };
  filter.author = text("author");
  filter.tag = text("tag");
  if (const auto session = text("session")) {
    filter.session = parse(*session, std::numeric_limits<std::uint64_t>::max());
    if (!filter.session) bad = no_number("session");
  }
  filter.after_seq = number("after_seq", filter.after_seq);
  filter.to_seq = number("to_seq", filter.to_seq);
  filter.from_ms = number("from_ms", filter.from_ms);
  filter.to_ms = number("to_ms", filter.to_ms);
  if (bad) return *bad;
  return filter;
}

}  // namespace

Parsed<std::uint64_t> number_in(std::string_view query, std::string_view name, std::uint64_t otherwise) {
  const auto text = query_value(query, name);
  if (!text) return otherwise;
  if (const auto number = parse(*text)) return *number;
  return no_number(name);
}

Parsed<storage::Moment> moment_in(std::string_view query) {
  storage::Moment moment;
  const auto seq = number_in(query, "seq", moment.seq);
  if (const auto* bad = std::get_if<BadQuery>(&seq)) return *bad;
  const auto time_ms = number_in(query, "time", most);
  if (const auto* bad = std::get_if<BadQuery>(&time_ms)) return *bad;
  moment.seq = std::get<0>(seq);
  moment.time_ms = static_cast<std::int64_t>(std::get<0>(time_ms));
  return moment;
}

Parsed<EditFilter> filter_in(std::string_view query) {
  return read_filter([&](const char* name) -> Parsed<std::optional<std::string>> { return query_value(query, name); },
                     [&](const char* name, std::uint64_t otherwise) { return number_in(query, name, otherwise); });
}

Parsed<EditFilter> filter_of(const json& object) {
  return read_filter(
      [&](const char* name) -> Parsed<std::optional<std::string>> {
        if (!object.contains(name)) return std::optional<std::string>();
        if (!object[name].is_string()) return BadQuery{std::string(name) + " is not a string"};
        return std::optional(object[name].get<std::string>());
      },
      [&](const char* name, std::uint64_t otherwise) -> Parsed<std::uint64_t> {
        if (!object.contains(name)) return otherwise;
        if (!object[name].is_number_unsigned() || object[name].get<std::uint64_t>() > most) return no_number(name);
        return object[name].get<std::uint64_t>();
      });
}

}  // namespace stet::net
