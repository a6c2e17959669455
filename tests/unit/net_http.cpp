#include "catch.hpp"
#include "net/http/http.hpp"
#include "net/http/origin.hpp"
#include "net/http/static_files.hpp"
#include "net/sockets/upgrade.hpp"

using namespace stet::net;

namespace {

const Limits limits;

// The status with which a head is refused; 0 if it is taken.
unsigned refused(const std::string& head) {
  const auto parsed = parse_http_head(head, limits);
  const auto* error = std::get_if<HttpError>(&parsed);
  return error ? error->status : 0;
}

// The same for the fields below a good request line and Host.
unsigned refused_fields(const std::string& fields) {
  return refused("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
}

HttpHead head_of(const std::string& text) { return std::get<HttpHead>(parse_http_head(text, limits)); }

HttpResponse answer(const std::vector<HttpRoute>& routes, const std::string& head) {
  HttpResponse given;
  dispatch(routes, {head_of(head), ""}, [&](HttpResponse response) { given = std::move(response); });
  return given;
}

std::string field_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [field, value] : response.fields) {
    if (field == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("a request head is taken apart") {
  const HttpHead head = head_of("GET /a%20b?q=1 HTTP/1.1\r\nHost: a:80\r\nX-One:  two \r\nContent-Length: 5\r\n\r\n");
  CHECK(head.method == "GET");
  CHECK(head.path == "/a%20b");
  CHECK(head.query == "q=1");
  CHECK(head.keep_alive);
  CHECK(head.content_length == 5);
  CHECK(head.field("x-one") == "two");
  CHECK(head.field_has_token("HOST", "x") == false);
}

TEST_CASE("connections are kept as HTTP says") {
  CHECK_FALSE(head_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").keep_alive);
  CHECK_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(head_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST_CASE("1 Content-Length with Transfer-Encoding is refused with 400") {
  CHECK(refused_fields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") == 400);
  CHECK(refused_fields("Content-Length: 3\r\nContent-Length: 3\r\n") == 400);
  CHECK(refused_fields("Content-Length: -3\r\n") == 400);
  CHECK(refused_fields("Content-Length: 3x\r\n") == 400);
  CHECK(refused_fields("Content-Length: 99999999999999999999\r\n") == 400);
}

TEST_CASE("2 a Transfer-Encoding that does not end in chunked is refused with 400") {
  CHECK(refused_fields("Transfer-Encoding: chunked, gzip\r\n") == 400);
  CHECK(refused_fields("Transfer-Encoding: xchunked\r\n") == 400);
  CHECK(refused_fields("Transfer-Encoding: chunked\r\n") == 411);  // well-formed, but not taken here
}

TEST_CASE("3 chunked HTTP/1.0 is refused with 400") {
  CHECK(refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("4 a missing or second Host is refused with 400") {
  CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("5 folded fields, a space before the colon, a bare CR or LF, and NUL are refused with 400") {
  CHECK(refused_fields("X: 1\r\n folded\r\n") == 400);
  CHECK(refused_fields("X : 1\r\n") == 400);
  CHECK(refused_fields("X: 1\rY: 2\r\n") == 400);
  CHECK(refused_fields("X: 1\nY: 2\r\n") == 400);
  CHECK(refused_fields(std::string("X: 1\0\r\n", 8)) == 400);
  CHECK(refused_fields("X: 1\x01\r\n") == 400);
  CHECK(refused_fields(": 1\r\n") == 400);
  CHECK(refused_fields("nothing\r\n") == 400);
}

TEST_CASE("6 over 100 fields are refused with 431") {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: 1\r\n";
  CHECK(refused_fields(fields) == 0);
  CHECK(refused_fields(fields + "X: 1\r\n") == 431);
}

TEST_CASE("7 a target over 4 KiB is refused with 414") {
  const auto get = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  CHECK(refused(get(4096)) == 0);
  CHECK(refused(get(4097)) == 414);
}

TEST_CASE("request lines that are none are refused") {
  CHECK(refused("GET /\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
  CHECK(refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("G(T / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("\r\n\r\n") == 400);
}

TEST_CASE("routes: exact or by prefix, HEAD as GET, 404 and 405") {
  const auto reply = [](const char* text) {
    return [text](const HttpRequest&, const HttpRespond& respond) {
      HttpResponse response;
      response.body = text;
      respond(std::move(response));
    };
  };
  const std::vector<HttpRoute> routes{{"GET", "/api/a", reply("get")},        {"POST", "/api/a", reply("post")},
                                      {"GET", "/docs/*/at", reply("moment")}, {"GET", "/docs/*/x/*", reply("any")},
                                      {"GET", "/docs/*", reply("doc")},       {"GET", "/files/*", reply("file")}};
  const auto ask = [&](const std::string& line) { return answer(routes, line + " HTTP/1.1\r\nHost: a\r\n\r\n"); };
  CHECK(ask("GET /api/a").body == "get");
  CHECK(ask("HEAD /api/a").body == "get");
  CHECK(ask("POST /api/a").body == "post");
  CHECK(ask("GET /files/x/y").body == "file");
  CHECK(ask("GET /docs/a%2Fb/at").body == "moment");
  CHECK(ask("GET /docs//at").body == "moment");
  CHECK(ask("GET /docs/a/b/at").body == "doc");
  CHECK(ask("GET /docs/a/at/more").body == "doc");
  CHECK(ask("GET /docs/a/x/1/2").body == "any");
  CHECK(ask("GET /docs/at").body == "doc");
  CHECK(ask("GET /api/b").status == 404);
  CHECK(ask("GET /api/b").body == R"({"error":"there is nothing here"})");
  CHECK(ask("GET /else").content_type == "text/plain; charset=utf-8");
  CHECK(ask("DELETE /api/a").status == 405);
  CHECK(field_of(ask("DELETE /api/a"), "Allow") == "GET, POST");
}

TEST_CASE("93 static files: by their exact path only, and the app at / and /d/NAME") {
  const std::vector<StaticFile> files{{"/assets/a.js", "\"1\"", "script"}, {"/index.html", "\"2\"", "<app>"}};
  const std::vector<HttpRoute> routes{static_route(files)};
  const auto ask = [&](const std::string& path, const std::string& fields = "") {
    return answer(routes, "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  };
  CHECK(ask("/").bytes() == "<app>");
  CHECK(ask("/d/team%2Fnotes").bytes() == "<app>");
  CHECK(ask("/d/").status == 404);
  CHECK(ask("/d/a/b").status == 404);
  CHECK(ask("/assets/a.js").bytes() == "script");
  CHECK(field_of(ask("/assets/a.js"), "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(field_of(ask("/"), "Cache-Control") == "no-cache");
  CHECK(ask("/", "If-None-Match: \"1\", \"2\"\r\n").status == 304);
  for (const char* path :
       {"/%2e%2e/etc/passwd", "/../a.js", "/assets%2Fa.js", "/assets/a.js%00", "/assets/", "/assets"}) {
    INFO(path);
    CHECK(ask(path).status == 404);
  }
}

TEST_CASE("95 pages come with a strict policy and are not sniffed") {
  const std::vector<StaticFile> files{{"/index.html", "\"2\"", "<app>"}};
  const HttpResponse page = answer({static_route(files)}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string policy = field_of(page, "Content-Security-Policy");
  CHECK(policy.find("default-src 'self'") == 0);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(encode_http_head(page, true).find("\r\nX-Content-Type-Options: nosniff\r\n") != std::string::npos);
}

TEST_CASE("15 a foreign or null Origin is refused, the server's own and allowed ones are not") {
  const OriginRules rules({"https://app.example.org"}, "127.0.0.1", true);
  CHECK(rules.origin_allowed(std::nullopt, "127.0.0.1:8080"));
  CHECK(rules.origin_allowed("http://127.0.0.1:8080", "127.0.0.1:8080"));
  CHECK(rules.origin_allowed("http://LOCALHOST", "localhost:80"));
  CHECK(rules.origin_allowed("https://app.example.org", "127.0.0.1:8080"));
  for (const char* foreign : {"null", "", "http://127.0.0.1:8081", "http://evil.example", "http://app.example.org",
                              "https://app.example.org.evil.example", "127.0.0.1:8080"}) {
    INFO(foreign);
    CHECK_FALSE(rules.origin_allowed(foreign, "127.0.0.1:8080"));
  }
  CHECK(parse_origin("https://App.example.org:8443") == "https://app.example.org:8443");
  for (const char* bad : {"app.example.org", "https://", "https://a/b", "ftp://a", "*", "https://a b"}) {
    CHECK_FALSE(parse_origin(bad).has_value());
  }
}

TEST_CASE("on loopback only names of this machine are answered to") {
  const OriginRules loopback({"https://app.example.org:8443"}, "127.0.0.2", true);
  for (const char* own : {"localhost", "localhost:8080", "127.0.0.1:80", "[::1]", "[::1]:8080", "127.0.0.2:1",
                          "app.example.org", "App.Example.org:443"}) {
    INFO(own);
    CHECK(loopback.host_allowed(own));
  }
  for (const char* foreign : {"", "evil.example", "localhost.evil.example", "10.0.0.1", "[::2]"}) {
    INFO(foreign);
    CHECK_FALSE(loopback.host_allowed(foreign));
  }
  CHECK(OriginRules({}, "0.0.0.0", false).host_allowed("stet.example.org"));
}

namespace {

const std::string good_upgrade =
    "Host: 127.0.0.1\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::variant<Upgrade, HttpResponse> upgrade_of(const std::string& line, std::string fields = good_upgrade,
                                               const std::string& replace = "", const std::string& by = "",
                                               const Limits& with = limits) {
  if (!replace.empty()) fields.replace(fields.find(replace), replace.size(), by);
  return check_upgrade(head_of(line + " HTTP/1.1\r\n" + fields + "\r\n"), OriginRules({}, "127.0.0.1", true), with);
}

unsigned status_of(const std::variant<Upgrade, HttpResponse>& checked) {
  const auto* refusal = std::get_if<HttpResponse>(&checked);
  return refusal ? refusal->status : 101;
}

}  // namespace

TEST_CASE("an upgrade names document, author and subprotocol") {
  const auto checked = upgrade_of("GET /ws/team/a%20b?user=Ada", good_upgrade + "Sec-WebSocket-Protocol: t.1, t.2\r\n");
  const Upgrade& upgrade = std::get<Upgrade>(checked);
  CHECK(upgrade.doc == "team/a b");
  CHECK(upgrade.doc_fault == nullptr);
  CHECK(upgrade.author == "Ada");
  CHECK(upgrade.subprotocol == "t.1");
  CHECK(upgrade.key == "dGhlIHNhbXBsZSBub25jZQ==");
}

TEST_CASE("13 compression is agreed on where it is on and offered so that frames can be shared") {
  const auto agreed = [](const std::string& offered, Limits limits) {
    const auto checked =
        upgrade_of("GET /ws/a", good_upgrade + "Sec-WebSocket-Extensions: " + offered + "\r\n", "", "", limits);
    return std::get<Upgrade>(checked).takes_deflate;
  };
  const Limits off;
  Limits on;
  on.deflate_from_bytes = 256;
  CHECK_FALSE(agreed("permessage-deflate", off));
  for (const char* offered : {"permessage-deflate", "permessage-deflate; client_max_window_bits",
                              "x-other, permessage-deflate ;client_no_context_takeover; server_no_context_takeover",
                              "permessage-deflate; server_max_window_bits=9, permessage-deflate",
                              "permessage-deflate; server_max_window_bits=15; client_max_window_bits=8"}) {
    INFO(offered);
    CHECK(agreed(offered, on));
  }
  for (const char* offered :
       {"", ",;,=;", "x-webkit-deflate-frame", "permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; client_max_window_bits=16", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; what"}) {
    INFO(offered);
    CHECK_FALSE(agreed(offered, on));
  }
}

TEST_CASE("9 a WebSocket version other than 13 is refused with 426 and the version") {
  const auto checked = upgrade_of("GET /ws/a", good_upgrade, "Version: 13", "Version: 8");
  CHECK(status_of(checked) == 426);
  CHECK(field_of(std::get<HttpResponse>(checked), "Sec-WebSocket-Version") == "13");
  CHECK(status_of(upgrade_of("GET /ws/a", "Host: 127.0.0.1\r\n")) == 426);
}

TEST_CASE("10 a key that is not 16 bytes is refused with 400") {
  CHECK(status_of(upgrade_of("GET /ws/a", good_upgrade, "ZSBu", "")) == 400);
  CHECK(status_of(upgrade_of("GET /ws/a", good_upgrade, "==", "AA")) == 400);
  CHECK(status_of(upgrade_of("GET /ws/a", good_upgrade, "dGhl", "d\"hl")) == 400);
}

TEST_CASE("11 an upgrade by POST is refused with 405") { CHECK(status_of(upgrade_of("POST /ws/a")) == 405); }

TEST_CASE("15 an upgrade from a foreign page is refused with 403") {
  CHECK(status_of(upgrade_of("GET /ws/a", good_upgrade + "Origin: http://evil.example\r\n")) == 403);
  CHECK(status_of(upgrade_of("GET /ws/a", good_upgrade + "Origin: null\r\n")) == 403);
  CHECK(status_of(upgrade_of("GET /ws/a", good_upgrade + "Origin: http://127.0.0.1\r\n")) == 101);
}

TEST_CASE("46 a bad document name is upgraded, to be closed with its reason") {
  for (const char* path : {"/ws/", "/ws/..", "/ws/a/%2e%2e/b", "/ws/%00", "/ws/%zz"}) {
    INFO(path);
    const auto checked = upgrade_of(std::string("GET ") + path);
    REQUIRE(status_of(checked) == 101);
    CHECK(std::get<Upgrade>(checked).doc_fault != nullptr);
  }
}
