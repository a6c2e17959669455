// What a transaction changed in one type, for observers. Computed when asked for.
//
// An Event and all that it returns by reference live until the observer returns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "stet/any.hpp"
#include "stet/doc.hpp"

namespace [[gnu::visibility("default")]] stet {

class SharedType;
struct SubDoc;
struct DeltaOp;

// A text or array as a sequence of operations (the format of Quill, and of Yjs' events).
using Delta = std::vector<DeltaOp>;

enum class KeyAction : std::uint8_t { add, update, erase };

class Event {
 public:
  const TransactionInfo& transaction() const;
  // The type that changed.
  SharedType target() const;
  // The type whose observer is called: `target`, or for observe_deep() one around it.
  SharedType current_target() const;

  // From `current_target` to `target`: keys of maps, indexes in arrays and texts.
  std::vector<std::variant<std::string, std::uint64_t>> path() const;

  // What changed in the list: texts give texts and embeds with attributes, others elements.
  const Delta& delta() const;
  // Whether that is the delta of a text, not of an array.
  bool of_text() const;

  // What changed in the map.
  struct KeyChange {
    std::string key;
    KeyAction action = KeyAction::add;
    Any old_value;  // undefined where there was none, or it was a type that is gone
  };
  const std::vector<KeyChange>& keys() const;

  struct State;
  explicit Event(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace stet
