// stet-beast-relay PORT: what Boost.Beast alone costs. Hands what a socket sends to the others of its room, as Beast's
// own examples do: a message is read, and written to each receiver, at a time. It speaks y-websocket as far as the load
// needs: the first message of each socket is answered by an empty document.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../core/input.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using Message = std::shared_ptr<const std::string>;

const Message empty_document = std::make_shared<const std::string>("\0\1\2\0\0", 5);  // step 2

class Member;
using Room = std::vector<Member*>;

class Member : public std::enable_shared_from_this<Member> {
 public:
  Member(tcp::socket socket, std::unordered_map<std::string, Room>& rooms) : stream_(std::move(socket)), rooms_(rooms) {
    error_code ignored;
    stream_.next_layer().socket().set_option(tcp::no_delay(true), ignored);
  }
  ~Member() {
    if (room_ != nullptr) std::erase(*room_, this);
  }

  void start() {
    http::async_read(stream_.next_layer(), buffer_, request_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) self->accept();
                     });
  }

 private:
  void accept() {
    stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    stream_.binary(true);
    stream_.async_accept(request_, [self = shared_from_this()](error_code error) {
      if (!error) self->join();
    });
  }

  void join() {
    room_ = &rooms_[std::string(request_.target())];
    room_->push_back(this);
    request_ = {};
    buffer_.clear();
    read();
  }

  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->received();
    });
  }

  void received() {
    if (!std::exchange(has_asked_, true)) {
      send(empty_document);
    } else {
      const auto message = std::make_shared<const std::string>(beast::buffers_to_string(buffer_.data()));
      for (Member* other : *room_) {
        if (other != this) other->send(message);
      }
    }
    buffer_.clear();
    read();
  }

  void send(Message message) {
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) write();
  }

  void write() {
    stream_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return;
      self->queue_.pop_front();
      if (!self->queue_.empty()) self->write();
    });
  }

  websocket::stream<beast::tcp_stream> stream_;
  std::unordered_map<std::string, Room>& rooms_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  Room* room_ = nullptr;
  bool has_asked_ = false;
  std::deque<Message> queue_;  // the first is being written
};

class Relay {
 public:
  explicit Relay(std::uint16_t port) : acceptor_(io_, {asio::ip::address_v4::loopback(), port}) {}

  void run() {
    accept();
    std::puts("listening");
    std::fflush(stdout);
    io_.run();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!error) std::make_shared<Member>(std::move(socket), rooms_)->start();
      accept();
    });
  }

  std::unordered_map<std::string, Room> rooms_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) stet::bench::die("stet-beast-relay PORT");
  Relay(static_cast<std::uint16_t>(std::stoi(argv[1]))).run();
}
