// Who made which units of a document, who deleted them, and when: read off its log, one update after the other.
//
// Held as ranges of (client, clock), so its size follows the edits and not the text. A unit that several updates bring
// (or delete) is that of the first. Pure: no I/O, no clock.
// Thread rule: one owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stet/history.hpp"
#include "storage/store.hpp"

namespace stet::net {

// An update of the log without its content.
struct Edit {
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;
  std::uint64_t session = 0;
  std::uint32_t author = 0;    // Ledger::word()
  std::uint32_t tags = 0;      // Ledger::word(), one a line
  std::uint32_t inserted = 0;  // units that it made and deleted as the first one
  std::uint32_t deleted = 0;
};

// Which edits are meant: those that fit all that is given.
struct EditFilter {
  std::optional<std::string> author = {};
  std::optional<std::uint64_t> session = {};
  std::optional<std::string> tag = {};
  std::uint64_t after_seq = 0;
  std::uint64_t to_seq = std::numeric_limits<std::uint64_t>::max();
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();
};

class Ledger {
 public:
  // What it keeps of the edits before the last one: all, or only which units they made and deleted, which takes no more
  // memory than the document. Then it counts what each further edit does, and answers nothing else.
  enum class Keep : std::uint8_t { edits, units };

  explicit Ledger(Keep keep = Keep::edits) : keep_(keep) {}

  // Takes the next update of the log; one that was taken before is ignored. Error if it does not parse. Of the base of
  // a pruned log, which is no edit, nobody knows who made what it holds. Whether it was an edit, and a new one.
  Result<bool> add(const storage::LogEntry& entry);

  // The last one taken.
  std::uint64_t seq() const { return edits_.empty() ? base_seq_ : std::max(base_seq_, edits_.back().seq); }
  // Where the log was pruned; 0 where it was not.
  std::uint64_t base_seq() const { return base_seq_; }
  // By sequence; the last one alone where no others are kept.
  const std::vector<Edit>& edits() const { return edits_; }
  // The author, or the tags, of an edit.
  std::string_view word(std::uint32_t word) const { return words_[word]; }
  std::string_view author(const Edit& edit) const { return word(edit.author); }
  std::string_view tags(const Edit& edit) const { return word(edit.tags); }
  bool fits(const Edit& edit, const EditFilter& filter) const;

  // The edit that made a unit, and how many units from there on it made. No edit where it is not known.
  struct Made {
    const Edit* edit = nullptr;
    std::uint64_t length = 0;
  };
  Made made_by(std::uint64_t client, std::uint64_t clock) const;

  // What the edits that fit have made, and what they were the first to delete: but for what has come back since by an
  // edit with restoring_tags(), unless that one fits as well.
  UpdateUnits units(const EditFilter& filter) const;

  // All ranges with their edits, by client and clock: what was made, or what was deleted.
  struct Range {
    UnitRange units;
    const Edit* edit;
  };
  std::vector<Range> made() const { return ranges(made_); }
  std::vector<Range> deleted() const { return ranges(deleted_); }

 private:
  struct Span {
    std::uint64_t end = 0;
    std::uint32_t edit = 0;  // index in edits_
  };
  using Spans = std::map<std::uint64_t, Span>;   // by first clock, apart from one another
  using Units = std::map<std::uint64_t, Spans>;  // by client

  void note_restored(std::string_view tag, std::uint32_t edit);
  static Spans::iterator add_span(Spans& spans, Spans::iterator next, std::uint64_t clock, const Span& span);
  static std::uint64_t claim(Units& units, const UnitRange& range, std::uint32_t edit);
  std::vector<Range> ranges(const Units& units) const;
  std::uint32_t intern(const std::string& word);

  std::uint64_t base_seq_ = 0;
  Keep keep_;
  std::vector<Edit> edits_;
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::uint32_t> word_of_;
  Units made_, deleted_, restored_;
};

// For an edit that brings back copies of deleted units: a tag for each range of them, one a line. They are not among
// the tags that people see.
std::string restoring_tags(const std::vector<UnitRange>& deleted);

// Whether `tags` (one a line) has the tag.
bool has_tag(std::string_view tags, std::string_view tag);

}  // namespace stet::net
