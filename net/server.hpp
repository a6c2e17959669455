// The server: threads, sockets, and everything of net put together.
//
// Thread per core: each worker is one thread with one event loop and the rooms of a share of the documents (by hash of
// the name). A connection is accepted onto the workers in turn and speaks HTTP there; once it is a WebSocket it moves
// to the worker of its document.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/limits.hpp"
#include "storage/store.hpp"

namespace stet::net {

struct ListenAddress {
  std::string ip;  // numeric
  std::uint16_t port = 0;

  bool is_loopback() const;
  // As in a URL: `127.0.0.1`, `[::1]`.
  std::string url_host() const;
};

// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`; nothing if it is none of these.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

struct ServerOptions {
  ListenAddress listen;
  std::vector<std::string> allowed_origins;  // as parse_origin() gives them
  unsigned threads = 1;
  Limits limits;
};

// Thread rule: start() and stop() on one thread.
class Server {
 public:
  // The store is borrowed; stop() closes it.
  Server(storage::Store& store, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and serves. Empty, or the one line that says why it cannot.
  std::string start();

  // `http://127.0.0.1:8080`, with the real port. After start().
  std::string url() const;

  // Takes no new connections, waits for pending commits and their acknowledgements (limits.drain_ms at most), closes
  // the sockets and the store. Whether everything that had come was made durable.
  bool stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stet::net
