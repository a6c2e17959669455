// Sockets that are in many documents, or in none: Hocuspocus and thin clients.
#include <string>
#include <string_view>
#include <thread>

#include "catch.hpp"
#include "net/protocols/hocuspocus_protocol.hpp"
#include "net/protocols/thin_protocol.hpp"
#include "net/protocols/yws_protocol.hpp"
#include "net_raw_client.hpp"
#include "net_running.hpp"
#include "net_typist.hpp"

using namespace stet;
using namespace stet::net;
using namespace stet::net::test;

namespace {

std::string text_of(const Frame& frame) { return std::string(as_text(*frame)); }

void open(RawClient& client, std::string_view path, std::string_view fields = "") {
  client.send(ws_request(path, fields));
  REQUIRE(status_line(client.read_until("\r\n\r\n")) == "HTTP/1.1 101 Switching Protocols");
}

// What a client of Hocuspocus says. A document begins with its step 1.
std::string hocuspocus_step1(std::string_view doc) {
  return ws_frame(text_of(hocuspocus::encode({Kind::step1, Bytes{0}}, doc)));
}
std::string hocuspocus_update(std::string_view doc, const Bytes& update) {
  return ws_frame(text_of(hocuspocus::encode({Kind::update, update}, doc)));
}
// Of type 7, without a payload.
std::string hocuspocus_leave(std::string_view doc) {
  return ws_frame(std::string(1, static_cast<char>(doc.size())).append(doc) + '\7');
}

std::string thin_request(const std::string& doc, const thin::RequestKind& what) {
  return ws_frame(as_text(thin::encode(thin::Request{doc, what})));
}
void open_thin(RawClient& client) { open(client, "/thin", "Sec-WebSocket-Protocol: stet.v1\r\n"); }

// Until a message of Hocuspocus of that kind comes for a document.
std::string read_until(RawClient& client, Kind kind) {
  while (true) {
    const RawClient::Message message = client.read_message();
    REQUIRE(message.opcode == 2);
    const auto envelope = hocuspocus::open(as_bytes(message.payload));
    REQUIRE(envelope.ok());
    if (envelope->type != hocuspocus::Envelope::Type::other) continue;
    const auto decoded = hocuspocus::decode(envelope->body);
    if (decoded && decoded->kind == kind) return std::string(as_text(decoded->payload));
  }
}

}  // namespace

TEST_CASE("a socket that is not read on, because much of it is on its way to rooms, is read again") {
  Limits limits;
  limits.flow_bytes = 0;
  Running server(limits);
  RawClient client(server.port);
  open(client, "/hocuspocus");
  for (const char* doc : {"one", "two", "three", "four"}) {
    client.send(hocuspocus_step1(doc));
    CHECK(read_until(client, Kind::step2) == std::string(2, '\0'));
  }
}

TEST_CASE("a socket that ends while it is not read leaves its documents") {
  Limits limits;
  limits.queue_bytes = 1'000;
  Running server(limits);
  {
    RawClient reader(server.port);
    open_thin(reader);
    reader.send(thin_request("doc", thin::Open{}));
    reader.read_message();
    RawClient writer(server.port);
    open(writer, "/hocuspocus");
    Doc doc({.client_id = 1});
    const std::string page(1 << 20, 'x');
    for (int i = 0; i < 8; ++i) writer.send(hocuspocus_update("doc", type(doc, 0, page)));  // more than sockets buffer
    writer.send(hocuspocus_step1("doc"));
    read_until(writer, Kind::step2);
    reader.send(thin_request("doc", thin::SetPresence{"ann", "", {}}));  // the last that is read of it
  }
  RawClient watcher(server.port);
  const std::string request = "GET /api/docs HTTP/1.1\r\nHost: localhost\r\n\r\n";
  while (watcher.exchange(request).find(R"("members":0)") == std::string::npos) {
  }
  CHECK(server.stop());
}

// --- the end of the server ------------------------------------------------------------------------------------------

namespace {

// Far longer than a test waits for a message.
Limits draining_long() {
  Limits limits;
  limits.drain_ms = 120'000;
  return limits;
}

// Closed by the server, which is told so.
void check_goodbye(RawClient& client) {
  CHECK(client.close_code() == 1001);
  client.send(ws_frame("\x03\xe9", 0x88));
  client.end();
}

}  // namespace

