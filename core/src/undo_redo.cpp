#include "undo_redo.hpp"

#include <algorithm>

#include "edit.hpp"

namespace stet::core {

bool ScopeCheck::holds(ItemIndex item) {
  if (everything_) return true;
  std::vector<TypeIndex> passed;
  bool found = false;
  for (TypeIndex type = store_.type_of(store_.items[item]);;) {
    if (const auto known = known_.find(type); known != known_.end()) {
      found = known->second;
      break;
    }
    passed.push_back(type);
    found = std::find(scope_.begin(), scope_.end(), type) != scope_.end();
    const ItemIndex holder = store_.types[type].item;
    if (found || !holder) break;
    type = store_.type_of(store_.items[holder]);
  }
  for (const TypeIndex type : passed) known_.emplace(type, found);
  return found;
}

void keep_item(Store& store, ItemIndex item, bool keep) {
  while (item && ((store.items[item].flags & flag_keep) != 0) != keep) {
    store.items[item].flags ^= flag_keep;
    item = store.types[store.type_of(store.items[item])].item;
  }
}

StepReverter::StepReverter(Doc::Impl& doc, const Rules& rules)
    : doc_(doc), store_(doc.store), rules_(rules), structs_(store_), scope_(store_, rules.scope, rules.everything) {}

bool StepReverter::run(const UndoStep& step) {
  collect(step);
  bool done = false;
  for (const ItemIndex first : to_redo_) done |= redo(first, step.insertions);
  // Children before their parents.
  for (std::size_t i = to_delete_.size(); i-- > 0;) {
    if (!may_delete(to_delete_[i])) continue;
    done = true;
    const ItemIndex last = structs_.last_of(to_delete_[i]);
    for (ItemIndex item = to_delete_[i];; item = store_.items[item].next) {
      store_.mark_deleted(item);
      if (item == last) break;
    }
  }
  return done;
}

void StepReverter::collect(const UndoStep& step) {
  to_delete_.clear();
  to_redo_.clear();
  redo_set_.clear();
  structs_.for_each(step.insertions, [&](ItemIndex first) {
    if (store_.items[first].kind == Kind::gc) return;
    // What was inserted may have been deleted and brought back.
    Address address = store_.items[first].address;
    while (true) {
      const Item& item = store_.items[store_.find(address)];
      if (!(item.flags & flag_redone)) break;
      address = store_.redone.at(item.address).copy + (address - item.address);
    }
    if (address != store_.items[first].address) first = structs_.clean_start(address);
    if (!store_.items[first].deleted() && scope_.holds(first)) to_delete_.push_back(first);
  });
  structs_.for_each(step.deletions, [&](ItemIndex first) {
    const Item& item = store_.items[first];
    if (item.kind == Kind::gc || !scope_.holds(first)) return;
    // What came and went within the step does not come back.
    if (step.insertions.contains(store_.id_of(item.address))) return;
    if (redo_set_.insert(first).second) to_redo_.push_back(first);
  });
}

bool StepReverter::may_delete(ItemIndex index) {
  if (!rules_.may_delete) return true;
  const Item& item = store_.items[index];
  UndoDeletion deletion{SharedType(&doc_, store_.type_of(item)), std::nullopt, std::nullopt};
  if (item.keyed()) deletion.key = store_.key(store_.slots[item.parent].key);
  if (item.kind == Kind::type) deletion.type = SharedType(&doc_, item.content);
  return rules_.may_delete(deletion);
}

// Brings back what the item is in first, if that was deleted and comes back too; else nothing.
bool StepReverter::redo(ItemIndex first, const UnitSet& insertions) {
  std::vector<ItemIndex> todo{first};
  while (!(store_.items[todo.back()].flags & flag_redone)) {
    const ItemIndex holder = holder_of(todo.back());
    if (!holder || !store_.items[holder].deleted() || (store_.items[holder].flags & flag_redone)) break;
    if (!redo_set_.contains(holder)) return false;
    todo.push_back(holder);
  }
  while (!todo.empty()) {
    if (!redo_one(todo.back(), insertions)) return false;
    todo.pop_back();
  }
  return true;
}

bool StepReverter::redo_one(ItemIndex first, const UnitSet& insertions) {
  if (store_.items[first].flags & flag_redone) return structs_.copy_of(first) != 0;
  TypeIndex type = store_.type_of(store_.items[first]);
  ItemIndex holder = store_.types[type].item;
  if (holder && store_.items[holder].deleted()) {
    while (store_.items[holder].flags & flag_redone) holder = structs_.copy_of(holder);
    if (store_.items[holder].kind != Kind::type) return false;
    type = store_.items[holder].content;
  }
  ItemIndex left = 0;
  ItemIndex right = 0;
  if (!store_.items[first].keyed()) {
    // Where it was: between the neighbours of then, or their copies where those are in the same type as it is now.
    for (ItemIndex at = store_.items[first].left; at && !left; at = store_.items[structs_.first_of(at)].left) {
      left = trace(at, holder);
    }
    for (ItemIndex at = first; at && !right; at = store_.items[structs_.last_of(at)].right) right = trace(at, holder);
  } else {
    if (store_.items[structs_.last_of(first)].right && !rules_.ignore_remote_map_changes &&
        !may_replace(first, insertions)) {
      return false;
    }
    // Behind the last value of the key: what comes after the item itself, if anything, may be replaced.
    const KeyIndex key = store_.slots[store_.items[first].parent].key;
    const SlotIndex slot = store_.find_slot(type, key);
    left = slot ? store_.slots[slot].last : 0;
  }
  return copy(first, type, left, right) != 0;
}

// The item, or the copy of it, or the copy of that ..., which is in the type that `holder` holds (0: a root); or 0.
ItemIndex StepReverter::trace(ItemIndex item, ItemIndex holder) {
  while (store_.items[item].kind != Kind::gc) {
    if (holder_of(item) == holder) return item;
    item = structs_.first_of(item);
    if (!(store_.items[item].flags & flag_redone)) return 0;
    item = structs_.copy_of(item);
  }
  return 0;
}

// Whether all values that were set under the key after this one are gone by this undo, or have been undone.
bool StepReverter::may_replace(ItemIndex first, const UnitSet& insertions) {
  const auto undone = [&](const UndoSteps& steps, Id id) {
    return std::any_of(steps.begin(), steps.end(), [&](const auto& step) { return step->deletions.contains(id); });
  };
  ItemIndex at = first;
  while (const ItemIndex next = store_.items[structs_.last_of(at)].right) {
    const Id id = store_.id_of(store_.items[next].address);
    if (!(store_.items[next].flags & flag_redone) && !insertions.contains(id) && !undone(rules_.undo_steps, id) &&
        !undone(rules_.redo_steps, id)) {
      return false;
    }
    at = next;
    while (store_.items[at].flags & flag_redone) at = structs_.copy_of(at);
  }
  return true;
}

// A new item with the content of the struct that begins with `first`, placed as if it had come from elsewhere.
ItemIndex StepReverter::copy(ItemIndex first, TypeIndex type, ItemIndex left, ItemIndex right) {
  Item item = copy_content(first);
  const ClientIndex client = store_.intern_client(doc_.options.client_id);
  if (!store_.reserve(client, item.length)) return 0;
  store_.begin_client(client);
  const std::uint32_t clock = store_.state(client);
  if (left) {
    const Id origin = store_.id_of(store_.items[structs_.last_of(left)].last());
    item.left = origin.client;
    item.origin = origin.clock;
    item.wire |= wire_origin;
  }
  if (right) {
    const Id right_origin = store_.id_of(store_.items[right].address);
    item.right = right_origin.client;
    item.right_origin = right_origin.clock;
    item.wire |= wire_right_origin;
  }
  const ItemIndex holder = store_.types[type].item;
  if (!left && !right) {
    if (holder) {
      const Id parent = store_.id_of(store_.items[holder].address);
      item.left = parent.client;
      item.origin = parent.clock;
      item.wire |= wire_parent_id;
    } else {
      item.origin = store_.types[type].name;
      item.wire |= wire_root;
    }
    if (store_.items[first].keyed()) {
      item.right = store_.slots[store_.items[first].parent].key;
      item.wire |= wire_key;
    }
  }
  item.flags |= flag_keep;
  keep_item(store_, holder, true);
  const ItemIndex last = structs_.last_of(first);
  const ItemIndex made = store_.new_item();
  store_.items[made] = item;
  integrate(store_, client, made, 0);
  Address address = store_.address_of({client, clock});
  for (ItemIndex at = first;; at = store_.items[at].next) {
    store_.items[at].flags |= flag_redone;
    store_.redone[store_.items[at].address] = {address, at != first};
    address += store_.items[at].length;
    if (at == last) break;
  }
  return made;
}

Item StepReverter::copy_content(ItemIndex first) {
  const Item head = store_.items[first];
  Item item{};
  item.kind = head.kind;
  item.flags = head.flags & flag_any_value;
  if (head.kind == Kind::type) {
    const Type& type = store_.types[head.content];
    item.length = head.length;
    item.content = store_.add_type(type.ref, type.name);
    return item;
  }
  Bytes content;
  const ItemIndex last = structs_.last_of(first);
  for (ItemIndex at = first;; at = store_.items[at].next) {
    const Item& piece = store_.items[at];
    const ByteView bytes = store_.content_from(piece).first(store_.content_bytes(piece));
    content.insert(content.end(), bytes.begin(), bytes.end());
    item.length += piece.length;
    if (at == last) break;
  }
  if (head.kind == Kind::deleted) return item;
  const std::uint32_t offset = store_.add_data(content);
  if (head.kind == Kind::string) {
    store_.set_string(item, offset, static_cast<std::uint32_t>(content.size()), item.length);
  } else {
    item.content = offset;
  }
  return item;
}

}  // namespace stet::core
