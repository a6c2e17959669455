// The server over real sockets: what only shows there. Protocol and rooms are tested without (net_room.cpp), stock
// clients in tests/interop.
#include "net/server.hpp"

#include <string>
#include <thread>
#include <utility>

#include "catch.hpp"
#include "net/protocols/yws_protocol.hpp"
#include "net_raw_client.hpp"
#include "net_running.hpp"
#include "net_typist.hpp"
#include "stet/doc.hpp"

using namespace stet;
using namespace stet::net;
using namespace stet::net::test;

namespace {

std::string text_of(const Frame& frame) { return std::string(as_text(*frame)); }

// Opens a document; the server's step 1 has been read.
void open(RawClient& client, std::string_view path = "/ws/doc") {
  client.send(ws_request(path));
  REQUIRE(status_line(client.read_until("\r\n\r\n")) == "HTTP/1.1 101 Switching Protocols");
  REQUIRE(client.read_message().payload.substr(0, 2) == std::string(2, '\0'));
}

void send_update(RawClient& client, const Bytes& update) {
  client.send(ws_frame(text_of(yws::encode({Kind::update, update}))));
}

// Waits until all that was sent before has been handled: the answer to a step 1.
std::string state_of(RawClient& client) {
  client.send(ws_frame(text_of(yws::encode({Kind::step1, Bytes{0}}))));
  while (true) {
    const RawClient::Message message = client.read_message();
    REQUIRE(message.opcode == 2);
    if (message.payload.substr(0, 2) == std::string("\0\1", 2)) return message.payload;
  }
}

const std::string get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("listen addresses") {
  CHECK(parse_listen_address("localhost:8080")->ip == "127.0.0.1");
  CHECK(parse_listen_address("[::1]:0")->url_host() == "[::1]");
  CHECK(parse_listen_address("127.0.0.9:1")->is_loopback());
  CHECK_FALSE(parse_listen_address("0.0.0.0:1")->is_loopback());
  for (const char* bad : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "a.b:1"}) {
    INFO(bad);
    CHECK_FALSE(parse_listen_address(bad).has_value());
  }
}

