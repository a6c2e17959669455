// What the log of a document tells people: who worked when, how much, and who wrote which part of the text.
// Pure functions of a Ledger and a document.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/history/ledger.hpp"
#include "stet/doc.hpp"

namespace stet::net {

constexpr std::int64_t default_pause_ms = 5 * 60'000;

// Edits of one author with the same tags, none of them more than a pause after the one before.
struct Activity {
  std::string author;
  std::string tags;                     // one a line
  std::vector<std::uint64_t> sessions;  // first seen first
  std::uint64_t first_seq = 0;          // others may have edited in between
  std::uint64_t last_seq = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::uint64_t edits = 0;
  std::uint64_t inserted = 0;  // units
  std::uint64_t deleted = 0;
};

// Groups edits as they come, in the order of the log.
class ActivityGroups {
 public:
  explicit ActivityGroups(std::int64_t pause_ms = default_pause_ms) : pause_ms_(pause_ms) {}

  // An edit of this ledger.
  void add(const Ledger& ledger, const Edit& edit);
  // The group that ended last comes first.
  std::vector<Activity> take();

 private:
  std::int64_t pause_ms_;
  std::vector<Activity> groups_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> open_;  // by author and tags: index + 1
};

// The edits that fit, grouped; the group that ended last comes first.
std::vector<Activity> activities(const Ledger& ledger, const EditFilter& filter,
                                 std::int64_t pause_ms = default_pause_ms);

// A part of a text that one author wrote without a pause, with the same tags.
struct Authorship {
  std::string text;          // empty for an embed or a type
  std::uint64_t length = 0;  // UTF-16 code units
  bool known = false;        // false: it was written before the log begins
  std::string author;
  std::string tags;
  std::uint64_t session = 0;  // of the first edit
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
};

// The whole text from its beginning to its end.
std::vector<Authorship> blame(const Ledger& ledger, const Text& text, std::int64_t pause_ms = default_pause_ms);

}  // namespace stet::net
