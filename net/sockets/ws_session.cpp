#include "net/sockets/ws_session.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <utility>

#include "net/clock.hpp"
#include "net/sockets/rate_limit.hpp"
#include "net/sockets/transport.hpp"

namespace stet::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using std::chrono::milliseconds;

// Read buffers that a large message has grown are given back.
constexpr std::size_t kept_buffer_bytes = 64 * 1024;

bool is_broken_deflate(error_code error) {
  return error.category() == beast::zlib::make_error_code(beast::zlib::error::general).category();
}

class WsSession final : public WebSocket, public WriteTurn::Writer, public std::enable_shared_from_this<WsSession> {
 public:
  WsSession(Transport::next_layer_type socket, std::string read_ahead, std::unique_ptr<WsSpeaker> speaker,
            const Limits& limits, std::unique_ptr<Connections::Lease> lease)
      : lease_(std::move(lease)),
        stream_(Transport(std::move(socket), std::move(read_ahead))),
        write_turn_(asio::use_service<WriteTurn>(stream_.get_executor().context())),
        limits_(limits),
        messages_(limits.messages_per_second, limits.message_burst),
        speaker_(std::move(speaker)),
        timer_(stream_.get_executor()),
        pings_(limits.pings_per_second, limits.ping_burst) {
    transport().on_output([this] { flush_this_turn(); });
  }

  void accept(const Upgrade& upgrade) {
    stream_.binary(true);
    stream_.auto_fragment(false);
    stream_.read_message_max(limits_.message_bytes);
    websocket::stream_base::timeout timeouts{};
    timeouts.handshake_timeout = milliseconds(limits_.handshake_timeout_ms);
    timeouts.idle_timeout = websocket::stream_base::none();  // that of Beast is set anew for each message
    stream_.set_option(timeouts);
    stream_.set_option(
        websocket::stream_base::decorator([subprotocol = upgrade.subprotocol](websocket::response_type& response) {
          response.set(http::field::server, "stet");
          if (!subprotocol.empty()) response.set(http::field::sec_websocket_protocol, subprotocol);
        }));
    stream_.control_callback([this](websocket::frame_type kind, beast::string_view) {
      fruitless_reads_ = 0;
      if (kind != websocket::frame_type::close && !pings_.take(steady_ms())) flooded("too many pings");
    });
    stream_.next_layer().before_read([this] {
      is_at_socket_ = true;
      heard_ms_ = steady_ms();
      const bool is_fruitless = buffer_.size() == read_bytes_;
      read_bytes_ = buffer_.size();
      fruitless_reads_ = is_fruitless ? fruitless_reads_ + 1 : 0;
      if (fruitless_reads_ > limits_.fruitless_reads) flooded("too many empty frames");
    });

    // The request was read and checked before; this is what of it matters to the answer.
    http::request<http::empty_body> request(http::verb::get, "/", 11);
    request.set(http::field::host, "stet");
    request.set(http::field::upgrade, "websocket");
    request.set(http::field::connection, "upgrade");
    request.set(http::field::sec_websocket_key, upgrade.key);
    request.set(http::field::sec_websocket_version, "13");
    if (upgrade.takes_deflate) {
      may_deflate_ = true;
      websocket::permessage_deflate options;  // Beast only reads with it; see binary_frame()
      options.server_enable = true;
      options.server_no_context_takeover = options.client_no_context_takeover = true;
      stream_.set_option(options);
      request.set(http::field::sec_websocket_extensions, "permessage-deflate");
    }
    stream_.async_accept(request, [self = shared_from_this()](error_code error) {
      if (!error) self->opened();
    });
  }

  void send(Frame frame, MemberId member) override {
    queue(std::move(frame), member);
    flush_this_turn();
  }

  void send_soon(Frame frame, MemberId member) override {
    queue(std::move(frame), member);
    if (!is_flush_due_) flush_soon();
  }

