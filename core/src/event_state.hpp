// What an Event looks at: the store as it is while observers run, and what the transaction did to it.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "doc_impl.hpp"

namespace stet {

namespace core {

// Which units a transaction added and deleted. Lives while its observers run.
class TransactionView {
 public:
  TransactionView(Doc::Impl& doc, const EndedTransaction& ended);

  Doc::Impl& doc;
  TransactionInfo info;

  // Whether the transaction made the item (new items are never joined with old ones before observers have run).
  bool added(const Item& item) const;
  // Whether the transaction deleted it.
  bool deleted(const Item& item) const;

 private:
  std::unordered_map<ClientIndex, std::uint32_t> before_;
  std::vector<AddressRange> deleted_;  // sorted
};

}  // namespace core

struct Event::State {
  State(std::shared_ptr<core::TransactionView> seen, core::TypeIndex target_type, core::TypeIndex current_type,
        std::vector<core::KeyIndex> changed)
      : view(std::move(seen)), target(target_type), current(current_type), changed_keys(std::move(changed)) {}

  std::shared_ptr<core::TransactionView> view;
  core::TypeIndex target;
  core::TypeIndex current;
  std::vector<core::KeyIndex> changed_keys;
  std::optional<Delta> delta;
  std::optional<std::vector<KeyChange>> keys;
};

}  // namespace stet
