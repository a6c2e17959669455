// What those see of a document who hold no CRDT: a root as plain text, and changes of it as splices. Pure functions.
//
// Units: positions and lengths are UTF-16 code units, as in Yjs and JavaScript; text is UTF-8. What stands in a text
// and is not text (an embed, a nested type) is one unit, and shown as U+FFFC. Formats are not seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stet/types.hpp"

namespace stet::net {

// At `position`, `erased` units go and `inserted` comes.
struct Splice {
  std::uint64_t position = 0;
  std::uint64_t erased = 0;
  std::string inserted;
  bool operator==(const Splice&) const = default;
};

// A change of a text: splices in ascending order, of which none overlaps the next. All positions are those of the text
// before it; so whoever applies the splices from the last to the first needs no arithmetic.
using TextDelta = std::vector<Splice>;

// Whether it is one, for a text of that length.
bool is_text_delta(const TextDelta& delta, std::uint64_t length);

// From the events and the state of a shared type.
TextDelta text_delta(const Delta& event);
std::string plain_text(const Text& text);

// Whether `position` is between the halves of a surrogate pair.
bool cuts_pair(const Text& text, std::uint64_t position);

// `edit` and `over` are changes of the same text. The first one as a change of the text after `over`: what it inserts
// comes behind what `over` inserted at that place, and it deletes nothing that `over` inserted.
TextDelta transform(const TextDelta& edit, const TextDelta& over);

// `first` and then `second` (a change of the text after `first`) in one.
TextDelta compose(const TextDelta& first, const TextDelta& second);

// What leads from one text to another: at most one splice, around all that differs.
TextDelta difference(std::string_view from, std::string_view to);

// Where a position in the text before `delta` is after it: behind what was inserted there.
std::uint64_t transform(std::uint64_t position, const TextDelta& delta);

// The text after it. Half of a surrogate pair that is left over becomes U+FFFD, as in Yjs.
std::string spliced(std::string_view text, const TextDelta& delta);

// The memory that it takes, about.
std::size_t bytes_of(const TextDelta& delta);

}  // namespace stet::net
