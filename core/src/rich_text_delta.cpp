// Texts with attributes, embeds and types, and as deltas.
#include <algorithm>

#include "rich_text.hpp"

namespace stet {

namespace {

DeltaOp insert_op(Attributes attributes) {
  DeltaOp op;
  op.attributes = std::move(attributes);
  return op;
}

}  // namespace

Delta Text::to_delta() const {
  const core::Store& store = doc_->store;
  Delta delta;
  if (!alive()) return delta;
  core::AttributeList attributes;
  bool joinable = false;  // the last operation is a text, and no format followed it
  for (core::ItemIndex at = store.types[type_].start; at; at = store.items[at].right) {
    const core::Item& item = store.items[at];
    if (item.deleted()) continue;
    if (item.kind == core::Kind::format) {
      attributes.pass(core::format_of(store, at));
      joinable = false;
    } else if (item.kind == core::Kind::string) {
      if (!joinable) delta.push_back(insert_op(core::to_attributes(store, attributes)));
      delta.back().text += store.string(item);
      delta.back().length += item.length;
      joinable = true;
    } else if (item.kind == core::Kind::embed || item.kind == core::Kind::type) {
      DeltaOp& op = delta.emplace_back(insert_op(core::to_attributes(store, attributes)));
      op.values.push_back(core::value_at(*doc_, item, 0));
      op.length = 1;
      joinable = false;
    }
  }
  return delta;
}

void Text::insert(std::uint64_t position, std::string_view utf8, const Attributes& attributes) {
  if (!alive() || utf8.empty()) return;
  doc_->transact([&] {
    core::TextCursor cursor(*doc_, type_, position);
    cursor.insert(core::make_string(doc_->store, utf8), core::to_list(doc_->store, attributes));
  });
}

void Text::insert_embed(std::uint64_t position, const Any& embed, const Attributes& attributes) {
  if (!alive()) return;
  doc_->transact([&] {
    core::TextCursor cursor(*doc_, type_, position);
    cursor.insert(core::make_embed(doc_->store, embed), core::to_list(doc_->store, attributes));
  });
}

SharedType Text::insert_type(std::uint64_t position, TypeKind kind, const Attributes& attributes) {
  const core::Content content = core::make_type(doc_->store, kind, {});
  if (alive()) {
    doc_->transact([&] {
      core::TextCursor cursor(*doc_, type_, position);
      cursor.insert(content, core::to_list(doc_->store, attributes));
    });
  }
  return {doc_, content.offset};
}

void Text::format(std::uint64_t position, std::uint64_t length, const Attributes& attributes) {
  if (!alive() || position >= this->length()) return;
  const std::uint64_t units = std::min(length, this->length() - position);
  if (units == 0) return;
  doc_->transact([&] {
    core::TextCursor cursor(*doc_, type_, position);
    cursor.format(units, core::to_list(doc_->store, attributes));
  });
}

void Text::apply_delta(const Delta& delta) {
  if (!alive()) return;
  doc_->transact([&] {
    core::Store& store = doc_->store;
    core::TextCursor cursor(*doc_, type_, 0);
    for (const DeltaOp& op : delta) {
      const core::AttributeList attributes = core::to_list(store, op.attributes);
      if (op.kind == DeltaOp::Kind::retain) {
        cursor.format(op.length, attributes);
      } else if (op.kind == DeltaOp::Kind::erase) {
        cursor.erase(op.length);
      } else {
        if (!op.text.empty()) cursor.insert(core::make_string(store, op.text), attributes);
        for (const Value& value : op.values) {
          if (const Any* embed = std::get_if<Any>(&value)) {
            cursor.insert(core::make_embed(store, *embed), attributes);
          } else if (const SharedType* type = std::get_if<SharedType>(&value)) {
            cursor.insert(core::make_type(store, type->kind(), type->name()), attributes);
          }
        }
      }
    }
  });
}

}  // namespace stet
