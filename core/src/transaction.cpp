// The end of a transaction: observers, clean-up, update. As in Yjs, an observer that edits makes a transaction whose
// edits happen at once and whose end waits for the end of this one.
#include <algorithm>
#include <utility>

#include "doc_impl.hpp"
#include "event_state.hpp"

namespace stet {

void Doc::Impl::end_untidy_transaction(const Origin& origin, bool local, Bytes* update) {
  if (finishing_) {
    core::EndedTransaction& next = to_finish_.emplace_back();
    store.end_transaction(next.what);
    next.origin = origin;
    next.local = local;
    return;
  }
  finishing_ = true;
  store.end_transaction(ended_.what);
  ended_.origin = origin;
  ended_.local = local;
  finish(ended_, update);
  ended_.what.clear();
  while (!to_finish_.empty()) {
    core::EndedTransaction next = std::move(to_finish_.front());
    to_finish_.pop_front();
    finish(next, nullptr);
  }
  finishing_ = false;
}

void Doc::Impl::finish(core::EndedTransaction& ended, Bytes* update) {
  if (store.track_changes) call_observers(ended);
  if (!on_ended.empty()) on_ended.call(ended);
  store.clean_up(ended.what);
  if (update) *update = core::encode_transaction(store, ended.what, Encoding::v1);
  const TransactionInfo info{ended.origin, ended.local};
  if (!on_update_v1.empty()) {
    const Bytes bytes = update ? *update : core::encode_transaction(store, ended.what, Encoding::v1);
    on_update_v1.call(ByteView(bytes), info);
  }
  if (!on_update_v2.empty()) {
    const Bytes bytes = core::encode_transaction(store, ended.what, Encoding::v2);
    on_update_v2.call(ByteView(bytes), info);
  }
}

// One event for each changed type; those within one another are told to the observers of all types around them.
void Doc::Impl::call_observers(const core::EndedTransaction& ended) {
  const auto seen = std::make_shared<core::TransactionView>(*this, ended);
  std::map<core::TypeIndex, std::vector<core::KeyIndex>> changed;
  core::FlatMap noted;
  for (const core::Transaction::Changed& change : ended.what.changed) {
    // A type that is itself new, or gone, is told by the type that holds it.
    const core::ItemIndex holder = store.types[change.type].item;
    if (holder && (store.items[holder].deleted() || seen->added(store.items[holder]))) continue;
    const std::uint64_t what = std::uint64_t{change.type} << 32 | change.key;
    if (noted.find(what)) continue;
    noted.insert(what, 1);
    changed[change.type].push_back(change.key);
  }
  std::map<core::TypeIndex, std::vector<Event>> deep;
  for (const auto& [type, keys] : changed) {
    const auto make = [&](core::TypeIndex current) {
      return Event(std::make_shared<Event::State>(seen, type, current, keys));
    };
    if (const auto found = on_event.find(type); found != on_event.end()) found->second.call(make(type));
    for (core::TypeIndex around = type;;) {
      if (on_deep_event.contains(around)) deep[around].push_back(make(around));
      const core::ItemIndex holder = store.types[around].item;
      if (!holder) break;
      around = store.type_of(store.items[holder]);
    }
  }
  for (auto& [type, events] : deep) {
    const core::ItemIndex holder = store.types[type].item;
    if (holder && store.items[holder].deleted()) continue;
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& a, const Event& b) { return a.path().size() < b.path().size(); });
    on_deep_event.find(type)->second.call(std::span<const Event>(events));
  }
}

}  // namespace stet
