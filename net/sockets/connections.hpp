// How many connections are open, in all and by address; and who is in which document.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "net/limits.hpp"

namespace stet::net {

// Counts open connections against their limits.
class Connections {
 public:
  explicit Connections(const Limits& limits) : limits_(limits) {}

  // One open connection, for as long as this lives.
  class Lease {
   public:
    Lease(Connections& counts, std::string address, bool exempt)
        : counts_(counts), address_(std::move(address)), exempt_(exempt) {}
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // From now on it is a WebSocket; see wait_for_websockets().
    void upgraded();

   private:
    Connections& counts_;
    std::string address_;
    bool exempt_;  // from the limit by address
    bool is_websocket_ = false;
  };

  // nullptr if a limit is reached.
  std::unique_ptr<Lease> open(const std::string& address, bool is_loopback);

  std::size_t open_count();
  std::size_t websocket_count();

  // Waits until no WebSocket is open. Whether that came true in time.
  bool wait_for_websockets(std::chrono::steady_clock::time_point deadline);

 private:
  const Limits& limits_;
  std::mutex mutex_;
  std::condition_variable closed_;
  std::size_t open_ = 0;
  std::size_t websockets_ = 0;
  std::unordered_map<std::string, std::size_t> by_address_;
};

// How many members each document has, over all threads.
class Census {
 public:
  void joined(const std::string& doc);
  void left(const std::string& doc);
  std::size_t members(const std::string& doc);
  // In all; and in how many documents.
  std::size_t members();
  std::size_t rooms();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> members_;
};

// What the server tells of itself.
struct ServerState {
  Connections& connections;
  Census& census;
  std::atomic<std::uint64_t> edits = 0;    // committed, since it started
  std::atomic<std::uint64_t> commits = 0;  // of a document's edits
};

}  // namespace stet::net
