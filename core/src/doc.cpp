#include "stet/doc.hpp"

#include "doc_impl.hpp"

namespace stet {

Doc::Doc(DocOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  impl_->store.gc = options.gc;
}

Doc::~Doc() = default;
Doc::Doc(Doc&&) noexcept = default;
Doc& Doc::operator=(Doc&&) noexcept = default;

std::uint64_t Doc::client_id() const { return impl_->options.client_id; }

Result<Applied> Doc::apply_update(ByteView update, Encoding encoding, const Origin& origin) {
  return core::apply(*impl_, update, encoding, origin);
}

Bytes Doc::encode_state(Encoding encoding) const { return core::encode_state(*impl_, {}, encoding); }

Result<Bytes> Doc::encode_diff(ByteView state_vector, Encoding encoding) const {
  const Result<core::StateVector> state = core::decode_state_vector(state_vector);
  if (!state) return state.error();
  return core::encode_state(*impl_, *state, encoding);
}

Bytes Doc::encode_state_vector() const { return core::encode_state_vector(impl_->store); }

void Doc::limit_work(std::uint64_t steps) { impl_->work_limit = steps; }

bool Doc::has_pending() const { return !impl_->pending_update.empty() || !impl_->pending_deletes.empty(); }

DocStats Doc::stats() const {
  return {.items = impl_->store.item_count(),
          .clients = impl_->store.client_count(),
          .pending_bytes = impl_->pending_update.size() + impl_->pending_deletes.size() * sizeof(core::DeleteRange)};
}

void Doc::transact(const std::function<void()>& edit, const Origin& origin) { impl_->transact(edit, origin); }

Text Doc::text(std::string_view name) { return Text(impl_->root(name, TypeKind::text)); }
Array Doc::array(std::string_view name) { return Array(impl_->root(name, TypeKind::array)); }
Map Doc::map(std::string_view name) { return Map(impl_->root(name, TypeKind::map)); }
XmlFragment Doc::xml_fragment(std::string_view name) { return XmlFragment(impl_->root(name, TypeKind::xml_fragment)); }
XmlText Doc::xml_text(std::string_view name) { return XmlText(impl_->root(name, TypeKind::xml_text)); }

Subscription Doc::on_update(OnUpdate callback, Encoding encoding) {
  return (encoding == Encoding::v1 ? impl_->on_update_v1 : impl_->on_update_v2).add(std::move(callback));
}

std::string Doc::check() const { return impl_->store.check(); }

}  // namespace stet
