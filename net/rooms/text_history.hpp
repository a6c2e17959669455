// The last changes of a text, by version: what turns an edit of an older version into one of the newest, and tells
// those who know an older version what came since. Bounded; the oldest changes are forgotten. No I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "net/rooms/text_delta.hpp"

namespace stet::net {

class TextHistory {
 public:
  // Knows nothing of what was before `version`.
  TextHistory(std::uint64_t version, std::size_t max_bytes) : oldest_(version), newest_(version), max_(max_bytes) {}

  // The text has a new version, and so changed; `delta` may be empty. Versions ascend.
  void push(std::uint64_t version, TextDelta delta);

  std::uint64_t newest() const { return newest_; }

  // What came after `version`; nothing if that is forgotten or not yet there.
  std::optional<TextDelta> since(std::uint64_t version) const;

  // An edit of the text at `version` as one of the newest text; nothing as above.
  std::optional<TextDelta> rebase(TextDelta edit, std::uint64_t version) const;

 private:
  struct Change {
    std::uint64_t version;
    TextDelta delta;
  };
  bool covers(std::uint64_t version) const { return version >= oldest_ && version <= newest_; }
  std::deque<Change>::const_iterator after(std::uint64_t version) const;

  std::uint64_t oldest_;  // of this version all later changes are known
  std::uint64_t newest_;
  std::size_t max_;
  std::size_t bytes_ = 0;
  std::deque<Change> changes_;
};

}  // namespace stet::net
