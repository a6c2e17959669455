#include "swarm.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "../core/input.hpp"
#include "websocket.hpp"

namespace stet::bench {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

[[noreturn]] void die_of(const char* call) { die(std::string(call) + ": " + std::strerror(errno)); }

}  // namespace

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void Swarm::Receiver::closed(Client& client) {
  die("the server has closed connection " + std::to_string(client.index));
}

Swarm::Swarm(const Target& target, Receiver& receiver)
    : target_(target), receiver_(receiver), epoll_(epoll_create1(0)), block_(block_bytes) {
  if (epoll_ < 0) die_of("epoll_create1");
}

Swarm::~Swarm() {
  disconnect_all();
  ::close(epoll_);
}

void Swarm::disconnect_all() {
  for (const auto& client : clients_) {
    if (client->socket < 0) continue;
    const linger at_once{1, 0};
    setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(client->socket);
  }
  clients_.clear();
  synced_ = 0;
}

void Swarm::watch(Client& client, int operation) const {
  epoll_event event{};
  event.events = EPOLLIN | (unsent(client) > 0 ? EPOLLOUT : 0U);
  event.data.ptr = &client;
  if (epoll_ctl(epoll_, operation, client.socket, &event) != 0) die_of("epoll_ctl");
}

// On this machine connect() returns at once.
Client& Swarm::connect(const std::string& doc) {
  Client& client = *clients_.emplace_back(std::make_unique<Client>(clients_.size(), Protocol(target_.dialect, doc)));
  client.connected_ns = heard_ns_ = now_ns();
  client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client.socket < 0) die_of("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target_.port);
  if (inet_pton(AF_INET, target_.host.c_str(), &address.sin_addr) != 1) die(target_.host + " is not an IPv4 address");
  if (::connect(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die_of("connect");
  const int on = 1;
  setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(client, EPOLL_CTL_ADD);
  const std::string request =
      upgrade_request(target_.host + ':' + std::to_string(target_.port), target_.path + client.protocol.path());
  send(client, as_bytes(request));
  return client;
}

void Swarm::connect_all(const std::string& prefix, std::size_t docs, std::size_t each, std::size_t at_once) {
  for (std::size_t i = 0; i < docs * each; ++i) {
    while (clients_.size() - synced_ >= at_once) {
      turn(now_ns() + 100'000'000);
      check_patience(60);
    }
    connect(prefix + '-' + std::to_string(i / each));
  }
  run_until([this] { return synced_ == clients_.size(); });
}

void Swarm::send(Client& client, ByteView frame) {
  if (unsent(client) == 0) {
    const ssize_t sent = ::send(client.socket, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return close(client);
    frame = frame.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    if (frame.empty()) return;
    client.output.assign(frame.begin(), frame.end());
    client.output_from = 0;
    return watch(client, EPOLL_CTL_MOD);
  }
  client.output.insert(client.output.end(), frame.begin(), frame.end());
}

void Swarm::flush(Client& client) {
  const ByteView rest = ByteView(client.output).subspan(client.output_from);
  const ssize_t sent = ::send(client.socket, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return close(client);
  if (sent > 0) client.output_from += static_cast<std::size_t>(sent);
  if (unsent(client) == 0) watch(client, EPOLL_CTL_MOD);
}

void Swarm::close(Client& client) {
  if (client.socket < 0) return;
  ::close(client.socket);
  client.socket = -1;
  receiver_.closed(client);
}

void Swarm::turn(std::int64_t until_ns) {
  std::array<epoll_event, 512> events;
  const std::int64_t wait_ns = std::max<std::int64_t>(0, until_ns - now_ns());
  const timespec timeout{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  if (count < 0 && errno != EINTR) die_of("epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (client.socket >= 0 && (events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0) flush(client);
    if (client.socket >= 0 && (events[static_cast<std::size_t>(i)].events & ~EPOLLOUT) != 0) read(client);
  }
}

void Swarm::read(Client& client) {
  const ssize_t count = ::recv(client.socket, block_.data(), block_.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return close(client);
  heard_ns_ = now_ns();
  const ByteView fresh = ByteView(block_).first(static_cast<std::size_t>(count));
  if (client.input.empty()) {
    const ByteView rest = fresh.subspan(handle(client, fresh, heard_ns_));
    client.input.assign(rest.begin(), rest.end());
  } else {
    client.input.insert(client.input.end(), fresh.begin(), fresh.end());
    const std::size_t used = handle(client, client.input, heard_ns_);
    client.input.erase(client.input.begin(), client.input.begin() + static_cast<std::ptrdiff_t>(used));
  }
  if (client.input.empty() && client.input.capacity() > 0) Bytes().swap(client.input);
}

// Handles the whole frames that `input` begins with. How many bytes they are.
std::size_t Swarm::handle(Client& client, ByteView input, std::int64_t when_ns) {
  std::size_t used = 0;
  if (!client.is_open) {
    const std::string_view text = as_text(input);
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    if (!is_accepted(text)) die("no WebSocket: " + std::string(text.substr(0, text.find('\r'))));
    client.is_open = true;
    used = end + 4;
    send(client, client.protocol.hello());
  }
  while (client.socket >= 0) {
    const auto frame = first_frame(input.subspan(used));
    if (!frame) break;
    used += frame->size;
    if (frame->opcode == Opcode::close) {
      close(client);
    } else if (frame->opcode == Opcode::ping) {
      Bytes pong;
      put_frame(pong, Opcode::pong, frame->payload, true);
      send(client, pong);
    } else if (frame->opcode == Opcode::binary) {
      const ServerMessage message = client.protocol.decode(frame->payload);
      if (message.kind == ServerMessage::Kind::step1) send(client, client.protocol.answer());
      const bool is_content = message.kind == ServerMessage::Kind::step2 ||
                              (target_.bytes > 0 && message.kind == ServerMessage::Kind::update);
      if (is_content && !client.is_synced && message.payload.size() >= target_.bytes) {
        client.is_synced = true;
        client.synced_ns = when_ns;
        ++synced_;
      }
      receiver_.received(client, message, when_ns);
    }
  }
  return used;
}

void Swarm::check_patience(std::int64_t patience_s) const {
  if (now_ns() - heard_ns_ > patience_s * 1'000'000'000) {
    die("nothing received for " + std::to_string(patience_s) + " s; " + std::to_string(synced_) + " of " +
        std::to_string(clients_.size()) + " connections are in sync");
  }
}

}  // namespace stet::bench
