// The stream below a WebSocket: a TCP socket that first gives what was read before, and whose writes are gathered.
// Included by ws_session.cpp only. Beast writes the answer to the upgrade, pings, pongs and closes; messages go
// straight to the outbox. Both append to the one queue, which is written once a turn.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/sockets/outbox.hpp"

namespace stet::net {

class Transport {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using next_layer_type = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor_type>;

  Transport(next_layer_type socket, std::string read_ahead)
      : socket_(std::move(socket)), read_ahead_(std::move(read_ahead)) {}

  // Called before each read of the socket. A WebSocket tells nobody of empty frames; this is where they show.
  void before_read(std::function<void()> look) { before_read_ = std::move(look); }

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  next_layer_type& next_layer() noexcept { return socket_; }
  const next_layer_type& next_layer() const noexcept { return socket_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    using boost::system::error_code;
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& into) {
          if (before_read_) before_read_();
          // Beast gives a pair of buffers of which one is empty, mostly; one alone is the cheaper call.
          if (read_ahead_.empty()) return socket_.async_read_some(first_of(into), std::move(handler));
          const std::size_t bytes = boost::asio::buffer_copy(into, boost::asio::buffer(read_ahead_));
          read_ahead_.erase(0, bytes);
          boost::asio::post(get_executor(), boost::beast::bind_front_handler(std::move(handler), error_code{}, bytes));
        },
        token, buffers);
  }

  // Takes all at once, so that nothing comes in between.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    using boost::system::error_code;
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          Bytes bytes(boost::asio::buffer_size(from));
          boost::asio::buffer_copy(boost::asio::buffer(bytes), from);
          const std::size_t size = bytes.size();
          outbox_.push({{}, 0, false, make_frame(std::move(bytes)), 0});
          on_output_();
          boost::asio::post(get_executor(), boost::beast::bind_front_handler(std::move(handler), error_code{}, size));
        },
        token, buffers);
  }

  // Called when Beast has put something into the outbox.
  void on_output(std::function<void()> call) { on_output_ = std::move(call); }

  Outbox& outbox() { return outbox_; }

 private:
  // Of some buffers the first that is not empty.
  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
      if (const boost::asio::mutable_buffer buffer(*at); buffer.size() > 0) return buffer;
    }
    return {};
  }

  next_layer_type socket_;
  std::string read_ahead_;
  Outbox outbox_;
  std::function<void()> on_output_;
  std::function<void()> before_read_;
};

// Beast finds these two by name when it ends a connection. What it wrote before was given to the socket by then: the
// end of the turn comes before its handler.
template <class Handler>
void async_teardown(boost::beast::role_type role, Transport& transport, Handler&& handler) {
  boost::beast::websocket::async_teardown(role, transport.next_layer(), std::forward<Handler>(handler));
}
inline void teardown(boost::beast::role_type role, Transport& transport, boost::system::error_code& error) {
  boost::beast::websocket::teardown(role, transport.next_layer(), error);
}

}  // namespace stet::net
