// A server with a store in memory, on a free port of this machine.
#pragma once

#include <cstdint>
#include <string>

#include "catch.hpp"
#include "net/server.hpp"
#include "storage/memory_store.hpp"

namespace stet::net::test {

class Running {
 public:
  explicit Running(Limits limits = {}) : server_(store, options_of(limits)) {
    REQUIRE(server_.start() == "");
    const std::string url = server_.url();
    port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  }
  bool stop() { return server_.stop(); }

  storage::MemoryStore store;
  std::uint16_t port = 0;

 private:
  static ServerOptions options_of(const Limits& limits) {
    ServerOptions options;
    options.listen = *parse_listen_address("127.0.0.1:0");
    options.threads = 2;
    options.limits = limits;
    return options;
  }
  Server server_;
};

inline std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

}  // namespace stet::net::test
