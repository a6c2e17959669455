// Undo and redo of what tracked origins changed within some types, leaving alone what others did meanwhile (Yjs:
// UndoManager; the updates that it makes are those of Yjs, byte for byte).
//
// An UndoManager must not be used once its Doc is gone. Deleted content that may be wanted back is kept by the document
// even with garbage collection, until clear() or the end of the stack item that holds it.
// Thread rule: as the Doc. Reads no clock: times come from UndoOptions::clock_ms.
#pragma once

#include <any>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "stet/doc.hpp"
#include "stet/types.hpp"

namespace [[gnu::visibility("default")]] stet {

// Something that an undo or redo is about to delete.
struct UndoDeletion {
  SharedType parent;               // the type it is in
  std::optional<std::string> key;  // its key, where it is the value of one
  std::optional<SharedType> type;  // the type it holds, if it holds one
};

struct UndoOptions {
  // Changes that follow one another faster than this become one step. Needs `clock_ms`.
  std::int64_t capture_timeout_ms = 500;
  // Milliseconds of any monotonic clock. Without it each transaction is a step of its own.
  std::function<std::int64_t()> clock_ms = {};
  // The origins whose transactions are recorded. The empty one is that of edits, and of updates, without an origin.
  std::set<Origin> tracked_origins = {Origin()};
  // Which of those transactions are recorded; all where it is empty.
  std::function<bool(const TransactionInfo&)> capture = {};
  // What undo and redo may delete; all where it is empty.
  std::function<bool(const UndoDeletion&)> may_delete = {};
  // Whether the value of a key comes back even where somebody else has set it since.
  bool ignore_remote_map_changes = false;
};

enum class UndoStack : std::uint8_t { undo, redo };

// The application's own notes on a step, such as a selection.
using UndoMetadata = std::map<std::string, std::any>;

struct UndoEvent {
  UndoStack stack;                       // the one that the step is on, or was
  const Origin& origin;                  // of the transaction
  const std::vector<SharedType>& types;  // that changed, and those around them
  UndoMetadata& metadata;                // of the step; does not move to the step that undoes this one
};

class UndoManager {
 public:
  // Records what changes within `scope`: these types and all that is in them.
  UndoManager(Doc& doc, std::span<const SharedType> scope, UndoOptions options = {});
  // Records every change of the document.
  explicit UndoManager(Doc& doc, UndoOptions options = {});
  ~UndoManager();
  UndoManager(UndoManager&&) noexcept;
  UndoManager& operator=(UndoManager&&) noexcept;

  void add_to_scope(const SharedType& type);
  void add_tracked_origin(const Origin& origin);
  void remove_tracked_origin(const Origin& origin);

  // Takes back the last step that still has an effect; steps without one are dropped. One transaction with origin().
  // Returns whether anything was done.
  bool undo();
  // The same with the last step that undo() took back.
  bool redo();
  bool can_undo() const;
  bool can_redo() const;
  // Forgets the steps.
  void clear(bool undo_stack = true, bool redo_stack = true);
  // The next change begins a new step.
  void stop_capturing();

  // The origin of the transactions that undo and redo make; no other manager has it.
  const Origin& origin() const;

  using OnEvent = std::function<void(const UndoEvent&)>;
  // A new step / a step that grew / a step taken off by undo() or redo(), after its transaction.
  Subscription on_added(OnEvent callback);
  Subscription on_updated(OnEvent callback);
  Subscription on_popped(OnEvent callback);
  Subscription on_cleared(std::function<void(bool undo_stack, bool redo_stack)> callback);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stet
