#include "stet/checkpoint.hpp"

#include <algorithm>

#include "show.hpp"
#include "stet/lib0.hpp"
#include "stet/types.hpp"
#include "xxh64.hpp"

namespace stet {

namespace {

constexpr std::string_view magic = "stetckp\x01";

void put_u64le(Writer& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8) out.byte(static_cast<std::uint8_t>(value >> shift));
}

std::uint64_t u64le(Reader& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 8) value |= std::uint64_t{in.byte()} << shift;
  return value;
}

Bytes encode_texts(const Doc& doc) {
  Doc::Impl& impl = doc.impl();
  const core::Store& store = impl.store;
  std::vector<std::pair<std::string_view, core::TypeIndex>> roots;
  for (core::TypeIndex type = 1; type < store.types.size(); ++type) {
    if (store.types[type].ref == TypeKind::root && core::shown_as(store, type) == TypeKind::text) {
      roots.emplace_back(store.key(store.types[type].name), type);
    }
  }
  std::sort(roots.begin(), roots.end());
  Writer out;
  out.varuint(roots.size());
  for (const auto& [name, type] : roots) {
    out.var_string(name);
    out.var_string(Text(&impl, type).to_string());
  }
  return out.take();
}

}  // namespace

Bytes write_checkpoint(const Doc& doc) {
  const Bytes texts = encode_texts(doc);
  const Bytes state = doc.encode_state(Encoding::v2);
  Writer out;
  out.reserve(magic.size() + 16 + 8 + texts.size() + state.size());
  out.raw(as_bytes(magic));
  put_u64le(out, core::xxh64(texts));
  put_u64le(out, core::xxh64(state));
  out.var_bytes(texts);
  out.raw(state);
  return out.take();
}

Result<Checkpoint> Checkpoint::open(ByteView bytes) {
  Reader in(bytes);
  const std::string_view start = as_text(in.bytes(magic.size()));
  if (in.ok() && start != magic) {
    const bool later = start.substr(0, magic.size() - 1) == magic.substr(0, magic.size() - 1);
    in.fail(later ? ErrorCode::unsupported : ErrorCode::malformed,
            later ? "a checkpoint of another version" : "not a checkpoint");
  }
  Checkpoint checkpoint;
  checkpoint.bytes_ = bytes;
  const std::uint64_t texts_checksum = u64le(in);
  checkpoint.state_checksum_ = u64le(in);
  const ByteView texts = checkpoint.texts_bytes_ = in.var_bytes();
  checkpoint.state_ = in.bytes(in.remaining());
  if (!in.ok()) return in.error();

  Reader entries = in.within(texts);
  if (core::xxh64(texts) != texts_checksum)
    entries.fail(ErrorCode::malformed, "the texts of the checkpoint are damaged");
  const std::uint64_t count = entries.varuint();
  for (std::uint64_t i = 0; i < count && entries.ok(); ++i) {
    const std::string_view name = entries.var_string();
    const std::string_view text = entries.var_string();
    if (!entries.ok()) break;
    if (!checkpoint.texts_.empty() && name <= checkpoint.texts_.back().first) {
      entries.fail(ErrorCode::malformed, "names of texts out of order");
    } else if (!valid_utf8(name) || !valid_utf8(text)) {
      entries.fail(ErrorCode::malformed, "text is not UTF-8");
    }
    checkpoint.texts_.emplace_back(name, text);
  }
  if (entries.ok() && !entries.at_end()) entries.fail(ErrorCode::malformed, "bytes behind the texts");
  if (!entries.ok()) return entries.error();
  return checkpoint;
}

std::optional<std::string_view> Checkpoint::text(std::string_view name) const {
  const auto found = std::lower_bound(texts_.begin(), texts_.end(), name,
                                      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  if (found == texts_.end() || found->first != name) return std::nullopt;
  return found->second;
}

Result<Doc> Checkpoint::load(DocOptions options) const {
  const auto offset = static_cast<std::size_t>(state_.data() - bytes_.data());
  if (core::xxh64(state_) != state_checksum_) {
    return Error{ErrorCode::malformed, offset, "the state of the checkpoint is damaged"};
  }
  Doc doc(options);
  const Result<Applied> applied = doc.apply_update(state_, Encoding::v2);
  if (!applied) return Error{applied.error().code, offset + applied.error().offset, applied.error().what};
  if (!std::ranges::equal(encode_texts(doc), texts_bytes_)) {
    return Error{ErrorCode::malformed, offset, "the state of the checkpoint holds other texts than stand beside it"};
  }
  return doc;
}

}  // namespace stet
