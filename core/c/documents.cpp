// stet.h: errors, buffers, documents, snapshots, relative positions.
#include <cstdlib>
#include <cstring>

#include "stet/relative_position.hpp"
#include "stet/snapshot.hpp"
#include "support.hpp"

using namespace stet::c;

namespace {

stet::SharedType root(stet::Doc& doc, std::string_view name, stet_kind kind) {
  switch (kind) {
    case STET_ARRAY:
      return doc.array(name);
    case STET_MAP:
      return doc.map(name);
    case STET_TEXT:
      return doc.text(name);
    case STET_XML_FRAGMENT:
      return doc.xml_fragment(name);
    case STET_XML_TEXT:
      return doc.xml_text(name);
    default:
      throw Failure{STET_INVALID_ARGUMENT, "no kind of root"};
  }
}

}  // namespace

namespace stet::c {

namespace {

thread_local std::string last_error;

}  // namespace

stet_status fail(stet_status status, const char* message) noexcept {
  try {
    last_error = message;
  } catch (...) {
    last_error.clear();
  }
  return status;
}

namespace {

stet_status status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::truncated:
      return STET_TRUNCATED;
    case ErrorCode::malformed:
      return STET_MALFORMED;
    case ErrorCode::unsupported:
      return STET_UNSUPPORTED;
    case ErrorCode::too_large:
      return STET_TOO_LARGE;
    case ErrorCode::conflict:
      return STET_CONFLICT;
  }
  return STET_INTERNAL;
}

}  // namespace

void refuse(const Error& error) { throw Failure{status_of(error.code), error.message()}; }

stet_buffer make_buffer(std::string_view bytes) {
  char* data = static_cast<char*>(std::malloc(bytes.size() + 1));
  if (!data) throw std::bad_alloc();
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  data[bytes.size()] = '\0';
  return {data, bytes.size()};
}

}  // namespace stet::c