TEST_CASE("requests follow each other on one connection") {
  Running server;
  RawClient client(server.port);
  CHECK(client.exchange(get).ends_with(R"({"status":"ok"})"));
  client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_line(client.read_until("\r\n\r\n")) == "HTTP/1.1 200 OK");
  CHECK(client.exchange(get).starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("requests that come at once are answered in order") {
  Running server;
  RawClient client(server.port);
  const std::string create =
      "POST /api/docs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n{\"name\":\"one\"}";
  CHECK(status_line(client.exchange(create + create + get)) == "HTTP/1.1 201 Created");
  CHECK(status_line(client.exchange("")) == "HTTP/1.1 409 Conflict");
  CHECK(status_line(client.exchange("")) == "HTTP/1.1 200 OK");
}

TEST_CASE("a document is created as a plain or a rich text, and found with its kind") {
  Running server;
  RawClient client(server.port);
  const auto create = [&](const std::string& body) {
    return client.exchange("POST /api/docs HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  const auto find = [&](const std::string& name) {
    return client.exchange("GET /api/docs/" + name + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  CHECK(status_line(create(R"({"name":"a/b","kind":"rich"})")) == "HTTP/1.1 201 Created");
  CHECK(status_line(create(R"({"name":"c"})")) == "HTTP/1.1 201 Created");
  CHECK(status_line(create(R"({"name":"d","kind":"drawing"})")) == "HTTP/1.1 400 Bad Request");
  CHECK(status_line(create(R"({"name":"d","kind":1})")) == "HTTP/1.1 400 Bad Request");
  CHECK(find("a%2Fb").find(R"("kind":"rich")") != std::string::npos);
  CHECK(find("c").find(R"("kind":"text")") != std::string::npos);
  for (const char* name : {"d", "a/b", "%ff", "..", "%2"}) {
    CHECK(status_line(find(name)) == "HTTP/1.1 404 Not Found");
  }
}

TEST_CASE("a body that waits for 100 Continue, one too long, and one that is no JSON") {
  Running server;
  const std::string post = "POST /api/docs HTTP/1.1\r\nHost: localhost\r\n";
  RawClient client(server.port);
  CHECK(status_line(client.exchange(post + "Expect: 100-continue\r\nContent-Length: 14\r\n\r\n")) ==
        "HTTP/1.1 100 Continue");
  CHECK(status_line(client.exchange("{\"name\":\"two\"}")) == "HTTP/1.1 201 Created");
  CHECK(client.exchange(post + "Content-Length: 3\r\n\r\n{{{").find("{\"error\":") != std::string::npos);
  CHECK(status_line(client.exchange(post + "Content-Length: 70000\r\n\r\n")) == "HTTP/1.1 413 Content Too Large");
  CHECK(client.read_all().empty());
}

TEST_CASE("5 a bare LF is refused with 400 without waiting for more") {
  Running server;
  RawClient client(server.port);
  CHECK(status_line(client.exchange("GET / HTTP/1.1\nHost: localhost\n\n")) == "HTTP/1.1 400 Bad Request");
  CHECK(client.read_all().empty());
}

TEST_CASE("6 12 a head over 8 KiB is refused with 431") {
  Running server;
  RawClient client(server.port);
  const std::string spaces(32 * 1024, ' ');
  CHECK(status_line(client.exchange(ws_request("/ws/a", "Sec-WebSocket-Protocol: " + spaces + "\r\n"))) ==
        "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_CASE("7 a target that alone is over 8 KiB is refused with 414") {
  Running server;
  RawClient client(server.port);
  CHECK(status_line(client.exchange("GET /" + std::string(20'000, 'a'))) == "HTTP/1.1 414 URI Too Long");
}

TEST_CASE("8 a slow head is refused with 408, a silent connection is closed") {
  Limits limits;
  limits.request_timeout_ms = 100;
  Running server(limits);
  RawClient slow(server.port);
  CHECK(status_line(slow.exchange("GET / HTT")) == "HTTP/1.1 408 Request Timeout");
  RawClient silent(server.port);
  CHECK(silent.read_all().empty());
}

TEST_CASE("13 extensions are declined, known and unknown ones") {
  Running server;
  RawClient client(server.port);
  client.send(
      ws_request("/ws/doc", "Sec-WebSocket-Extensions: x-y, permessage-deflate; server_max_window_bits=99\r\n"));
  const std::string answer = client.read_until("\r\n\r\n");
  CHECK(status_line(answer) == "HTTP/1.1 101 Switching Protocols");
  CHECK(answer.find("Sec-WebSocket-Extensions") == std::string::npos);
}

TEST_CASE("14 frames that come before the 101 are handled after it") {
  Running server;
  RawClient client(server.port);
  client.send(ws_request("/ws/doc") + ws_frame(text_of(yws::encode({Kind::step1, Bytes{0}}))));
  CHECK(status_line(client.read_until("\r\n\r\n")) == "HTTP/1.1 101 Switching Protocols");
  CHECK(client.read_message().payload.substr(0, 2) == std::string("\0\0", 2));
  CHECK(client.read_message().payload.substr(0, 2) == std::string("\0\1", 2));
}

TEST_CASE("17 over the connection cap: 503 with Retry-After, and room again when one has left") {
  Limits limits;
  limits.connections = 1;
  Running server(limits);
  {
    RawClient first(server.port);
    CHECK(status_line(first.exchange(get)) == "HTTP/1.1 200 OK");
    RawClient second(server.port);
    const std::string answer = second.exchange(get);
    CHECK(status_line(answer) == "HTTP/1.1 503 Service Unavailable");
    CHECK(answer.find("\r\nRetry-After: ") != std::string::npos);
  }
  std::string status;
  while (status != "HTTP/1.1 200 OK") status = status_line(RawClient(server.port).exchange(get));
}

TEST_CASE("a subprotocol that is offered is echoed, as browsers insist") {
  Running server;
  RawClient client(server.port);
  client.send(ws_request("/ws/doc", "Sec-WebSocket-Protocol: token.abc, other\r\n"));
  CHECK(client.read_until("\r\n\r\n").find("\r\nSec-WebSocket-Protocol: token.abc\r\n") != std::string::npos);
}

TEST_CASE("46 a bad document name is closed with 4403 after the 101") {
  Running server;
  for (const char* path : {"/ws/", "/ws/a/%2E%2E/b", "/ws/%00"}) {
    RawClient client(server.port);
    client.send(ws_request(path));
    CHECK(status_line(client.read_until("\r\n\r\n")) == "HTTP/1.1 101 Switching Protocols");
    CHECK(client.close_code() == 4403);
  }
}

TEST_CASE("18 to 25, 28, 34 broken frames close with their codes, and harm nobody else") {
  const auto broken =
      GENERATE(std::pair<std::string, int>{ws_frame("x", 0x82, false), 1002},             // 18 unmasked
               std::pair<std::string, int>{ws_frame("x", 0xc2), 1002},                    // 19 RSV bit
               std::pair<std::string, int>{ws_frame("x", 0x83), 1002},                    // 20 reserved opcode
               std::pair<std::string, int>{ws_frame(std::string(126, 'x'), 0x89), 1002},  // 21 control over 125 bytes
               std::pair<std::string, int>{ws_frame("x", 0x09), 1002},                    // 21 control, fragmented
               std::pair<std::string, int>{ws_frame("x", 0x80), 1002},                    // 22 stray continuation
               std::pair<std::string, int>{"\x82\xff\xff" + std::string(11, '\0'),
                                           1009},  // 23 high bit of the length (Beast: too large)
               std::pair<std::string, int>{std::string("\x82\xfe\0\1\0\0\0\0x", 9), 1002},  // 24 length not minimal
               std::pair<std::string, int>{"\x82\xff\x40" + std::string(11, '\0'), 1009},   // 25 claims 2^62 bytes
               std::pair<std::string, int>{ws_frame("\x03\xed", 0x88), 1002},               // 28 close code 1005
               std::pair<std::string, int>{ws_frame("\x03", 0x88), 1002},                   // 28 close code of one byte
               std::pair<std::string, int>{ws_frame("hello", 0x81), 1003});                 // 34 text
  Running server;
  RawClient other(server.port);
  open(other);
  RawClient client(server.port);
  open(client);
  client.send(broken.first);
  CHECK(client.close_code() == broken.second);
  CHECK(state_of(other).substr(0, 2) == std::string("\0\1", 2));
}

TEST_CASE("26 a message of empty fragments without end closes with 1008") {
  Running server;
  RawClient client(server.port);
  open(client);
  client.send(ws_frame("", 0x02));
  std::string fragments;
  for (int i = 0; i < 10'000; ++i) fragments += ws_frame("", 0x00);
  for (int i = 0; i < 100; ++i) client.send(fragments);
  CHECK(client.close_code() == 1008);
}

TEST_CASE("26 a message in many fragments, some of them empty, is taken") {
  Running server;
  RawClient client(server.port);
  open(client);
  const std::string frame = text_of(yws::encode({Kind::step1, Bytes{0}}));
  client.send(ws_frame("", 0x02));
  for (const char byte : frame) client.send(ws_frame("", 0x00) + ws_frame(std::string(1, byte), 0x00));
  client.send(ws_frame("", 0x80));
  CHECK(client.read_message().payload == text_of(yws::encode({Kind::step2, Bytes{0, 0}})));
}

TEST_CASE("29 30 compression is declined, so nothing inflates: a compressed frame closes with 1002") {
  Running server;
  RawClient client(server.port);
  client.send(ws_request("/ws/doc", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  CHECK(client.read_until("\r\n\r\n").find("permessage-deflate") == std::string::npos);
  client.send(ws_frame("\xff\xff", 0xc2));
  CHECK(client.close_code() == 1002);
}

namespace {

Limits with_compression() {
  Limits limits;
  limits.deflate_from_bytes = 256;
  return limits;
}

void open_compressed(RawClient& client, std::string_view path = "/ws/doc") {
  client.send(ws_request(path, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));
  REQUIRE(client.read_until("\r\n\r\n")
              .find("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                    "client_no_context_takeover\r\n") != std::string::npos);
  REQUIRE(client.read_message().payload.substr(0, 2) == std::string(2, '\0'));
}

std::string compressed(const Frame& frame) {
  REQUIRE(frame->deflated());
  return std::string(as_text(*frame->deflated()));
}

}  // namespace

TEST_CASE("compression: a message comes and goes compressed, the same bytes to all who take it so") {
  Running server(with_compression());
  RawClient writer(server.port);
  RawClient readers[] = {RawClient(server.port), RawClient(server.port)};
  RawClient plain(server.port);
  open_compressed(writer);
  for (RawClient& reader : readers) open_compressed(reader);
  open(plain);
  Doc doc;
  doc.text("text").insert(0, std::string(10'000, 'x'));
  const Frame update = yws::encode({Kind::update, doc.encode_state()});
  writer.send(ws_frame(compressed(update), 0xc2));
  for (RawClient& reader : readers) {
    const std::string body = compressed(update);
    CHECK(reader.read(2) == std::string{'\xc2', static_cast<char>(body.size())});
    CHECK(reader.read(body.size()) == body);
  }
  CHECK(plain.read_message().payload == text_of(update));
}

TEST_CASE("29 a message of 16 MiB and more in a few KiB closes with 1009") {
  Running server(with_compression());
  RawClient client(server.port);
  open_compressed(client);
  const std::string bomb = compressed(make_frame(Bytes(Limits{}.message_bytes + 1)));
  CHECK(bomb.size() < 128 * 1024);
  client.send(ws_frame(bomb, 0xc2));
  CHECK(client.close_code() == 1009);
}

TEST_CASE("30 what does not inflate closes with 1007") {
  Running server(with_compression());
  RawClient client(server.port);
  open_compressed(client);
  client.send(ws_frame("\xff\xff", 0xc2));
  CHECK(client.close_code() == 1007);
}

// Beast goes on inflating the four bytes that the sender leaves out, until that is broken, ends, or is too long.
TEST_CASE("30 a compressed message that is cut short closes the connection, and harms nobody else") {
  Running server(with_compression());
  RawClient client(server.port);
  open_compressed(client);
  Doc doc;
  doc.text("text").insert(0, std::string(10'000, 'x'));
  const std::string whole = compressed(yws::encode({Kind::update, doc.encode_state()}));
  client.send(ws_frame(whole.substr(0, whole.size() / 2), 0xc2));
  const int code = client.close_code();
  CHECK((code == 1007 || code == 1009 || code == 4400));
  RawClient other(server.port);
  open(other);
  CHECK(state_of(other) == text_of(yws::encode({Kind::step2, Bytes{0, 0}})));
}

TEST_CASE("31 a flood of messages closes with 1008") {
  Limits limits;
  limits.message_burst = 10;
  limits.messages_per_second = 0;
  Running server(limits);
  RawClient client(server.port);
  open(client);
  for (int i = 0; i < 11; ++i) send_update(client, {0, 0});
  CHECK(client.close_code() == 1008);
}

TEST_CASE("27 a close reason that is not UTF-8 closes with 1007") {
  Running server;
  RawClient client(server.port);
  open(client);
  client.send(ws_frame("\x03\xe8\xff\xff", 0x88));
  const int code = client.close_code();
  CHECK((code == 1007 || code == 1002));
}

TEST_CASE("31 a flood of pings closes with 1008") {
  Limits limits;
  limits.ping_burst = 10;
  limits.pings_per_second = 0;
  Running server(limits);
  RawClient client(server.port);
  open(client);
  for (int i = 0; i < 11; ++i) client.send(ws_frame("", 0x89));
  CHECK(client.close_code() == 1008);
}

TEST_CASE("a pong takes its place among the messages") {
  Running server;
  RawClient client(server.port);
  open(client);
  std::string burst;
  for (int i = 0; i < 20; ++i) {
    burst += ws_frame(text_of(yws::encode({Kind::step1, Bytes{0}}))) + ws_frame(std::to_string(i), 0x89);
  }
  client.send(burst);
  for (int i = 0; i < 20; ++i) {
    CHECK(client.read_message().opcode == 2);
    const RawClient::Message pong = client.read_message();
    CHECK(pong.opcode == 10);
    CHECK(pong.payload == std::to_string(i));
  }
}

TEST_CASE("32 a peer that is silent and answers no ping is dropped") {
  Limits limits;
  limits.silence_timeout_ms = 200;
  Running server(limits);
  RawClient client(server.port);
  open(client);
  client.read_all();  // comes to an end
}

TEST_CASE("32 a peer that is silent but answers pings stays") {
  Limits limits;
  limits.silence_timeout_ms = 1'000;
  Running server(limits);
  RawClient client(server.port);
  open(client);
  for (int i = 0; i < 3; ++i) {  // longer than it may be silent
    CHECK(client.read_message().opcode == 9);
    client.send(ws_frame("", 0x8a));
  }
}

TEST_CASE("33 a reader that stops is bounded, and has everything when it reads again") {
  Limits limits;
  limits.queue_bytes = 64 * 1024;
  limits.silence_timeout_ms = 600'000;  // no pings in between, however slow the machine is
  Running server(limits);
  RawClient slow(server.port);
  open(slow);
  RawClient writer(server.port);
  open(writer);
  writer.send(ws_frame(text_of(yws::encode({Kind::step2, Bytes{0, 0}}))));
  Doc source({.client_id = 1});
  const std::string page(32 * 1024, 'x');
  for (int i = 0; i < 1'000; ++i) send_update(writer, type(source, 0, page));  // more than sockets buffer
  state_of(writer);
  Doc copy;
  std::size_t received = 0;
  while (copy.text("text").length() < source.text("text").length()) {
    const RawClient::Message message = slow.read_message();
    REQUIRE(message.opcode == 2);
    received += message.payload.size();
    const auto decoded = yws::decode(as_bytes(message.payload));
    REQUIRE(decoded.ok());
    if (decoded->kind == Kind::step2 || decoded->kind == Kind::update) {
      REQUIRE(copy.apply_update(decoded->payload).ok());
    }
  }
  CHECK(copy.encode_state_vector() == source.encode_state_vector());
}

TEST_CASE("35 a connection that ends in the middle of a message harms nothing") {
  Running server;
  {
    RawClient client(server.port);
    open(client);
    client.send(ws_frame(std::string(1'000, 'x')).substr(0, 500));
  }
  RawClient next(server.port);
  open(next);
  CHECK(state_of(next).substr(0, 2) == std::string("\0\1", 2));
}

TEST_CASE("a room whose store holds the commit back relays at once and acknowledges later") {
  Running server;
  RawClient writer(server.port);
  open(writer);
  RawClient reader(server.port);
  open(reader);
  writer.send(ws_frame(text_of(yws::encode({Kind::step2, Bytes{0, 0}}))));
  server.store.hold();
  Doc doc({.client_id = 1});
  const Bytes update = type(doc, 0, "hello");
  const std::string frame = text_of(yws::encode({Kind::update, update}));
  writer.send(ws_frame(frame));
  CHECK(reader.read_message().payload == frame);
  CHECK(state_of(writer).find("hello") != std::string::npos);  // handled, and nothing before the answer was an echo
  server.store.release();
  CHECK(writer.read_message().payload == frame);
}

TEST_CASE("stopping closes with 1001, after what was committed has been acknowledged") {
  Running server;
  RawClient writer(server.port);
  open(writer);
  writer.send(ws_frame(text_of(yws::encode({Kind::step2, Bytes{0, 0}}))));
  server.store.hold();
  Doc doc({.client_id = 1});
  const Bytes update = type(doc, 0, "last words");
  send_update(writer, update);
  state_of(writer);
  std::thread stopper([&] { CHECK(server.stop()); });
  server.store.release();
  CHECK(writer.read_message().payload == text_of(yws::encode({Kind::update, update})));
  CHECK(writer.close_code() == 1001);
  writer.send(ws_frame("\x03\xe9", 0x88));
  writer.end();
  stopper.join();
}

TEST_CASE("stopping does not wait for ever for a commit that does not come") {
  Limits limits;
  limits.drain_ms = 100;
  Running server(limits);
  RawClient writer(server.port);
  open(writer);
  server.store.hold();
  Doc doc({.client_id = 1});
  send_update(writer, type(doc, 0, "lost"));
  state_of(writer);
  CHECK_FALSE(server.stop());
}

TEST_CASE("a port that is taken is said in one line") {
  Running server;
  storage::MemoryStore store;
  ServerOptions options;
  options.listen = *parse_listen_address("127.0.0.1:" + std::to_string(server.port));
  Server second(store, options);
  CHECK(second.start().find("cannot listen on 127.0.0.1:") == 0);
}
