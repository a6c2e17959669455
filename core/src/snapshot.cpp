#include "stet/snapshot.hpp"

#include <algorithm>

#include "doc_impl.hpp"
#include "update_decoder.hpp"
#include "update_encoder.hpp"

namespace stet {

namespace {

std::vector<core::DeleteRange> to_ranges(const Snapshot& snapshot) {
  std::vector<core::DeleteRange> ranges;
  ranges.reserve(snapshot.deleted.size());
  for (const Snapshot::Deleted& deleted : snapshot.deleted) {
    if (deleted.length > 0) ranges.push_back({deleted.client, deleted.clock, deleted.length});
  }
  core::arrange(ranges);
  return ranges;
}

void set_deleted(Snapshot& snapshot, const std::vector<core::DeleteRange>& ranges) {
  for (const core::DeleteRange& range : ranges) snapshot.deleted.push_back({range.client, range.clock, range.length});
}

template <class Columns>
Result<bool> contains(const Snapshot& snapshot, ByteView update) {
  core::UpdateDecoder<Columns> in(update);
  bool all = true;
  while (const core::WireStruct* s = in.next()) {
    const auto known = snapshot.state.find(s->client);
    all &= known != snapshot.state.end() && s->end() <= known->second;
  }
  const std::vector<core::DeleteRange> own = to_ranges(snapshot);
  std::vector<core::DeleteRange> both = own;
  if (in.ok()) in.read_deletes(both);
  if (!in.ok()) return in.error();
  core::normalize(both);
  return all && std::equal(own.begin(), own.end(), both.begin(), both.end());
}

}  // namespace

Snapshot take_snapshot(const Doc& doc) {
  Snapshot snapshot;
  set_deleted(snapshot, core::all_deletes(doc.impl().store));
  snapshot.state = core::state_vector(doc.impl().store);
  return snapshot;
}

// A delete set and a state vector; nothing of either lies in a column.
Bytes encode_snapshot(const Snapshot& snapshot, Encoding encoding) {
  Writer out;
  if (encoding == Encoding::v1) {
    core::EncoderV1 deletes;
    core::write_deletes(deletes, to_ranges(snapshot));
    out = std::move(deletes.rest);
  } else {
    core::EncoderV2 deletes;
    core::write_deletes(deletes, to_ranges(snapshot));
    out = std::move(deletes.rest);
  }
  out.varuint(snapshot.state.size());
  for (auto entry = snapshot.state.rbegin(); entry != snapshot.state.rend(); ++entry) {
    out.varuint(entry->first);
    out.varuint(entry->second);
  }
  return out.take();
}

Result<Snapshot> decode_snapshot(ByteView bytes, Encoding encoding) {
  Reader in(bytes);
  std::vector<core::DeleteRange> ranges;
  core::read_delete_set(in, encoding, ranges);
  Result<core::StateVector> state = core::read_last_state_vector(in);
  if (!state) return state.error();
  core::arrange(ranges);
  Snapshot snapshot;
  set_deleted(snapshot, ranges);
  snapshot.state = std::move(*state);
  return snapshot;
}

Result<Doc> create_doc_from_snapshot(const Doc& origin, const Snapshot& snapshot, DocOptions options) {
  const Doc::Impl& from = origin.impl();
  if (from.options.gc) return Error{ErrorCode::unsupported, 0, "the document collects garbage"};
  const core::StateVector state = core::state_vector(from.store);
  for (const auto& [client, clock] : snapshot.state) {
    const auto known = state.find(client);
    if (clock > 0 && (known == state.end() || known->second < clock)) {
      return Error{ErrorCode::conflict, 0, "the snapshot is of another document"};
    }
  }
  const Bytes update =
      core::update_until(core::encode_state(from, {}, Encoding::v1), snapshot.state, to_ranges(snapshot));
  Doc doc(options);
  const Result<Applied> applied = doc.apply_update(update, Encoding::v1, "snapshot");
  if (!applied) return applied.error();
  return doc;
}

Result<bool> snapshot_contains_update(const Snapshot& snapshot, ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? contains<core::ColumnsV1>(snapshot, update)
                                  : contains<core::ColumnsV2>(snapshot, update);
}

}  // namespace stet
