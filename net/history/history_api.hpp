// The HTTP API of the past: any moment of a document, who wrote what, named versions, and taking back. docs/HISTORY.md
// tells the requests and the answers.
#pragma once

#include <memory>
#include <vector>

#include "net/http/http.hpp"
#include "net/limits.hpp"
#include "net/rooms/room_host.hpp"
#include "storage/store.hpp"

namespace stet::net {

// Works on a thread of its own, because replaying a history takes longer than a socket, a room or the store may wait.
class HistoryApi {
 public:
  // All borrowed.
  HistoryApi(storage::Store& store, const Limits& limits, FindHost find_host);
  ~HistoryApi();
  HistoryApi(const HistoryApi&) = delete;
  HistoryApi& operator=(const HistoryApi&) = delete;

  // Live as long as this.
  std::vector<HttpRoute> routes();

  // Answers what it can, and no more from then on. The store is to be closed before.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stet::net
