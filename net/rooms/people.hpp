// Who is in a document, for those without a CRDT: awareness states of Yjs editors as names and offsets, and back.
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/limits.hpp"
#include "stet/awareness.hpp"
#include "stet/doc.hpp"

namespace stet::net {

// Offsets in a text, in UTF-16 code units.
struct Cursor {
  std::uint64_t anchor = 0;
  std::uint64_t head = 0;
  bool operator==(const Cursor&) const = default;
};

struct Person {
  std::uint64_t id = 0;  // the client id in the awareness
  std::string name;
  std::string color;
  std::optional<Cursor> cursor;
  bool operator==(const Person&) const = default;
};

// The people whom these states describe, by the fields that Yjs editors share by custom (`user.name`, `user.color`,
// `cursor.anchor` and `cursor.head` as relative positions), in the order of their ids. Cursors elsewhere than in the
// root text `root` are left out, and so is whatever is not of that form.
std::vector<Person> people_of(Doc& doc, const std::string& root, const std::vector<AwarenessEntry>& present,
                              const Limits& limits);

// The state (JSON) that tells Yjs editors of a person.
std::string awareness_state(Doc& doc, const std::string& root, const Person& person);

}  // namespace stet::net