  void close(CloseCode code, const char* reason) override {
    if (closing_) return;
    closing_ = std::make_unique<websocket::close_reason>(static_cast<websocket::close_code>(code), reason);
    cut_later();
    flush_this_turn();
  }

  void resume() override {
    if (is_paused_ && !closing_) read();
  }

  void flush(bool is_soon) override {
    if (is_soon) {
      is_flush_soon_ = false;
      if (is_flush_due_) return;
      // What this was for went with other frames. What is there now came after it.
      if (std::exchange(was_flushed_, false) && !transport().outbox().empty()) return flush_soon();
    }
    is_flush_due_ = false;
    was_flushed_ = is_flush_soon_;
    const auto written = [this](MemberId member, std::size_t bytes) { speaker_->written(member, bytes); };
    switch (transport().outbox().write(transport().next_layer().native_handle(), write_turn_.scratch(), written)) {
      case Outbox::Outcome::all_written:
        if (closing_) say_goodbye();
        return;
      case Outbox::Outcome::socket_full:
        is_flush_due_ = true;
        transport().next_layer().async_wait(asio::socket_base::wait_write,
                                            [self = shared_from_this()](error_code error) {
                                              if (error) return self->cut();
                                              self->flush(false);
                                            });
        return;
      case Outbox::Outcome::broken:
        cut();
    }
  }

 private:
  void queue(Frame frame, MemberId member) {
    const bool may_deflate = may_deflate_ && frame->size() >= limits_.deflate_from_bytes;
    transport().outbox().push(binary_frame(std::move(frame), member, may_deflate));
  }

  Transport& transport() { return stream_.next_layer(); }

  void opened() {
    speaker_->opened(*this);
    if (closing_) return;
    heard_ms_ = steady_ms();
    read();
    look_for_life(heard_ms_ + limits_.silence_timeout_ms / 2);
  }

  // Pings a client that has been silent for half of the time that it may be.
  void look_for_life(std::int64_t at_ms) {
    after(at_ms - steady_ms(), [this] {
      if (is_ending_) return;
      const std::int64_t deadline_ms = heard_ms_ + limits_.silence_timeout_ms;
      const std::int64_t half_ms = deadline_ms - limits_.silence_timeout_ms / 2;
      const std::int64_t now_ms = steady_ms();
      if (now_ms >= deadline_ms) return cut();
      if (now_ms < half_ms) return look_for_life(half_ms);
      stream_.async_ping({}, [self = shared_from_this()](error_code) {});
      look_for_life(deadline_ms);
    });
  }

  void read() {
    is_paused_ = false;
    is_at_socket_ = false;
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
    if (!is_at_socket_) write_turn_.expect_message();
  }

  void on_read(error_code error) {
    if (error) {
      speaker_->closed();
      if (is_broken_deflate(error)) return refuse_payload();
      // Beast has answered a close or broken framing by now, and has closed the socket. If we close, it ends that.
      if (!closing_) cut();
      return;
    }
    if (closing_) return;  // the closing handshake reads the rest
    if (!stream_.got_binary()) return fail(CloseCode::unsupported_data, "text messages are not taken");
    fruitless_reads_ = 0;
    if (!messages_.take(steady_ms())) return fail(CloseCode::policy, "too many messages");
    const auto message = buffer_.cdata();
    write_turn_.note_message();
    speaker_->received({static_cast<const std::uint8_t*>(message.data()), message.size()});
    buffer_.clear();
    if (buffer_.capacity() > kept_buffer_bytes) buffer_.shrink_to_fit();
    if (closing_) return;
    // While paused it is the timer that keeps this. What was cut meanwhile is read on: that ends it.
    is_paused_ = !is_cut_ && !speaker_->takes_more();
    if (!is_paused_) read();
  }

  // Within an operation of the stream.
  void flooded(const char* reason) {
    if (std::exchange(is_flooded_, true)) return;
    asio::post(stream_.get_executor(), [self = shared_from_this(), reason] { self->fail(CloseCode::policy, reason); });
  }

