// A client over a real socket that sends whatever it is told to, broken or not. Blocking; fails a test that waits long.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace stet::net::test {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // What a peer that has closed does not take is lost.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Nothing more comes from here. The server ends a connection that it closes only then, or after a while.
  void end() { ::shutdown(socket_, SHUT_WR); }

  // Up to and including `end`, or to the end of the connection.
  std::string read_until(std::string_view end) {
    while (input_.find(end) == std::string::npos && read_some()) {
    }
    const std::size_t at = input_.find(end);
    return take(at == std::string::npos ? input_.size() : at + end.size());
  }

  std::string read(std::size_t bytes) {
    while (input_.size() < bytes && read_some()) {
    }
    return take(std::min(bytes, input_.size()));
  }

  std::string read_all() {
    while (read_some()) {
    }
    return take(input_.size());
  }

  // An answer to a request: head and body.
  std::string exchange(std::string_view request) {
    send(request);
    std::string answer = read_until("\r\n\r\n");
    const std::string_view length = "Content-Length: ";
    const std::size_t at = answer.find(length);
    if (at != std::string::npos) answer += read(std::stoul(answer.substr(at + length.size())));
    return answer;
  }

  struct Message {
    int opcode = -1;  // -1: the connection has ended
    std::string payload;
    int close_code() const {
      if (opcode != 8 || payload.size() < 2) return 0;
      return (static_cast<std::uint8_t>(payload[0]) << 8) | static_cast<std::uint8_t>(payload[1]);
    }
  };

  Message read_message() {
    const std::string head = read(2);
    if (head.size() < 2) return {};
    std::size_t length = static_cast<std::uint8_t>(head[1]);
    const std::string extended = read(length == 126 ? 2 : length == 127 ? 8 : 0);
    if (!extended.empty()) length = 0;
    for (const char byte : extended) length = (length << 8) | static_cast<std::uint8_t>(byte);
    return {head[0] & 0x0f, read(length)};
  }

  // The code with which the server closes, whatever comes before; 0 if it closes without one.
  int close_code() {
    while (true) {
      const Message message = read_message();
      if (message.opcode == 8 || message.opcode == -1) return message.close_code();
    }
  }

 private:
  bool read_some() {
    char chunk[65536];
    const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
    if (got < 0) REQUIRE((errno != EAGAIN && errno != EWOULDBLOCK));  // waited in vain
    if (got <= 0) return false;
    input_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t bytes) {
    std::string out = input_.substr(0, bytes);
    input_.erase(0, bytes);
    return out;
  }

  int socket_;
  std::string input_;
};

// A frame as a client sends it. `first`: the first byte (FIN, RSV, opcode).
inline std::string ws_frame(std::string_view payload, int first = 0x82, bool masked = true) {
  std::string out(1, static_cast<char>(first));
  const int mask_bit = masked ? 0x80 : 0;
  const std::size_t bytes = payload.size();
  if (bytes < 126) {
    out += static_cast<char>(mask_bit | static_cast<int>(bytes));
  } else if (bytes < 65536) {
    out += static_cast<char>(mask_bit | 126);
    out += static_cast<char>(bytes >> 8);
    out += static_cast<char>(bytes);
  } else {
    out += static_cast<char>(mask_bit | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bytes >> shift);
  }
  if (masked) out += std::string(4, '\0');  // a mask that changes nothing
  return out.append(payload);
}

inline std::string ws_request(std::string_view path, std::string_view fields = "") {
  std::string out = "GET ";
  out.append(path).append(" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  out.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").append(fields);
  return out.append("\r\n");
}

}  // namespace stet::net::test
