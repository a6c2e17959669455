#include "stet/event.hpp"

#include <algorithm>

#include "edit.hpp"
#include "event_state.hpp"

namespace stet {

namespace core {

TransactionView::TransactionView(Doc::Impl& document, const EndedTransaction& ended)
    : doc(document), info{ended.origin, ended.local}, deleted_(ended.what.deleted) {
  for (const Transaction::Before& before : ended.what.before) before_.emplace(before.client, before.state);
  std::sort(deleted_.begin(), deleted_.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.address < b.address; });
}

bool TransactionView::added(const Item& item) const {
  const Id id = doc.store.id_of(item.address);
  const auto before = before_.find(id.client);
  return before != before_.end() && id.clock >= before->second;
}

// An item is deleted as a whole, and a deleted one is not split: to look at its first unit is enough.
bool TransactionView::deleted(const Item& item) const {
  if (item.kind == Kind::deleted) return added(item);
  auto behind = std::upper_bound(deleted_.begin(), deleted_.end(), item.address,
                                 [](Address address, const AddressRange& range) { return address < range.address; });
  if (behind == deleted_.begin()) return false;
  --behind;
  return item.address - behind->address < behind->length;
}

}  // namespace core

const TransactionInfo& Event::transaction() const { return state_->view->info; }
SharedType Event::target() const { return {&state_->view->doc, state_->target}; }
SharedType Event::current_target() const { return {&state_->view->doc, state_->current}; }

std::vector<std::variant<std::string, std::uint64_t>> Event::path() const {
  core::Store& store = state_->view->doc.store;
  std::vector<std::variant<std::string, std::uint64_t>> path;
  for (core::TypeIndex type = state_->target; type != state_->current;) {
    const core::ItemIndex holder = store.types[type].item;
    if (!holder) break;
    const core::Item& item = store.items[holder];
    type = store.type_of(item);
    if (item.keyed()) {
      path.emplace_back(std::string(store.key(store.slots[item.parent].key)));
    } else {
      path.emplace_back(core::index_of(store, type).position_of(holder));
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

// Yjs: YEvent.keys.
const std::vector<Event::KeyChange>& Event::keys() const {
  if (state_->keys) return *state_->keys;
  std::vector<KeyChange>& changes = state_->keys.emplace();
  const core::TransactionView& view = *state_->view;
  core::Store& store = view.doc.store;
  const auto value_of = [&](core::ItemIndex index) {
    const core::Item& item = store.items[index];
    const Value value = core::value_at(view.doc, item, item.length - 1);
    const Any* plain = std::get_if<Any>(&value);
    return plain ? *plain : Any();
  };
  for (const core::KeyIndex key : state_->changed_keys) {
    const core::SlotIndex slot = key ? store.find_slot(state_->target, key) : 0;
    const core::ItemIndex last = slot ? store.slots[slot].last : 0;
    if (!last) continue;
    KeyChange change{.key = std::string(store.key(key)), .action = KeyAction::add, .old_value = {}};
    if (view.added(store.items[last])) {
      core::ItemIndex before = store.items[last].left;
      while (before && view.added(store.items[before])) before = store.items[before].left;
      const bool took_value = before && view.deleted(store.items[before]);
      if (took_value) change.old_value = value_of(before);
      if (view.deleted(store.items[last])) {
        if (!took_value) continue;
        change.action = KeyAction::erase;
      } else if (took_value) {
        change.action = KeyAction::update;
      }
    } else if (view.deleted(store.items[last])) {
      change.action = KeyAction::erase;
      change.old_value = value_of(last);
    } else {
      continue;
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace stet
