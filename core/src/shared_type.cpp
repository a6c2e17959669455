#include "edit.hpp"

namespace stet {

TypeKind SharedType::kind() const { return doc_->store.kind_of(type_); }

bool SharedType::alive() const { return core::alive(doc_->store, type_); }

std::string SharedType::name() const {
  const core::KeyIndex name = doc_->store.types[type_].name;
  return name ? std::string(doc_->store.key(name)) : std::string();
}

std::optional<SharedType> SharedType::parent() const {
  const core::ItemIndex holder = doc_->store.types[type_].item;
  if (!holder) return std::nullopt;
  return SharedType(doc_, doc_->store.type_of(doc_->store.items[holder]));
}

Subscription SharedType::observe(std::function<void(const Event&)> callback) const {
  doc_->store.track_changes = true;
  return doc_->on_event[type_].add(std::move(callback));
}

Subscription SharedType::observe_deep(std::function<void(std::span<const Event>)> callback) const {
  doc_->store.track_changes = true;
  return doc_->on_deep_event[type_].add(std::move(callback));
}

}  // namespace stet
