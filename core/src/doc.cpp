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

Result<Applied> Doc::apply_update(ByteView update, Encoding encoding) { return core::apply(*impl_, update, encoding); }

Bytes Doc::encode_state(Encoding encoding) const { return core::encode_state(*impl_, {}, encoding); }

Result<Bytes> Doc::encode_diff(ByteView state_vector, Encoding encoding) const {
  const Result<core::StateVector> state = core::decode_state_vector(state_vector);
  if (!state) return state.error();
  return core::encode_state(*impl_, *state, encoding);
}

Bytes Doc::encode_state_vector() const { return core::encode_state_vector(impl_->store); }

bool Doc::has_pending() const { return !impl_->pending_update.empty() || !impl_->pending_deletes.empty(); }

DocStats Doc::stats() const {
  DocStats stats;
  for (const core::Client& client : impl_->store.clients) {
    stats.clients += client.state > 0;
    for (core::ItemIndex item = client.first; item; item = impl_->store.items[item].next) ++stats.items;
  }
  stats.pending_bytes = impl_->pending_update.size() + impl_->pending_deletes.size() * sizeof(core::DeleteRange);
  return stats;
}

Text Doc::text(std::string_view name) {
  core::Store& store = impl_->store;
  return {impl_.get(), store.intern_root(store.intern_key(name))};
}

std::string Doc::check() const { return impl_->store.check(); }

}  // namespace stet
