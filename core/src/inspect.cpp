#include <algorithm>

#include "stet/update.hpp"
#include "update_decoder.hpp"

namespace stet {

namespace {

template <class Columns>
Result<UpdateInfo> inspect(ByteView update) {
  core::UpdateDecoder<Columns> in(update);
  UpdateInfo info;
  while (const core::WireStruct* s = in.next()) {
    if (info.clients.empty() || info.clients.back().id != s->client) {
      info.clients.push_back({.id = s->client, .first_clock = s->clock});
    }
    UpdateInfo::Client& client = info.clients.back();
    ++client.structs;
    client.end_clock = s->end();
    ++info.structs;
    info.gc += s->kind == core::Kind::gc;
    info.skip += s->kind == core::Kind::skip;
    if (s->parent_info == core::ParentInfo::root &&
        std::find(info.roots.begin(), info.roots.end(), s->root) == info.roots.end()) {
      info.roots.emplace_back(s->root);
    }
  }
  std::vector<core::DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  info.delete_ranges = deletes.size();
  for (const core::DeleteRange& range : deletes) info.deleted += range.length;
  return info;
}

}  // namespace

Result<UpdateInfo> inspect_update(ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? inspect<core::ColumnsV1>(update) : inspect<core::ColumnsV2>(update);
}

}  // namespace stet
