// What an event changed in a list, as Yjs' YTextEvent and YEvent compute it. One difference: Yjs takes away redundant
// formats that it meets on the way; reading an event changes nothing here.
#include <algorithm>
#include <utility>

#include "event_state.hpp"
#include "rich_text.hpp"
#include "show.hpp"

namespace stet {

namespace core {

namespace {

// Elements: inserted, retained, deleted, in the order of the list.
Delta element_delta(const TransactionView& view, TypeIndex type) {
  const Store& store = view.doc.store;
  Delta delta;
  const auto op = [&](DeltaOp::Kind kind) -> DeltaOp& {
    if (delta.empty() || delta.back().kind != kind) delta.emplace_back().kind = kind;
    return delta.back();
  };
  for (ItemIndex at = store.types[type].start; at; at = store.items[at].right) {
    const Item& item = store.items[at];
    const bool added = view.added(item);
    if (item.deleted()) {
      if (!added && view.deleted(item)) op(DeltaOp::Kind::erase).length += item.length;
    } else if (!added) {
      op(DeltaOp::Kind::retain).length += item.length;
    } else {
      DeltaOp& insert = op(DeltaOp::Kind::insert);
      insert.length += item.length;
      for (std::uint32_t i = 0; i < item.length; ++i) insert.values.push_back(value_at(view.doc, item, i));
    }
  }
  if (!delta.empty() && delta.back().kind == DeltaOp::Kind::retain) delta.pop_back();
  return delta;
}

// Goes over a text from left to right with the attributes before and after the transaction.
class TextDelta {
 public:
  explicit TextDelta(const TransactionView& view) : view_(view), store_(view.doc.store) {}

  Delta of(TypeIndex type) {
    for (ItemIndex at = store_.types[type].start; at; at = store_.items[at].right) pass(at);
    end_op();
    const auto says_nothing = [](const DeltaOp& op) {
      return op.kind == DeltaOp::Kind::retain && op.attributes.empty();
    };
    while (!delta_.empty() && says_nothing(delta_.back())) delta_.pop_back();
    return std::move(delta_);
  }

 private:
  void pass(ItemIndex at) {
    const Item& item = store_.items[at];
    const bool added = view_.added(item);
    const bool deleted = view_.deleted(item);
    if (item.kind == Kind::format) {
      pass_format(at, added, deleted);
    } else if (item.kind == Kind::string || item.kind == Kind::embed || item.kind == Kind::type) {
      if (added && !deleted) {
        insert(item);
      } else if (!added && deleted) {
        begin(DeltaOp::Kind::erase).length += item.length;
      } else if (!item.deleted()) {
        begin(DeltaOp::Kind::retain).length += item.length;
      }
    }
  }

  void insert(const Item& item) {
    if (item.kind == Kind::string) {
      DeltaOp& op = begin(DeltaOp::Kind::insert);
      op.text += store_.string(item);
      op.length += item.length;
    } else {
      end_op();
      DeltaOp& op = begin(DeltaOp::Kind::insert);
      op.values.push_back(value_at(view_.doc, item, 0));
      op.length = 1;
      end_op();
    }
  }

  void pass_format(ItemIndex at, bool added, bool deleted) {
    const Attribute format = format_of(store_, at);
    const bool changes_nothing = equal_value(current_.get(format.key), format);
    bool redundant = store_.items[at].deleted();
    if (added && !deleted) {
      if (!changes_nothing) {
        end_retain();
        if (equal_value(format, old_.get(format.key))) {
          changed_.erase(format.key);
        } else {
          changed_.set(format);
        }
      } else if (!format.value.is_null()) {
        redundant = true;
      }
    } else if (!added && deleted) {
      old_.set(format);
      if (!changes_nothing) {
        end_retain();
        changed_.set(current_.get(format.key));
      }
    } else if (!redundant) {
      old_.set(format);
      if (const Attribute* change = changed_.find(format.key)) {
        if (!equal_value(*change, format)) {
          end_retain();
          changed_.pass(format);
        } else if (!change->value.is_null()) {
          redundant = true;
        }
      }
    }
    if (redundant) return;
    if (open_ && op_.kind == DeltaOp::Kind::insert) end_op();
    current_.pass(format);
  }

  DeltaOp& begin(DeltaOp::Kind kind) {
    if (open_ && op_.kind != kind) end_op();
    open_ = true;
    op_.kind = kind;
    return op_;
  }

  void end_retain() {
    if (open_ && op_.kind == DeltaOp::Kind::retain) end_op();
  }

  void end_op() {
    if (!open_) return;
    if (op_.kind != DeltaOp::Kind::erase) {
      op_.attributes = to_attributes(store_, op_.kind == DeltaOp::Kind::insert ? current_ : changed_);
    }
    delta_.push_back(std::exchange(op_, {}));
    open_ = false;
  }

  const TransactionView& view_;
  const Store& store_;
  Delta delta_;
  DeltaOp op_;         // the one that grows
  bool open_ = false;  // whether there is one
  AttributeList current_;
  AttributeList old_;      // before the transaction
  AttributeList changed_;  // of what is retained; null: removed
};

}  // namespace

}  // namespace core

bool Event::of_text() const {
  const TypeKind shown = core::shown_as(state_->view->doc.store, state_->target);
  return shown == TypeKind::text || shown == TypeKind::xml_text;
}

const Delta& Event::delta() const {
  if (state_->delta) return *state_->delta;
  const core::TransactionView& view = *state_->view;
  const std::vector<core::KeyIndex>& changed = state_->changed_keys;
  if (std::find(changed.begin(), changed.end(), core::KeyIndex{0}) == changed.end()) return state_->delta.emplace();
  return state_->delta.emplace(of_text() ? core::TextDelta(view).of(state_->target)
                                         : core::element_delta(view, state_->target));
}

}  // namespace stet
