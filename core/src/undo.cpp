#include "stet/undo.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "event_state.hpp"
#include "undo_redo.hpp"

namespace stet {

class UndoManager::Impl {
 public:
  Impl(Doc::Impl& document, UndoOptions undo_options);

  bool pop(UndoStack stack);
  void clear(bool undo_stack, bool redo_stack);

  Doc::Impl& doc;
  UndoOptions options;
  Origin origin;
  bool everything = false;
  std::vector<core::TypeIndex> scope;
  core::UndoSteps undo_steps;
  core::UndoSteps redo_steps;
  std::optional<std::int64_t> last_change_ms;  // nothing after stop_capturing()

  core::Observers<OnEvent> on_added;
  core::Observers<OnEvent> on_updated;
  core::Observers<OnEvent> on_popped;
  core::Observers<std::function<void(bool, bool)>> on_cleared;

 private:
  core::UndoSteps& steps(UndoStack stack) { return stack == UndoStack::undo ? undo_steps : redo_steps; }
  void record(const core::EndedTransaction& ended);
  std::vector<SharedType> changed_types(const core::TransactionView& view, const core::Transaction& what) const;
  bool concerns_us(const std::vector<SharedType>& types) const;
  core::UnitSet insertions_of(const core::Transaction& what) const;
  core::UnitSet deletions_of(const core::Transaction& what) const;
  void keep(const core::UnitSet& deletions, bool keep);
  bool joins_last_step();

