#include "stet/update.hpp"

#include "doc_impl.hpp"
#include "update_decoder.hpp"

namespace stet {

namespace {

template <class Columns>
Result<std::vector<UpdateSpan>> spans_of(ByteView update) {
  core::UpdateDecoder<Columns> in(update);
  std::vector<UpdateSpan> spans;
  while (const core::WireStruct* s = in.next()) {
    if (spans.empty() || spans.back().client != s->client) spans.push_back({s->client, s->clock, 0});
    in.plain([](const core::PlainStruct&) {});
    spans.back().to = in.clock();
  }
  std::vector<core::DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  return spans;
}

template <class Columns>
Result<Bytes> state_of(ByteView update) {
  core::UpdateDecoder<Columns> in(update);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> states;  // in wire order, as Yjs writes them here
  std::uint64_t client = 0;
  bool first = true;
  bool hole = false;  // a clock is missing before this struct of the client
  while (const core::WireStruct* s = in.next()) {
    if (first || s->client != client) hole = s->clock != 0;
    client = s->client;
    first = false;
    hole |= s->kind == core::Kind::skip;
    in.plain([](const core::PlainStruct&) {});  // there is no hole between them
    if (hole) continue;
    if (states.empty() || states.back().first != client) states.emplace_back(client, 0);
    states.back().second = in.clock();
  }
  std::vector<core::DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  Writer out;
  out.varuint(states.size());
  for (const auto& [id, clock] : states) {
    out.varuint(id);
    out.varuint(clock);
  }
  return out.take();
}

}  // namespace

Result<Bytes> merge_updates(std::span<const ByteView> updates, Encoding encoding) {
  if (updates.size() != 1) return core::merge_updates(updates, encoding);
  const Result<UpdateInfo> info = inspect_update(updates[0], encoding);
  if (!info) return info.error();
  return Bytes(updates[0].begin(), updates[0].end());
}

Result<Bytes> diff_update(ByteView update, ByteView state_vector, Encoding encoding) {
  const Result<core::StateVector> state = core::decode_state_vector(state_vector);
  if (!state) return state.error();
  return core::diff_update(update, *state, encoding, true);
}

Result<Bytes> convert_update(ByteView update, Encoding from, Encoding to) {
  return core::convert_update(update, from, to);
}

Result<Bytes> state_vector_from_update(ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? state_of<core::ColumnsV1>(update) : state_of<core::ColumnsV2>(update);
}

Result<std::vector<UpdateSpan>> parse_update_meta(ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? spans_of<core::ColumnsV1>(update) : spans_of<core::ColumnsV2>(update);
}

}  // namespace stet
