#include "apps/history.hpp"

#include <array>
#include <charconv>
#include <ctime>
#include <iostream>
#include <utility>

#include "net/rooms/moment.hpp"

namespace stet::apps {

int complain(const std::string& line) {
  std::cerr << "stet: " << line << '\n';
  return 1;
}

std::unique_ptr<storage::LogReader> open_data(const std::string& folder) {
  auto opened = storage::LogReader::open(folder, [](const std::string& line) { complain(line); });
  if (const auto* error = std::get_if<storage::StoreError>(&opened)) {
    complain(error->what);
    return nullptr;
  }
  return std::get<0>(std::move(opened));
}

std::optional<storage::Moment> parse_moment(const std::string& text) {
  storage::Moment moment;
  const bool is_time = text.starts_with('@');
  const char* const begin = text.data() + (is_time ? 1 : 0);
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  const auto [stop, fault] = std::from_chars(begin, end, number);
  if (fault == std::errc{} && stop == end && number >= 0) {
    if (is_time) {
      moment.time_ms = number;
    } else {
      moment.seq = static_cast<std::uint64_t>(number);
    }
    return moment;
  }
  constexpr std::array<std::pair<const char*, std::int64_t>, 3> formats = {
      {{"%Y-%m-%dT%H:%M:%SZ", 1'000}, {"%Y-%m-%dT%H:%MZ", 60'000}, {"%Y-%m-%d", 86'400'000}}};
  for (const auto& [format, length_ms] : formats) {
    std::tm time{};
    const char* const rest = strptime(text.c_str(), format, &time);
    if (!rest || *rest != '\0') continue;
    moment.time_ms = static_cast<std::int64_t>(timegm(&time)) * 1000 + length_ms - 1;
    return moment;
  }
  return std::nullopt;
}

std::optional<storage::Moment> find_moment(storage::LogReader& reader, const std::string& doc,
                                           const std::string& text) {
  if (const auto moment = parse_moment(text)) return moment;
  const auto versions = reader.versions(doc);
  if (const auto* error = std::get_if<storage::StoreError>(&versions)) {
    complain(error->what);
    return std::nullopt;
  }
  std::string names;
  for (const storage::Version& version : std::get<0>(versions)) {
    if (version.name == text) return storage::Moment{.seq = version.seq};
    names += (names.empty() ? ": " : ", ") + version.name;
  }
  complain("'" + text + "' is neither a sequence, nor a time, nor a version of the document; it has " +
           (names.empty() ? "none" : "these" + names));
  return std::nullopt;
}

std::optional<LoadedMoment> load_moment(storage::LogReader& reader, const std::string& name,
                                        const storage::Moment& moment) {
  const auto result = reader.load(name, moment);
  if (const auto* error = std::get_if<storage::StoreError>(&result)) {
    complain(error->what);
    return std::nullopt;
  }
  const auto& loaded = std::get<storage::LoadedDoc>(result);
  if (!loaded.exists) {
    complain("there is no document '" + name + "'");
    return std::nullopt;
  }
  auto doc = net::doc_of(loaded);
  if (const auto* fault = std::get_if<std::string>(&doc)) {
    complain("document '" + name + "': " + *fault);
    return std::nullopt;
  }
  return LoadedMoment{std::get<Doc>(std::move(doc)), loaded.seq()};
}

bool for_each_entry(storage::LogReader& reader, const std::string& doc, std::uint64_t after_seq,
                    const std::function<bool(const storage::LogEntry&)>& take) {
  while (true) {
    const auto result = reader.read_log(doc, {.after_seq = after_seq});
    if (const auto* error = std::get_if<storage::StoreError>(&result)) {
      complain(error->what);
      return false;
    }
    const auto& page = std::get<storage::LogPage>(result);
    if (!page.exists) {
      complain("there is no document '" + doc + "'");
      return false;
    }
    if (page.entries.empty()) return true;
    for (const storage::LogEntry& entry : page.entries) {
      if (!take(entry)) return true;
    }
    after_seq = page.entries.back().seq;
  }
}

}  // namespace stet::apps
