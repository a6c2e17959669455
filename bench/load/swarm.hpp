// Many WebSocket clients in one thread, over epoll: cheap, so that the server is what is measured.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dialect.hpp"

namespace stet::bench {

// Monotonic.
std::int64_t now_ns();

struct Target {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string path = "/";  // the base; the document's name comes behind it, where the dialect has it in the URL
  Dialect dialect = Dialect::y_websocket;
  std::size_t bytes = 0;  // an answer to step 1 that is smaller is not the whole document: an update brings the rest
};

// One connection. It says hello as soon as it is open and answers the server's step 1.
struct Client {
  Client(std::size_t client_index, Protocol client_protocol)
      : index(client_index), protocol(std::move(client_protocol)) {}

  std::size_t index;
  Protocol protocol;
  int socket = -1;
  bool is_open = false;
  bool is_synced = false;         // has the answer to its step 1
  std::int64_t connected_ns = 0;  // when connect() was called
  std::int64_t synced_ns = 0;
  Bytes input;                  // the beginning of a frame
  Bytes output;                 // not taken by the socket yet
  std::size_t output_from = 0;  // so many bytes of it are
};

class Swarm {
 public:
  // What arrives, and when. Calls may send.
  class Receiver {
   public:
    virtual void received(Client& client, const ServerMessage& message, std::int64_t when_ns) = 0;
    // Closed by the server. By default the end of the run.
    virtual void closed(Client& client);

   protected:
    ~Receiver() = default;
  };

  Swarm(const Target& target, Receiver& receiver);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Begins to connect one more client to `doc`.
  Client& connect(const std::string& doc);
  // Adds so many clients to so many documents, named PREFIX-0 and so on: `each` to the first, then `each` to the next.
  // Returns when all are in sync; never more than `at_once` are on their way.
  void connect_all(const std::string& prefix, std::size_t docs, std::size_t each, std::size_t at_once = 100);

  void send(Client& client, ByteView frame);
  // What the socket has not taken of what was sent.
  static std::size_t unsent(const Client& client) { return client.output.size() - client.output_from; }

  // Waits for events until `until_ns` at most, and handles them.
  void turn(std::int64_t until_ns);
  // Turns until `done()`. Dies after `patience_s` seconds of nothing received.
  template <class Done>
  void run_until(Done done, std::int64_t patience_s = 60) {
    while (!done()) {
      turn(now_ns() + 100'000'000);
      check_patience(patience_s);
    }
  }

  std::size_t size() const { return clients_.size(); }
  Client& client(std::size_t index) { return *clients_[index]; }
  // Forgets all clients; their ports are free at once.
  void disconnect_all();

 private:
  void read(Client& client);
  void flush(Client& client);
  void close(Client& client);
  std::size_t handle(Client& client, ByteView input, std::int64_t when_ns);
  void watch(Client& client, int operation) const;
  void check_patience(std::int64_t patience_s) const;

  Target target_;
  Receiver& receiver_;
  int epoll_;
  std::vector<std::unique_ptr<Client>> clients_;
  Bytes block_;
  std::size_t synced_ = 0;
  std::int64_t heard_ns_ = 0;
};

}  // namespace stet::bench
