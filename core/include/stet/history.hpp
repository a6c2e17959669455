// What histories need of documents and updates: which units an update made and deleted, which units a text shows, and
// units taken back. Who made them, and when, is for the keeper of the log to know.
//
// A unit is named by (client, clock), as in Yjs. Thread rule: functions on a Doc as the Doc; the others are pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stet/types.hpp"

namespace [[gnu::visibility("default")]] stet {

struct UnitRange {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;
  bool operator==(const UnitRange&) const = default;
};

// What an update says, in wire order; ranges of one client that adjoin are one.
struct UpdateUnits {
  std::vector<UnitRange> inserted;
  std::vector<UnitRange> deleted;
};
Result<UpdateUnits> units_of_update(ByteView update, Encoding encoding = Encoding::v1);

// A run of a text whose units follow one another in clock order. `text` is empty for an embed or a type.
struct TextRun {
  UnitRange units;
  std::string text;
};
// The visible text, from its beginning to its end.
std::vector<TextRun> text_runs(const Text& text);

// Takes back what was done, as new edits (one transaction): those of `inserted` that are there are deleted, those of
// `deleted` that are gone come back as copies at their place. What stands in both stays gone. A type (an element, a
// nested map) that holds something visible which is not of `inserted` stays. The content of what comes back must still
// be there: the document is to be made without garbage collection. Returns whether anything was done.
bool take_back(Doc& doc, std::span<const UnitRange> inserted, std::span<const UnitRange> deleted,
               const Origin& origin = {});

}  // namespace stet
