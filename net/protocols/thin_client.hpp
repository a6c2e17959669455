// A client of stet.v1 (docs/PROTOCOL.md) for programs in C++: one document over one blocking connection.
// Thread rule: one thread.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "net/protocols/thin_protocol.hpp"

namespace stet::net {

// Why something failed, in one sentence; whether trying again may help.
struct ClientError {
  std::string what;
  bool is_permanent = false;
};

class ThinClient {
 public:
  // `server`: `http://HOST[:PORT]`. `user`: what the log names as the author. Opens the document; read() then begins
  // with Opened.
  static std::variant<std::unique_ptr<ThinClient>, ClientError> connect(const std::string& server,
                                                                        const std::string& user, const std::string& doc,
                                                                        const thin::Open& open);
  virtual ~ThinClient() = default;

  // Waits for the next event.
  virtual std::variant<RoomEvent, ClientError> read() = 0;
  // A connection that is gone shows in read().
  virtual void send(const thin::RequestKind& request) = 0;
};

}  // namespace stet::net