  void fail(CloseCode code, const char* reason) {
    speaker_->closed();
    close(code, reason);
  }

  void flush_this_turn() {
    if (!std::exchange(is_flush_due_, true)) write_turn_.add(shared_from_this());
  }

  void flush_soon() {
    if (!std::exchange(is_flush_soon_, true)) write_turn_.add_soon(shared_from_this());
  }

  void say_goodbye() {
    if (std::exchange(has_said_goodbye_, true)) return;
    stream_.async_close(*closing_, [self = shared_from_this()](error_code) { self->cut(); });
  }

  // What Beast cannot inflate ends its stream without a close frame: this is one.
  void refuse_payload() {
    constexpr std::uint8_t close_1007[] = {0x88, 2, 1007 >> 8, 1007 & 0xff};
    transport().outbox().push({{}, 0, false, make_frame({std::begin(close_1007), std::end(close_1007)}), no_member});
    flush(false);
    cut_later();
    // Reads the rest: a socket that is closed with unread input takes back what it has written.
    async_teardown(beast::role_type::server, transport(), [self = shared_from_this()](error_code) { self->cut(); });
  }

  void cut_later() {
    is_ending_ = true;
    after(limits_.close_timeout_ms, [this] { cut(); });
  }

  // In place of what was to be done at its time before.
  template <class Task>
  void after(std::int64_t delay_ms, Task task) {
    timer_.expires_after(milliseconds(delay_ms));
    timer_.async_wait([self = shared_from_this(), task](error_code error) {
      if (!error) task();
    });
  }

  // Ends every operation under way; the read then leaves the room, where there is one.
  void cut() {
    is_cut_ = true;
    if (std::exchange(is_paused_, false)) speaker_->closed();
    timer_.cancel();
    error_code ignored;
    transport().next_layer().close(ignored);
  }

  // What each message looks at stands together: with many sockets it comes from far away.
  std::unique_ptr<Connections::Lease> lease_;
  websocket::stream<Transport, true> stream_;
  WriteTurn& write_turn_;
  const Limits& limits_;
  bool may_deflate_ = false;
  bool is_paused_ = false;
  bool is_cut_ = false;
  bool is_flush_due_ = false;   // at the end of the turn, or when the socket takes more
  bool is_flush_soon_ = false;  // when the timer of WriteTurn ends
  bool was_flushed_ = false;    // since that timer was set
  bool is_at_socket_ = false;   // the next message is not in the buffer of the stream
  std::unique_ptr<websocket::close_reason> closing_;
  beast::flat_buffer buffer_;
  std::int64_t heard_ms_ = 0;        // when the socket last had something
  std::size_t read_bytes_ = 0;       // of the message that is being read, when the socket was last read
  std::size_t fruitless_reads_ = 0;  // of the socket, since anything but an empty frame came
  RateLimit messages_;
  std::unique_ptr<WsSpeaker> speaker_;
  // The rest is needed now and then.
  bool has_said_goodbye_ = false;
  bool is_ending_ = false;  // it will be cut
  bool is_flooded_ = false;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             Transport::executor_type>
      timer_;  // looks for life; while it is being closed: cuts
  RateLimit pings_;
};

}  // namespace

void serve_websocket(asio::io_context& io, LooseSocket socket, std::string read_ahead, const Upgrade& upgrade,
                     std::unique_ptr<WsSpeaker> speaker, const Limits& limits,
                     std::unique_ptr<Connections::Lease> lease) {
  const auto protocol = socket.is_v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  Transport::next_layer_type adopted(io, protocol, socket.handle);
  error_code ignored;
  adopted.set_option(asio::ip::tcp::no_delay(true), ignored);
  lease->upgraded();
  std::make_shared<WsSession>(std::move(adopted), std::move(read_ahead), std::move(speaker), limits, std::move(lease))
      ->accept(upgrade);
}

}  // namespace stet::net
