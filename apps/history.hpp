// What the commands about the past share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/history/ledger.hpp"
#include "stet/doc.hpp"
#include "storage/log_reader.hpp"
#include "storage/shown_time.hpp"

namespace stet::apps {

// Says the line on stderr. Returns the exit status of a failure.
int complain(const std::string& line);

// The data folder, for reading; nothing, and a line on stderr, where it cannot be read.
std::unique_ptr<storage::LogReader> open_data(const std::string& folder);

// A sequence (`17`), or a time: milliseconds since 1970 (`@1700000000000`), `2024-05-01T12:00:00Z`, or its beginning up
// to the minute or the day, which means the end of it. Nothing where it is neither.
std::optional<storage::Moment> parse_moment(const std::string& text);

// The same, or a version of the document by its name. Nothing, and a line on stderr, where it is none of that.
std::optional<storage::Moment> find_moment(storage::LogReader& reader, const std::string& doc, const std::string& text);

using storage::shown_time;

// The document at that moment; nothing, and a line on stderr, where it cannot be loaded.
struct LoadedMoment {
  Doc doc;
  std::uint64_t seq;
};
std::optional<LoadedMoment> load_moment(storage::LogReader& reader, const std::string& doc,
                                        const storage::Moment& moment);

// Calls `take` with each update of the log after `after_seq`, until it returns false. Whether all could be read.
bool for_each_entry(storage::LogReader& reader, const std::string& doc, std::uint64_t after_seq,
                    const std::function<bool(const storage::LogEntry&)>& take);

}  // namespace stet::apps