TEST_CASE("stopping closes at once who is in no document: a socket that never was in one") {
  Running server(draining_long());
  RawClient hocuspocus(server.port);
  open(hocuspocus, "/hocuspocus");
  RawClient thin(server.port);
  open_thin(thin);
  const std::jthread stopper([&] { CHECK(server.stop()); });
  check_goodbye(hocuspocus);
  check_goodbye(thin);
}

TEST_CASE("stopping closes at once who is in no document: a socket that has left its own") {
  Running server(draining_long());
  RawClient hocuspocus(server.port);
  open(hocuspocus, "/hocuspocus");
  hocuspocus.send(hocuspocus_step1("doc"));
  read_until(hocuspocus, Kind::step2);
  hocuspocus.send(hocuspocus_leave("doc") + ws_frame("\x09"));
  while (hocuspocus.read_message().payload != "\x0a") {
  }
  RawClient thin(server.port);
  open_thin(thin);
  thin.send(thin_request("doc", thin::Open{}));
  thin.read_message();
  thin.send(thin_request("doc", thin::Leave{}) + ws_frame("", 0x89));
  while (thin.read_message().opcode != 10) {
  }
  const std::jthread stopper([&] { CHECK(server.stop()); });
  check_goodbye(hocuspocus);
  check_goodbye(thin);
}

TEST_CASE("stopping closes at once who is in no document: a socket that was refused") {
  Running server(draining_long());
  RawClient hocuspocus(server.port);
  open(hocuspocus, "/hocuspocus");
  hocuspocus.send(hocuspocus_step1(".."));
  hocuspocus.read_message();
  RawClient thin(server.port);
  open_thin(thin);
  thin.send(thin_request("..", thin::Open{}));
  thin.read_message();
  const std::jthread stopper([&] { CHECK(server.stop()); });
  check_goodbye(hocuspocus);
  check_goodbye(thin);
}

TEST_CASE("stopping closes at once who leaves its last document while the server waits for its commit") {
  Running server(draining_long());
  RawClient hocuspocus(server.port);
  open(hocuspocus, "/hocuspocus");
  hocuspocus.send(hocuspocus_step1("doc"));
  read_until(hocuspocus, Kind::step2);
  RawClient thin(server.port);
  open_thin(thin);
  thin.send(thin_request("doc", thin::Open{}));
  thin.read_message();
  RawClient idle(server.port);
  open(idle, "/hocuspocus");
  server.store.hold();
  Doc doc({.client_id = 1});
  hocuspocus.send(hocuspocus_update("doc", type(doc, 0, "waits")));
  thin.read_message();
  const std::jthread stopper([&] { server.stop(); });
  check_goodbye(idle);  // so the server is stopping
  hocuspocus.send(hocuspocus_leave("doc"));
  check_goodbye(hocuspocus);
  thin.send(thin_request("doc", thin::Leave{}));
  check_goodbye(thin);
  server.store.release();
}

TEST_CASE("stopping closes at once a thin client whose last document could not be saved") {
  Running server(draining_long());
  RawClient thin(server.port);
  open_thin(thin);
  thin.send(thin_request("doc", thin::Open{}));
  thin.read_message();
  RawClient idle(server.port);
  open_thin(idle);
  server.store.hold();
  thin.send(thin_request("doc", TextEdit{1, 0, {{0, 0, "waits"}}, "", ""}));
  thin.read_message();
  const std::jthread stopper([&] { server.stop(); });
  check_goodbye(idle);
  server.store.fail_next();
  server.store.release();
  check_goodbye(thin);
}

TEST_CASE("stopping acknowledges in each document of a socket what was saved, and then closes it") {
  Running server(draining_long());
  RawClient client(server.port);
  open(client, "/hocuspocus");
  for (const char* doc : {"saved", "saved later"}) {
    client.send(hocuspocus_step1(doc) + ws_frame(text_of(hocuspocus::encode({Kind::step2, Bytes{0, 0}}, doc))));
    while (client.read_message().payload != text_of(hocuspocus::sync_status(doc))) {
    }
  }
  RawClient idle(server.port);
  open(idle, "/hocuspocus");
  server.store.hold();
  Doc doc({.client_id = 1});
  client.send(hocuspocus_update("saved later", type(doc, 0, "waits")) + hocuspocus_step1("saved later"));
  read_until(client, Kind::step2);
  const std::jthread stopper([&] { CHECK(server.stop()); });
  check_goodbye(idle);
  server.store.release();
  CHECK(client.read_message().payload == text_of(hocuspocus::sync_status("saved later")));
  check_goodbye(client);
}
