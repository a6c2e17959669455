// stet.h: updates without a document, and awareness.
#include "stet/update.hpp"

#include <vector>

#include "support.hpp"

using namespace stet::c;
using stet::Any;
using stet::AnyArray;
using stet::AnyObject;
using stet::AwarenessEntry;

namespace {

Any number(std::uint64_t value) { return static_cast<double>(value); }

AnyObject shown(const stet::UpdateInfo& info) {
  AnyArray clients;
  for (const stet::UpdateInfo::Client& client : info.clients) {
    clients.emplace_back(AnyObject{{"id", number(client.id)},
                                   {"structs", number(client.structs)},
                                   {"first_clock", number(client.first_clock)},
                                   {"end_clock", number(client.end_clock)}});
  }
  AnyArray roots;
  for (const std::string& root : info.roots) roots.emplace_back(root);
  return {{"clients", std::move(clients)},
          {"structs", number(info.structs)},
          {"gc", number(info.gc)},
          {"skip", number(info.skip)},
          {"delete_ranges", number(info.delete_ranges)},
          {"deleted", number(info.deleted)},
          {"roots", std::move(roots)}};
}

// Nothing to say is no message.
void put_message(stet_buffer* out, const std::vector<AwarenessEntry>& entries) {
  put(out, entries.empty() ? stet::Bytes() : encode_awareness(entries));
}

}  // namespace

extern "C" {

stet_status stet_updates_merge(const stet_view* updates, size_t count, stet_encoding encoding, stet_buffer* merged) {
  return guard([&] {
    std::vector<stet::ByteView> views;
    for (std::size_t i = 0; i < count; ++i) views.push_back(bytes(updates[i]));
    put(merged, take(stet::merge_updates(views, stet::c::encoding(encoding))));
  });
}

stet_status stet_update_diff(stet_view update, stet_view state_vector, stet_encoding encoding, stet_buffer* diff) {
  return guard(
      [&] { put(diff, take(stet::diff_update(bytes(update), bytes(state_vector), stet::c::encoding(encoding)))); });
}

stet_status stet_update_convert(stet_view update, stet_encoding from, stet_encoding to, stet_buffer* converted) {
  return guard([&] { put(converted, take(stet::convert_update(bytes(update), encoding(from), encoding(to)))); });
}

stet_status stet_update_state_vector(stet_view update, stet_encoding encoding, stet_buffer* state_vector) {
  return guard(
      [&] { put(state_vector, take(stet::state_vector_from_update(bytes(update), stet::c::encoding(encoding)))); });
}

stet_status stet_update_inspect(stet_view update, stet_encoding encoding, stet_buffer* json) {
  return guard(
      [&] { put(json, Any(shown(take(stet::inspect_update(bytes(update), stet::c::encoding(encoding))))).to_json()); });
}

// --- awareness ---

stet_status stet_awareness_new(stet_awareness** awareness) {
  return guard([&] { *awareness = new stet_awareness; });
}

void stet_awareness_free(stet_awareness* awareness) { delete awareness; }

stet_status stet_awareness_apply(stet_awareness* awareness, stet_view message, int64_t now_ms, stet_buffer* news) {
  return guard([&] {
    std::vector<AwarenessEntry> taken;
    for (AwarenessEntry& entry : take(stet::decode_awareness(bytes(message)))) {
      if (awareness->awareness.apply(entry, now_ms)) taken.push_back(std::move(entry));
    }
    if (news) put_message(news, taken);
  });
}

stet_status stet_awareness_set(stet_awareness* awareness, uint64_t client, stet_view json, int64_t now_ms,
                               stet_buffer* message) {
  return guard([&] {
    constexpr stet::AwarenessLimits limits;
    require(client <= stet::max_safe_integer, "client id over 2^53 - 1");
    require(stet::valid_json(text(json), limits.depth), "the state is not JSON");
    require(json.length <= limits.state_bytes, "the state is too long");
    if (text(json) == "null") return put_message(message, {awareness->awareness.remove(client, now_ms)});
    const AwarenessEntry* before = awareness->awareness.find(client);
    const AwarenessEntry entry{client, before ? before->clock + 1 : 0, std::string(text(json))};
    awareness->awareness.apply(entry, now_ms);
    put_message(message, {entry});
  });
}

stet_status stet_awareness_expire(stet_awareness* awareness, int64_t now_ms, stet_buffer* message) {
  return guard([&] { put_message(message, awareness->awareness.expire(now_ms)); });
}

stet_status stet_awareness_encode(const stet_awareness* awareness, stet_buffer* message) {
  return guard([&] { put(message, encode_awareness(awareness->awareness.present())); });
}

stet_status stet_awareness_states(const stet_awareness* awareness, stet_buffer* json) {
  return guard([&] {
    AnyObject states;
    for (const AwarenessEntry& entry : awareness->awareness.present()) {
      states.emplace_back(std::to_string(entry.client), take(Any::from_json(entry.state)));
    }
    put(json, Any(std::move(states)).to_json());
  });
}

}  // extern "C"
