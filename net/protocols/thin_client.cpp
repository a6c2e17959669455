#include "net/protocols/thin_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace stet::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

// The server pings three times in this time.
constexpr timeval silence{60, 0};

struct ServerAddress {
  std::string host;
  std::string port = "80";
};

std::variant<ServerAddress, ClientError> parse_server(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return ClientError{"the server is not given as http://HOST[:PORT]", true};
  text.remove_prefix(scheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  ServerAddress address;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    address.port = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  address.host = text;
  if (address.host.empty()) return ClientError{"the server is not given as http://HOST[:PORT]", true};
  return address;
}

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

class BeastClient final : public ThinClient {
 public:
  explicit BeastClient(std::string doc) : doc_(std::move(doc)) {}

  std::optional<ClientError> connect(const ServerAddress& server, const std::string& user, const thin::Open& open) {
    error_code error;
    asio::ip::tcp::resolver resolver(io_);
    const auto found = resolver.resolve(server.host, server.port, error);
    if (error) return failure("cannot find " + server.host, error);
    asio::connect(stream_.next_layer(), found, error);
    if (error) return failure("cannot reach " + server.host + ':' + server.port, error);
    const int socket = stream_.next_layer().native_handle();
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, thin::subprotocol);
    }));
    stream_.read_message_max(0);
    const std::string host = server.host.find(':') == std::string::npos ? server.host : '[' + server.host + ']';
    websocket::response_type response;
    stream_.handshake(response, host + ':' + server.port, user.empty() ? "/thin" : "/thin?user=" + percent_encode(user),
                      error);
    if (error == websocket::error::upgrade_declined) {
      return ClientError{"the server answers with status " + std::to_string(response.result_int()), true};
    }
    if (error) return failure("no WebSocket", error);
    stream_.binary(true);
    send(open);
    return std::nullopt;
  }

  std::variant<RoomEvent, ClientError> read() override {
    while (true) {
      error_code error;
      buffer_.clear();
      stream_.read(buffer_, error);
      if (error) return closed(error);
      const auto bytes = buffer_.cdata();
      const auto decoded = thin::decode_event({static_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
      if (!decoded && decoded.error().code == ErrorCode::unsupported) continue;  // the protocol has grown
      if (!decoded) return ClientError{"the server says what is not understood: " + decoded.error().message(), true};
      if (const auto* end = std::get_if<Closed>(&decoded->second)) {
        return ClientError{end->reason, is_permanent(static_cast<unsigned>(end->code))};
      }
      return decoded->second;
    }
  }

  void send(const thin::RequestKind& request) override {
    error_code ignored;
    stream_.write(asio::buffer(thin::encode(thin::Request{doc_, request})), ignored);
  }

 private:
  static bool is_permanent(unsigned code) { return code >= 4400 && code < 4500; }
  static ClientError failure(const std::string& what, const error_code& error) {
    return {what + ": " + error.message(), false};
  }
  ClientError closed(const error_code& error) const {
    if (error != websocket::error::closed) return failure("the connection is lost", error);
    const websocket::close_reason& reason = stream_.reason();
    return {"the server closed the connection: " + std::string(reason.reason.data(), reason.reason.size()),
            is_permanent(reason.code)};
  }

  std::string doc_;
  asio::io_context io_;
  websocket::stream<asio::ip::tcp::socket, false> stream_{io_};
  beast::flat_buffer buffer_;
};

}  // namespace

std::variant<std::unique_ptr<ThinClient>, ClientError> ThinClient::connect(const std::string& server,
                                                                           const std::string& user,
                                                                           const std::string& doc,
                                                                           const thin::Open& open) {
  const auto address = parse_server(server);
  if (const auto* error = std::get_if<ClientError>(&address)) return *error;
  auto client = std::make_unique<BeastClient>(doc);
  if (auto error = client->connect(std::get<ServerAddress>(address), user, open)) return std::move(*error);
  return client;
}

}  // namespace stet::net
