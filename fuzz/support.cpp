#include "support.hpp"

#include "core/src/update_decoder.hpp"

namespace stet::fuzz {

namespace {

using core::Kind;
using core::WireStruct;

bool joins(const WireStruct& left, const WireStruct& right) {
  if (left.client != right.client || left.end() != right.clock || left.kind != right.kind) return false;
  if (left.kind == Kind::gc) return true;
  const bool of_a_length =
      left.kind == Kind::string || left.kind == Kind::deleted || left.kind == Kind::any || left.kind == Kind::json;
  return of_a_length && right.has_origin() && right.origin == core::WireId{right.client, right.clock - 1} &&
         left.has_right_origin() == right.has_right_origin() &&
         (!left.has_right_origin() || left.right_origin == right.right_origin);
}

void append(std::string& out, const core::WireId& id) {
  out += std::to_string(id.client) + ':' + std::to_string(id.clock) + ' ';
}

template <class Columns>
std::string describe(ByteView update) {
  core::UpdateDecoder<Columns> in(update);
  std::string out;
  WireStruct last;
  while (const WireStruct* s = in.next()) {
    if (out.empty() || !joins(last, *s)) {
      out += '\n';
      append(out, {s->client, s->clock});
      out += std::to_string(static_cast<int>(s->kind)) + ' ';
      if (s->has_origin()) append(out, s->origin);
      if (s->has_right_origin()) append(out, s->right_origin);
      if (s->parent_info == core::ParentInfo::id) append(out, s->parent);
      if (s->parent_info == core::ParentInfo::root) out += s->root;
      if (s->parent_info != core::ParentInfo::none) out += s->key;
      out += ' ';
    }
    // The other fields keep what the struct before had there.
    const bool has_text =
        s->kind == Kind::string || s->kind == Kind::format || s->kind == Kind::type || s->kind == Kind::doc;
    if (has_text) out += s->text;
    const bool has_bytes = s->kind != Kind::gc && s->kind != Kind::deleted && s->kind != Kind::skip &&
                           s->kind != Kind::string && s->kind != Kind::type;
    if (has_bytes) out += as_text(s->bytes);
    last = *s;
  }
  std::vector<core::DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  for (const core::DeleteRange& range : deletes) {
    append(out += '\n', {range.client, range.clock});
    out += std::to_string(range.length);
  }
  return out;
}

}  // namespace

std::string canonical(ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? describe<core::ColumnsV1>(update) : describe<core::ColumnsV2>(update);
}

Bytes sample_update() {
  return {
#include "sample_update.inc"
  };
}

}  // namespace stet::fuzz
