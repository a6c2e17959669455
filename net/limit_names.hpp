// The limits by name, for configuration files.
#pragma once

#include <cstddef>

#include "net/limits.hpp"

namespace stet::net {

// Calls `visit(name, limit)` for each, in the order of the declarations.
template <class Visit>
void for_each_limit(Limits& limits, Visit visit) {
  static_assert(sizeof(Limits) == 58 * sizeof(std::size_t), "a limit was added: name it here, and count it");
#define STET_LIMIT(name) visit(#name, limits.name)
  STET_LIMIT(head_bytes);
  STET_LIMIT(head_fields);
  STET_LIMIT(target_bytes);
  STET_LIMIT(body_bytes);
  STET_LIMIT(request_timeout_ms);
  STET_LIMIT(keep_alive_ms);
  STET_LIMIT(connections);
  STET_LIMIT(connections_per_address);
  STET_LIMIT(doc_name_bytes);
  STET_LIMIT(session_name_bytes);
  STET_LIMIT(author_bytes);
  STET_LIMIT(message_bytes);
  STET_LIMIT(handshake_timeout_ms);
  STET_LIMIT(silence_timeout_ms);
  STET_LIMIT(close_timeout_ms);
  STET_LIMIT(deflate_from_bytes);
  STET_LIMIT(pings_per_second);
  STET_LIMIT(ping_burst);
  STET_LIMIT(fruitless_reads);
  STET_LIMIT(messages_per_second);
  STET_LIMIT(message_burst);
  STET_LIMIT(documents_per_socket);
  STET_LIMIT(flow_bytes);
  STET_LIMIT(socket_queue_bytes);
  STET_LIMIT(waiting_bytes);
  STET_LIMIT(queue_bytes);
  STET_LIMIT(merge_bytes);
  STET_LIMIT(stalled_timeout_ms);
  STET_LIMIT(owed_bytes);
  STET_LIMIT(heartbeat_ms);
  STET_LIMIT(requests_per_second);
  STET_LIMIT(request_burst);
  STET_LIMIT(thin_splices);
  STET_LIMIT(stream_docs);
  STET_LIMIT(watched_roots);
  STET_LIMIT(history_bytes);
  STET_LIMIT(pending_bytes);
  STET_LIMIT(update_steps);
  STET_LIMIT(document_bytes);
  STET_LIMIT(presence_clients);
  STET_LIMIT(presence_interval_ms);
  STET_LIMIT(linger_ms);
  STET_LIMIT(idle_memory_bytes);
  STET_LIMIT(failed_load_ms);
  STET_LIMIT(snapshot_updates);
  STET_LIMIT(snapshot_bytes);
  STET_LIMIT(snapshot_pause_ms);
  STET_LIMIT(farewell_updates);
  STET_LIMIT(farewell_bytes);
  STET_LIMIT(history_requests);
  STET_LIMIT(history_ledgers);
  STET_LIMIT(history_edits);
  STET_LIMIT(keep_history_days);
  STET_LIMIT(keep_history_bytes);
  STET_LIMIT(keep_deleted_days);
  STET_LIMIT(prune_interval_ms);
  STET_LIMIT(upkeep_interval_ms);
  STET_LIMIT(drain_ms);
#undef STET_LIMIT
}

}  // namespace stet::net