extern "C" {

const char* stet_version(void) { return STET_VERSION; }
const char* stet_last_error(void) { return last_error.c_str(); }

void stet_buffer_free(stet_buffer* buffer) {
  std::free(buffer->data);
  *buffer = {nullptr, 0};
}

void stet_subscription_free(stet_subscription* subscription) { delete subscription; }

// --- documents ---

stet_status stet_doc_new(uint64_t client_id, bool gc, stet_doc** doc) {
  return guard([&] { *doc = new stet_doc{stet::Doc(doc_options(client_id, gc))}; });
}

void stet_doc_free(stet_doc* doc) { delete doc; }

uint64_t stet_doc_client_id(const stet_doc* doc) { return doc->doc.client_id(); }

stet_status stet_doc_apply_update(stet_doc* doc, stet_view update, stet_encoding encoding, stet_view origin,
                                  stet_applied* applied, stet_buffer* relay) {
  return guard([&] {
    require(!doc->editing, "an update cannot be applied within stet_doc_transact()");
    const stet::Applied done =
        take(doc->doc.apply_update(bytes(update), stet::c::encoding(encoding), stet::Origin(raw_text(origin))));
    if (applied) *applied = {done.changed, done.exact, done.pending};
    if (relay) put(relay, done.update);
  });
}

void stet_doc_limit_work(stet_doc* doc, uint64_t steps) { doc->doc.limit_work(steps); }

stet_status stet_doc_encode_state(const stet_doc* doc, stet_encoding encoding, stet_buffer* update) {
  return guard([&] { put(update, doc->doc.encode_state(stet::c::encoding(encoding))); });
}

stet_status stet_doc_encode_diff(const stet_doc* doc, stet_view state_vector, stet_encoding encoding,
                                 stet_buffer* update) {
  return guard([&] { put(update, take(doc->doc.encode_diff(bytes(state_vector), stet::c::encoding(encoding)))); });
}

stet_status stet_doc_encode_state_vector(const stet_doc* doc, stet_buffer* state_vector) {
  return guard([&] { put(state_vector, doc->doc.encode_state_vector()); });
}

bool stet_doc_has_pending(const stet_doc* doc) { return doc->doc.has_pending(); }

stet_stats stet_doc_stats(const stet_doc* doc) {
  const stet::DocStats stats = doc->doc.stats();
  return {stats.items, stats.clients, stats.pending_bytes};
}

stet_status stet_doc_transact(stet_doc* doc, void (*edit)(void* context), void* context, stet_view origin) {
  return guard([&] {
    const auto run = [&] {
      const bool outer = std::exchange(doc->editing, true);
      edit(context);
      doc->editing = outer;
    };
    doc->doc.transact(run, stet::Origin(raw_text(origin)));
  });
}

stet_status stet_doc_on_update(stet_doc* doc, stet_encoding encoding, stet_on_update callback, void* context,
                               stet_subscription** subscription) {
  return guard([&] {
    const auto call = [=](stet::ByteView update, const stet::TransactionInfo& info) {
      const stet_transaction ended = transaction(info);
      callback(context, view(stet::as_text(update)), &ended);
    };
    put(subscription, doc->doc.on_update(call, stet::c::encoding(encoding)));
  });
}

stet_status stet_doc_root(stet_doc* doc, stet_view name, stet_kind kind, stet_type* type) {
  return guard([&] { *type = stet::c::type(root(doc->doc, text(name), kind)); });
}

stet_status stet_doc_to_json(const stet_doc* doc, stet_buffer* json) {
  return guard([&] { put(json, doc->doc.to_json().to_json()); });
}

// --- relative positions ---

stet_status stet_relative_position(stet_type type, uint64_t index, int64_t association, stet_buffer* position) {
  return guard([&] {
    put(position, encode_relative_position(relative_position(as<stet::SharedType>(type), index, association)));
  });
}

stet_status stet_relative_position_to_json(stet_view position, stet_buffer* json) {
  return guard([&] { put(json, relative_position_to_json(take(stet::decode_relative_position(bytes(position))))); });
}

stet_status stet_relative_position_from_json(stet_view json, stet_buffer* position) {
  return guard(
      [&] { put(position, encode_relative_position(take(stet::relative_position_from_json(raw_text(json))))); });
}

stet_status stet_position_resolve(stet_doc* doc, stet_view position, bool follow_undone, bool* found,
                                  stet_absolute_position* absolute) {
  return guard([&] {
    const stet::RelativePosition relative = take(stet::decode_relative_position(bytes(position)));
    const auto place = absolute_position(doc->doc, relative, follow_undone);
    *found = place.has_value();
    if (place) *absolute = {type(place->type), place->index, place->association};
  });
}

// --- snapshots ---

stet_status stet_snapshot_take(const stet_doc* doc, stet_encoding encoding, stet_buffer* snapshot) {
  return guard([&] { put(snapshot, encode_snapshot(take_snapshot(doc->doc), stet::c::encoding(encoding))); });
}

stet_status stet_snapshot_restore(const stet_doc* origin, stet_view snapshot, stet_encoding encoding,
                                  uint64_t client_id, bool gc, stet_doc** doc) {
  return guard([&] {
    const stet::Snapshot then = take(stet::decode_snapshot(bytes(snapshot), stet::c::encoding(encoding)));
    *doc = new stet_doc{take(create_doc_from_snapshot(origin->doc, then, doc_options(client_id, gc)))};
  });
}

stet_status stet_snapshot_contains_update(stet_view snapshot, stet_encoding snapshot_encoding, stet_view update,
                                          stet_encoding update_encoding, bool* contains) {
  return guard([&] {
    const stet::Snapshot then = take(stet::decode_snapshot(bytes(snapshot), encoding(snapshot_encoding)));
    *contains = take(snapshot_contains_update(then, bytes(update), encoding(update_encoding)));
  });
}

}  // extern "C"
