// stet-relay PORT [ANSWER]: the floor. Hands what a socket sends to the others of its room, bytes as they are, and
// knows of WebSockets only the handshake and where frames end. Its clients do not mask, and ask once, with their first
// frame, for the document: the answer is the update in the file ANSWER, made ready before. Who is alone hears itself.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "../core/input.hpp"
#include "dialect.hpp"
#include "websocket.hpp"

namespace {

using namespace stet;
using namespace stet::bench;

struct Member;
using Room = std::vector<Member*>;

struct Member {
  int socket;
  Room* room = nullptr;
  bool has_asked = false;
  Bytes input;   // the beginning of a request or of a frame
  Bytes output;  // not taken by the socket yet
};

class Relay {
 public:
  Relay(std::uint16_t port, Bytes answer) : answer_(std::move(answer)), block_(256 * 1024) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 4096) != 0) {
      die("cannot listen: " + std::string(std::strerror(errno)));
    }
    watch(listener_, nullptr, EPOLL_CTL_ADD, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        auto* member = static_cast<Member*>(event.data.ptr);
        if (member == nullptr) {
          accept_one();
        } else if ((event.events & EPOLLOUT) != 0 && !flush(*member)) {
          drop(member);
        } else if ((event.events & ~EPOLLOUT) != 0 && !read(*member)) {
          drop(member);
        }
      }
      for (const Member* member : gone_) delete member;
      gone_.clear();
    }
  }

 private:
  void watch(int socket, Member* member, int operation, unsigned events) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = member;
    epoll_ctl(epoll_, operation, socket, &event);
  }

  void accept_one() {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (socket < 0) return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(socket, new Member{socket, nullptr, false, {}, {}}, EPOLL_CTL_ADD, EPOLLIN);
  }

  bool read(Member& member) {
    const ssize_t count = ::recv(member.socket, block_.data(), block_.size(), 0);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    ByteView input = ByteView(block_).first(static_cast<std::size_t>(count));
    if (!member.input.empty()) {
      member.input.insert(member.input.end(), input.begin(), input.end());
      input = member.input;
    }
    const std::size_t used = handle(member, input);
    Bytes rest(input.begin() + static_cast<std::ptrdiff_t>(used), input.end());
    member.input.swap(rest);
    return true;
  }

  // The whole frames that `input` begins with. How many bytes they are.
  std::size_t handle(Member& member, ByteView input) {
    std::size_t used = 0;
    if (member.room == nullptr) {
      const std::string_view text = as_text(input);
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string_view::npos) return 0;
      used = end + 4;
      const std::size_t path = text.find(' ') + 1;
      member.room = &rooms_[std::string(text.substr(path, text.find(' ', path) - path))];
      member.room->push_back(&member);
      // The key is always the same one: see upgrade_request().
      write(member, as_bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
    }
    if (!member.has_asked) {
      const auto frame = first_frame(input.subspan(used));
      if (!frame) return used;
      member.has_asked = true;
      used += frame->size;
      write(member, answer_);
    }
    std::size_t end = used;
    while (const auto frame = first_frame(input.subspan(end))) end += frame->size;
    const ByteView frames = input.subspan(used, end - used);
    if (frames.empty()) return end;
    for (Member* other : *member.room) {
      if (other != &member || member.room->size() == 1) write(*other, frames);
    }
    return end;
  }

  void write(Member& member, ByteView bytes) {
    if (member.output.empty()) {
      const ssize_t sent = ::send(member.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return;  // the read that follows tells
      bytes = bytes.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
      if (bytes.empty()) return;
      watch(member.socket, &member, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    member.output.insert(member.output.end(), bytes.begin(), bytes.end());
  }

  bool flush(Member& member) {
    const ssize_t sent = ::send(member.socket, member.output.data(), member.output.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    member.output.erase(member.output.begin(), member.output.begin() + sent);
    if (member.output.empty()) watch(member.socket, &member, EPOLL_CTL_MOD, EPOLLIN);
    return true;
  }

  void drop(Member* member) {
    close(member->socket);
    if (member->room != nullptr) std::erase(*member->room, member);
    gone_.push_back(member);
  }

  Bytes answer_;
  Bytes block_;
  int epoll_ = epoll_create1(0);
  int listener_ = -1;
  std::unordered_map<std::string, Room> rooms_;
  std::vector<Member*> gone_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) die("stet-relay PORT [ANSWER]");
  const Bytes update = argc > 2 ? read_file(argv[2]) : Bytes{0, 0};
  Bytes message = {0, 1};
  for (std::size_t rest = update.size(); rest > 0 || message.size() == 2; rest >>= 7) {
    message.push_back(static_cast<std::uint8_t>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
  }
  message.insert(message.end(), update.begin(), update.end());
  Bytes answer;
  put_frame(answer, Opcode::binary, message, false);
  Relay relay(static_cast<std::uint16_t>(std::stoi(argv[1])), std::move(answer));
  std::puts("listening");
  std::fflush(stdout);
  relay.run();
}
