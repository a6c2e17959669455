// Every limit of the server, by name, with its default, in one place. Sizes in bytes, times in milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stet::net {

struct Limits {
  // HTTP
  std::size_t head_bytes = 8 * 1024;         // request line and header fields
  std::size_t head_fields = 100;             // header fields
  std::size_t target_bytes = 4 * 1024;       // the path and query of a request
  std::size_t body_bytes = 64 * 1024;        // body of a request
  std::int64_t request_timeout_ms = 10'000;  // from a request's first byte to its last
  std::int64_t keep_alive_ms = 30'000;       // silence between two requests

  // Connections
  std::size_t connections = 50'000;  // open at once
  std::size_t connections_per_address =
      1'000;  // of them from one address; loopback (a proxy on this machine) is exempt

  // Names
  std::size_t doc_name_bytes = 512;
  std::size_t session_name_bytes = 64;  // of Hocuspocus' sessionAwareness
  std::size_t author_bytes = 256;

  // WebSocket
  std::size_t message_bytes = 16 * 1024 * 1024;  // one message from a client
  std::int64_t handshake_timeout_ms = 10'000;    // of the upgrade, and of the closing handshake
  std::int64_t silence_timeout_ms = 40'000;  // a peer that sends nothing at all, not even a pong; pinged at the half
  std::int64_t close_timeout_ms = 3'000;     // from our close to the cut of the connection
  std::size_t deflate_from_bytes = 0;        // messages of that size are compressed for clients that offer it; 0: none
  double pings_per_second = 5;               // from a client; past the burst 1008
  double ping_burst = 100;
  std::size_t fruitless_reads = 1'000;  // in a row, of a socket that sends empty frames without end; past it 1008
  double messages_per_second = 2'000;   // from a client, in the long run; past the burst 1008
  double message_burst = 500'000;

  // A WebSocket that is in many documents
  std::size_t documents_per_socket = 1'000;
  std::size_t flow_bytes = 1024 * 1024;               // on their way to the rooms; past it the socket is not read
  std::size_t socket_queue_bytes = 16 * 1024 * 1024;  // handed to it and not yet written; past it 1013

  // A member of a room
  std::size_t waiting_bytes = 4 * 1024 * 1024;  // frames that wait while the document is loaded; past it 1013
  std::size_t queue_bytes = 1024 * 1024;        // handed to the socket and not yet written; past it the member lags
  std::size_t merge_bytes = 64 * 1024;          // of updates are told at once, though more come in the same turn;
                                                // and past it in that queue, updates wait to be merged
  std::int64_t stalled_timeout_ms = 60'000;     // queue not empty and nothing written; then 1013
  std::size_t owed_bytes = 64 * 1024 * 1024;    // acknowledgements that wait for a commit; past it 1013
  std::int64_t heartbeat_ms = 15'000;           // silence of ours after which an empty awareness is sent
  double requests_per_second = 5;               // step 1, query awareness, unknown messages; past the burst 1013
  double request_burst = 50;

  // Those without a CRDT: thin clients and event streams
  std::size_t thin_splices = 1'000;        // of one edit
  std::size_t stream_docs = 50;            // documents of one event stream
  std::size_t watched_roots = 256;         // of a document; past it 1013
  std::size_t history_bytes = 256 * 1024;  // changes kept of a text, from which older versions are served

  // A document
  std::size_t pending_bytes = 4 * 1024 * 1024;  // parts that wait for missing ones; past it 4400
  std::uint64_t update_steps = 30'000'000;      // that one update's conflicts may cost (Doc::limit_work); past it 4400
  std::size_t document_bytes = 256 * 1024 * 1024;  // of its state; past it 4400
  std::size_t presence_clients = 4'096;            // present at once; further ones are not taken
  std::int64_t presence_interval_ms = 40;  // the first change goes at once, those within so long after it together
  std::int64_t linger_ms = 300'000;        // stays in memory so long after its last member
  std::size_t idle_memory_bytes = 256 * 1024 * 1024;  // of such documents, on a thread; past it the oldest ones leave
  std::int64_t failed_load_ms = 10'000;      // a document that failed to load is refused so long, then tried again
  std::size_t snapshot_updates = 1'024;      // a snapshot in the background after so many updates
  std::size_t snapshot_bytes = 1024 * 1024;  // or so many bytes of them
  std::int64_t snapshot_pause_ms = 10'000;   // but not sooner after the last one
  std::size_t farewell_updates = 64;         // the same when the document leaves memory or the server ends
  std::size_t farewell_bytes = 64 * 1024;

  // The past
  std::size_t history_requests = 32;      // asked and not answered; past it 503
  std::size_t history_ledgers = 256;      // documents of which who wrote what is kept in memory
  std::size_t history_edits = 1'000'000;  // in all these, about 100 bytes each
  double keep_history_days = 0;        // of the log of a document, fractions too; what is older is pruned; 0: nothing
  std::size_t keep_history_bytes = 0;  // of it, as it is stored; what is before them is pruned; 0: nothing
  double keep_deleted_days = 30;       // a deleted document can be brought back for so long
  std::int64_t prune_interval_ms = 3'600'000;  // from one look for old history to the next
  std::int64_t upkeep_interval_ms = 60'000;    // from one look for log to pack and documents to purge to the next

  // The end
  std::int64_t drain_ms = 3'000;  // SIGTERM: from it to the last commit; what is not durable then is not acknowledged
};

}  // namespace stet::net
