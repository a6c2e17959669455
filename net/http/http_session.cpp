#include "net/http/http_session.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

namespace stet::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(asio::ip::tcp::socket socket, const HttpSite& site, std::unique_ptr<Connections::Lease> lease)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), site_(site), lease_(std::move(lease)) {}

  asio::awaitable<void> run() {
    const auto self = shared_from_this();
    if (lease_) {
      while (co_await serve_one()) {
      }
    } else {
      HttpResponse response = error_response({503, "too many connections"}, "");
      response.fields.emplace_back("Retry-After", "5");
      co_await send(response, false, false);
    }
    if (socket_.is_open()) co_await part();
    timer_.cancel();
  }

 private:
  // Reads a request and answers it. Whether another may follow on this connection.
  asio::awaitable<bool> serve_one() {
    const std::size_t head_bytes = co_await read_head();
    if (head_bytes == 0) co_return false;
    auto parsed = parse_http_head(std::string_view(input_).substr(0, head_bytes), site_.limits);
    input_.erase(0, head_bytes);
    if (const auto* error = std::get_if<HttpError>(&parsed)) co_return co_await refuse(*error);
    HttpRequest request{std::move(std::get<HttpHead>(parsed)), {}};
    const HttpHead& head = request.head;

    const std::string_view host = head.field("host").value_or("");
    if (!site_.origins.host_allowed(host)) {
      co_return co_await refuse({403, "this server does not answer to that Host"}, head.path);
    }
    if (is_websocket_path(head.path) && head.content_length == 0) co_return co_await upgrade(head);
    const bool changes_nothing = head.method == "GET" || head.method == "HEAD";
    if ((head.path.starts_with("/api") || !changes_nothing) &&
        !site_.origins.origin_allowed(head.field("origin"), host)) {
      co_return co_await refuse({403, "pages of this origin may not ask"}, head.path);
    }
    if (auto streamed = check_stream(head, site_.limits)) co_return co_await stream(std::move(*streamed));
    if (head.content_length > most_body_bytes(site_.routes, head, site_.limits)) {
      co_return co_await refuse({413, "the body is too long"}, head.path);
    }
    if (!co_await read_body(request)) co_return false;
    const HttpResponse response = co_await answer(request);
    co_return co_await send(response, head.keep_alive, head.method == "HEAD");
  }

  // The size of the head at the front of input_; 0 if the connection is done with.
  asio::awaitable<std::size_t> read_head() {
    std::size_t scanned = 0;
    arm(input_.empty() && served_ ? site_.limits.keep_alive_ms : site_.limits.request_timeout_ms);
    while (true) {
      for (; scanned < input_.size() && scanned < site_.limits.head_bytes; ++scanned) {
        if (input_[scanned] != '\n') continue;
        const std::string_view until = std::string_view(input_).substr(0, scanned + 1);
        if (!until.ends_with("\r\n")) {
          co_await refuse({400, "a bare LF in the head"});
          co_return 0;
        }
        if (until.ends_with("\r\n\r\n")) co_return scanned + 1;
      }
      if (input_.size() >= site_.limits.head_bytes) {
        co_await refuse(input_.find('\n') == std::string::npos ? HttpError{414, "the path is too long"}
                                                               : HttpError{431, "the head is too long"});
        co_return 0;
      }
      const bool is_first_byte = input_.empty();
      if (!co_await read_some()) co_return 0;
      if (is_first_byte) arm(site_.limits.request_timeout_ms);
    }
  }

  asio::awaitable<bool> read_body(HttpRequest& request) {
    if (request.head.field_has_token("expect", "100-continue")) {
      const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, bytes] = co_await asio::async_write(socket_, asio::buffer(go_on), as_result);
      if (error) co_return false;
    }
    while (input_.size() < request.head.content_length) {
      if (!co_await read_some()) co_return false;
    }
    request.body = input_.substr(0, request.head.content_length);
    input_.erase(0, request.head.content_length);
    co_return true;
  }

  // More input. False if the connection is closed or, with 408, too slow.
  asio::awaitable<bool> read_some() {
    std::array<char, 4096> chunk;
    const auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(chunk), as_result);
    if (!error) {
      input_.append(chunk.data(), bytes);
      co_return true;
    }
    if (timed_out_ && !input_.empty()) co_await refuse({408, "the request came too slowly"});
    co_return false;
  }

  asio::awaitable<HttpResponse> answer(const HttpRequest& request) {
    const auto start = [this, &request](auto handler) {
      const auto done = std::make_shared<decltype(handler)>(std::move(handler));
      dispatch(site_.routes, request, [executor = socket_.get_executor(), done](HttpResponse response) {
        asio::post(executor, [done, response = std::move(response)]() mutable { (*done)(std::move(response)); });
      });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(HttpResponse)>(start,
                                                                                               asio::use_awaitable);
  }

  asio::awaitable<bool> upgrade(const HttpHead& head) {
    auto checked = check_upgrade(head, site_.origins, site_.limits);
    if (const auto* refusal = std::get_if<HttpResponse>(&checked)) co_return co_await send(*refusal, false, false);
    if (const auto socket = let_go()) {
      site_.upgrade(std::move(std::get<Upgrade>(checked)), *socket, std::move(input_), std::move(lease_));
    }
    co_return false;
  }

  asio::awaitable<bool> stream(std::variant<StreamRequest, HttpResponse> checked) {
    if (const auto* refusal = std::get_if<HttpResponse>(&checked)) co_return co_await send(*refusal, false, false);
    if (const auto socket = let_go())
      site_.stream(std::move(std::get<StreamRequest>(checked)), *socket, std::move(lease_));
    co_return false;
  }

  std::optional<LooseSocket> let_go() {
    error_code error;
    const bool is_v6 = socket_.local_endpoint(error).protocol() == asio::ip::tcp::v6();
    const int handle = error ? -1 : socket_.release(error);
    return error ? std::nullopt : std::optional(LooseSocket{handle, is_v6});
  }

  asio::awaitable<bool> refuse(HttpError error, std::string path = {}) {
    co_return co_await send(error_response(error, path), false, false);
  }

  // Whether it was sent and the connection stays open.
  asio::awaitable<bool> send(const HttpResponse& response, bool keep_alive, bool head_only) {
    const std::string head = encode_http_head(response, keep_alive);
    const std::string_view body = head_only || response.status == 304 ? std::string_view{} : response.bytes();
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
    arm(site_.limits.keep_alive_ms);
    const auto [error, bytes] = co_await asio::async_write(socket_, parts, as_result);
    served_ = true;
    co_return !error && keep_alive;
  }

  // Closes so that the peer reads our last answer: a socket closed with unread input resets the connection.
  asio::awaitable<void> part() {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    constexpr std::int64_t patience_ms = 1'000;
    arm(patience_ms);
    std::array<char, 4096> chunk;
    for (int reads = 0; reads < 64 && !timed_out_; ++reads) {
      const auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(chunk), as_result);
      if (error) break;
    }
    socket_.close(ignored);
  }

  void arm(std::int64_t timeout_ms) {
    timed_out_ = false;
    timer_.expires_after(milliseconds(timeout_ms));
    timer_.async_wait([self = shared_from_this()](error_code error) {
      // A timer that was armed anew may still report its old end.
      if (error || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
      self->timed_out_ = true;
      error_code ignored;
      if (self->socket_.is_open()) self->socket_.cancel(ignored);
    });
  }

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  const HttpSite& site_;
  std::unique_ptr<Connections::Lease> lease_;
  std::string input_;  // read and not yet used
  bool served_ = false;
  bool timed_out_ = false;
};

}  // namespace

void serve_http(asio::ip::tcp::socket socket, const HttpSite& site, std::unique_ptr<Connections::Lease> lease) {
  const auto executor = socket.get_executor();
  const auto session = std::make_shared<HttpSession>(std::move(socket), site, std::move(lease));
  asio::co_spawn(executor, session->run(), asio::detached);
}

}  // namespace stet::net
