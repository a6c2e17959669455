// Taking a step of an UndoManager back: what it inserted is deleted, what it deleted is inserted again as a copy.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "doc_impl.hpp"
#include "stet/undo.hpp"
#include "undo_structs.hpp"

namespace stet::core {

struct UndoStep {
  UnitSet deletions;
  UnitSet insertions;
  UndoMetadata metadata;
};
using UndoSteps = std::vector<std::shared_ptr<UndoStep>>;

// Whether items lie in one of some types. Remembers the answers, so it must not outlive a change of the scope.
class ScopeCheck {
 public:
  ScopeCheck(const Store& store, const std::vector<TypeIndex>& scope, bool everything)
      : store_(store), scope_(scope), everything_(everything) {}
  bool holds(ItemIndex item);

 private:
  const Store& store_;
  const std::vector<TypeIndex>& scope_;
  bool everything_;
  std::unordered_map<TypeIndex, bool> known_;
};

// Sets or clears flag_keep on an item and on all that it is in, up to the first that has it so already (Yjs: keepItem).
void keep_item(Store& store, ItemIndex item, bool keep);

// Within a transaction.
class StepReverter {
 public:
  struct Rules {
    const std::vector<TypeIndex>& scope;
    bool everything;
    bool ignore_remote_map_changes;
    const std::function<bool(const UndoDeletion&)>& may_delete;
    const UndoSteps& undo_steps;  // those that stay
    const UndoSteps& redo_steps;
  };
  StepReverter(Doc::Impl& doc, const Rules& rules);

  // Returns whether anything was done.
  bool run(const UndoStep& step);

 private:
  void collect(const UndoStep& step);
  bool redo(ItemIndex first, const UnitSet& insertions);
  bool redo_one(ItemIndex first, const UnitSet& insertions);
  bool may_delete(ItemIndex item);
  ItemIndex holder_of(ItemIndex item) const { return store_.types[store_.type_of(store_.items[item])].item; }
  ItemIndex trace(ItemIndex item, ItemIndex holder);
  bool may_replace(ItemIndex first, const UnitSet& insertions);
  ItemIndex copy(ItemIndex first, TypeIndex type, ItemIndex left, ItemIndex right);
  Item copy_content(ItemIndex first);

  Doc::Impl& doc_;
  Store& store_;
  Rules rules_;
  Structs structs_;
  ScopeCheck scope_;
  std::vector<ItemIndex> to_delete_;
  std::vector<ItemIndex> to_redo_;
  std::unordered_set<ItemIndex> redo_set_;
};

}  // namespace stet::core