  std::optional<UndoStack> popping_;      // the stack that a step is being taken from
  std::vector<SharedType> popped_types_;  // that the transaction of it changed
  Subscription ended_;
};

UndoManager::Impl::Impl(Doc::Impl& document, UndoOptions undo_options)
    : doc(document), options(std::move(undo_options)) {
  static std::atomic<std::uint64_t> managers{0};
  origin = "stet undo manager " + std::to_string(++managers);
  doc.store.track_changes = true;
  ended_ = doc.on_ended.add([this](const core::EndedTransaction& ended) { record(ended); });
}

// --- recording -------------------------------------------------------------------------------------------------------

void UndoManager::Impl::record(const core::EndedTransaction& ended) {
  const core::TransactionView view(doc, ended);
  if (options.capture && !options.capture(view.info)) return;
  const std::vector<SharedType> types = changed_types(view, ended.what);
  if (popping_ && ended.origin == origin) popped_types_ = types;
  if (!concerns_us(types)) return;
  if (ended.origin != origin && !options.tracked_origins.contains(ended.origin)) return;

  const UndoStack stack = popping_ == UndoStack::undo ? UndoStack::redo : UndoStack::undo;
  if (popping_ == UndoStack::undo) {
    last_change_ms.reset();  // the next change is not a part of the step that was just taken back
  } else if (!popping_) {
    clear(false, true);
  }
  core::UnitSet insertions = insertions_of(ended.what);
  core::UnitSet deletions = deletions_of(ended.what);
  keep(deletions, true);
  const bool joins = joins_last_step();
  if (joins) {
    core::UndoStep& last = *undo_steps.back();
    last.deletions.add(deletions);
    last.insertions.add(insertions);
  } else {
    steps(stack).push_back(std::make_shared<core::UndoStep>());
    steps(stack).back()->deletions = std::move(deletions);
    steps(stack).back()->insertions = std::move(insertions);
  }
  const std::shared_ptr<core::UndoStep> step = steps(stack).back();
  (joins ? on_updated : on_added).call(UndoEvent{stack, ended.origin, types, step->metadata});
}

bool UndoManager::Impl::joins_last_step() {
  if (popping_ || !options.clock_ms) return false;
  const std::int64_t now_ms = options.clock_ms();
  const std::optional<std::int64_t> before_ms = std::exchange(last_change_ms, now_ms);
  return before_ms && now_ms - *before_ms < options.capture_timeout_ms && !undo_steps.empty();
}

// The types that changed, without those that are new or gone themselves, and all around them.
std::vector<SharedType> UndoManager::Impl::changed_types(const core::TransactionView& view,
                                                         const core::Transaction& what) const {
  std::vector<SharedType> types;
  std::unordered_set<core::TypeIndex> seen;
  for (const core::Transaction::Changed& change : what.changed) {
    const core::ItemIndex item = doc.store.types[change.type].item;
    if (item && (doc.store.items[item].deleted() || view.added(doc.store.items[item]))) continue;
    for (core::TypeIndex type = change.type; seen.insert(type).second;) {
      types.emplace_back(&doc, type);
      const core::ItemIndex holder = doc.store.types[type].item;
      if (!holder) break;
      type = doc.store.type_of(doc.store.items[holder]);
    }
  }
  return types;
}

bool UndoManager::Impl::concerns_us(const std::vector<SharedType>& types) const {
  return everything || std::any_of(types.begin(), types.end(), [&](const SharedType& type) {
           return std::find(scope.begin(), scope.end(), type.index()) != scope.end();
         });
}

// Clients in the order in which the document came to know them.
core::UnitSet UndoManager::Impl::insertions_of(const core::Transaction& what) const {
  std::vector<core::Transaction::Before> before(what.before.begin(), what.before.end());
  const auto first_address = [&](const core::Transaction::Before& b) {
    return doc.store.items[doc.store.clients[b.client].first].address;
  };
  std::sort(before.begin(), before.end(),
            [&](const auto& a, const auto& b) { return first_address(a) < first_address(b); });
  core::UnitSet units;
  for (const core::Transaction::Before& b : before) units.add({b.client, b.state}, b.after - b.state);
  return units;
}

core::UnitSet UndoManager::Impl::deletions_of(const core::Transaction& what) const {
  core::UnitSet units;
  const auto add = [&](const core::AddressRange& range) { units.add(doc.store.id_of(range.address), range.length); };
  auto came = what.came_deleted.begin();
  for (std::size_t i = 0; i <= what.deleted.size(); ++i) {
    for (; came != what.came_deleted.end() && came->at == i; ++came) add(came->range);
    if (i < what.deleted.size()) add(what.deleted[i]);
  }
  units.sort();
  return units;
}

void UndoManager::Impl::keep(const core::UnitSet& deletions, bool keep) {
  core::Store& store = doc.store;
  core::ScopeCheck in_scope(store, scope, everything);
  for (const core::UnitSet::Section& section : deletions.sections()) {
    for (const core::UnitSet::Range& range : section.ranges) {
      core::ItemIndex item = store.find(store.address_of({section.client, range.clock}));
      for (; item && store.id_of(store.items[item].address).clock < range.end(); item = store.items[item].next) {
        if (store.items[item].kind != core::Kind::gc && in_scope.holds(item)) core::keep_item(store, item, keep);
      }
    }
  }
}

void UndoManager::Impl::clear(bool undo_stack, bool redo_stack) {
  if (!(undo_stack && !undo_steps.empty()) && !(redo_stack && !redo_steps.empty())) return;
  for (const UndoStack stack : {UndoStack::undo, UndoStack::redo}) {
    if (!(stack == UndoStack::undo ? undo_stack : redo_stack)) continue;
    for (const auto& step : std::exchange(steps(stack), {})) keep(step->deletions, false);
  }
  on_cleared.call(undo_stack, redo_stack);
}

// --- undo and redo ---------------------------------------------------------------------------------------------------

bool UndoManager::Impl::pop(UndoStack stack) {
  struct Popping {
    std::optional<UndoStack>& value;
    ~Popping() { value.reset(); }
  };
  std::shared_ptr<core::UndoStep> done;
  popped_types_.clear();
  {
    popping_ = stack;
    const Popping popping{popping_};
    doc.transact(
        [&] {
          while (!done && !steps(stack).empty()) {
            const std::shared_ptr<core::UndoStep> step = std::move(steps(stack).back());
            steps(stack).pop_back();
            core::StepReverter reverter(doc, {scope, everything, options.ignore_remote_map_changes, options.may_delete,
                                              undo_steps, redo_steps});
            if (reverter.run(*step)) done = step;
          }
        },
        origin);
  }
  if (!done) return false;
  on_popped.call(UndoEvent{stack, origin, popped_types_, done->metadata});
  return true;
}

// --- the outside -----------------------------------------------------------------------------------------------------

UndoManager::UndoManager(Doc& doc, std::span<const SharedType> scope, UndoOptions options)
    : impl_(std::make_unique<Impl>(doc.impl(), std::move(options))) {
  for (const SharedType& type : scope) add_to_scope(type);
}

UndoManager::UndoManager(Doc& doc, UndoOptions options)
    : impl_(std::make_unique<Impl>(doc.impl(), std::move(options))) {
  impl_->everything = true;
}

UndoManager::~UndoManager() = default;
UndoManager::UndoManager(UndoManager&&) noexcept = default;
UndoManager& UndoManager::operator=(UndoManager&&) noexcept = default;

void UndoManager::add_to_scope(const SharedType& type) {
  if (std::find(impl_->scope.begin(), impl_->scope.end(), type.index()) == impl_->scope.end()) {
    impl_->scope.push_back(type.index());
  }
}

void UndoManager::add_tracked_origin(const Origin& origin) { impl_->options.tracked_origins.insert(origin); }
void UndoManager::remove_tracked_origin(const Origin& origin) { impl_->options.tracked_origins.erase(origin); }

bool UndoManager::undo() { return impl_->pop(UndoStack::undo); }
bool UndoManager::redo() { return impl_->pop(UndoStack::redo); }
bool UndoManager::can_undo() const { return !impl_->undo_steps.empty(); }
bool UndoManager::can_redo() const { return !impl_->redo_steps.empty(); }
void UndoManager::clear(bool undo_stack, bool redo_stack) { impl_->clear(undo_stack, redo_stack); }
void UndoManager::stop_capturing() { impl_->last_change_ms.reset(); }

const Origin& UndoManager::origin() const { return impl_->origin; }

Subscription UndoManager::on_added(OnEvent callback) { return impl_->on_added.add(std::move(callback)); }
Subscription UndoManager::on_updated(OnEvent callback) { return impl_->on_updated.add(std::move(callback)); }
Subscription UndoManager::on_popped(OnEvent callback) { return impl_->on_popped.add(std::move(callback)); }
Subscription UndoManager::on_cleared(std::function<void(bool, bool)> callback) {
  return impl_->on_cleared.add(std::move(callback));
}

}  // namespace stet
