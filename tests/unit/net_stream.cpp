// Event streams: which requests ask for one, positions to resume from, and the bound of what waits.
#include "catch.hpp"
#include "net/http/event_flow.hpp"
#include "net/http/stream_request.hpp"

using namespace stet;
using namespace stet::net;

namespace {

const Limits limits;

// The documents (and the root) that a request asks for; a status where it is refused; "-" if it asks for no stream.
std::string asked(const std::string& target, const std::string& fields = "", const std::string& method = "GET") {
  const auto head = parse_http_head(method + ' ' + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", limits);
  REQUIRE(std::holds_alternative<HttpHead>(head));
  const auto checked = check_stream(std::get<HttpHead>(head), limits);
  if (!checked) return "-";
  if (const auto* refusal = std::get_if<HttpResponse>(&*checked)) return std::to_string(refusal->status);
  const auto& request = std::get<StreamRequest>(*checked);
  std::string out = request.root + ':';
  for (const StreamRequest::Doc& doc : request.docs) {
    out += ' ' + doc.name;
    if (doc.known) out += '@' + std::to_string(doc.known->version);
  }
  return out;
}

std::string position(std::string_view text, std::size_t docs) {
  return stream_position(parse_stream_position(text, docs));
}

}  // namespace

TEST_CASE("requests for event streams") {
  CHECK(asked("/api/docs/a%2Fb/events") == "text: a/b");
  CHECK(asked("/api/docs/a/events?root=body") == "body: a");
  CHECK(asked("/api/events?doc=a&doc=b+c") == "text: a b c");
  CHECK(asked("/api/events") == "text:");
  CHECK(asked("/api/events?doc=a&doc=b", "Last-Event-ID: 7.1.6,9.2.9\r\n") == "text: a@7 b@9");
  CHECK(asked("/api/docs/a/b/events") == "-");
  CHECK(asked("/api/docs//events") == "-");
  CHECK(asked("/api/docs/a") == "-");
  CHECK(asked("/api/docs/a%00/events") == "400");
  CHECK(asked("/api/docs/a%2/events") == "400");
  CHECK(asked("/api/events?doc=") == "400");
  CHECK(asked("/api/events?doc=a&doc=a") == "400");
  CHECK(asked("/api/events?root=%FF") == "400");
  CHECK(asked("/api/events", "", "POST") == "405");
}

TEST_CASE("97 positions of streams, and what is none") {
  CHECK(position("7.1.6", 1) == "7.1.6");
  CHECK(position("7.1.6,,9.2.9", 3) == "7.1.6,,9.2.9");
  CHECK(position("7.1.6", 3) == "7.1.6,,");
  CHECK(position("7.1.6,8.1.8", 1) == "7.1.6");
  for (const char* none : {"", "7", "7.1", "7.1.6.5", "7.1.x", "a.1.6", "-7.1.6", "7..6", "9007199254740992.1.1",
                           "99999999999999999999.1.1", "7.1.6 "}) {
    INFO(none);
    CHECK(position(none, 1) == "");
  }
}

TEST_CASE("33 past the bound events are dropped until the socket has taken what waits and caught up") {
  EventFlow flow(100);
  CHECK(flow.take(Opened{"text", 1, 1, 5, 7, 7, "", {}, 0}));
  flow.queued(60);
  CHECK(flow.take(Changed{8, {}}));
  flow.queued(60);
  CHECK(flow.is_lagging());
  CHECK_FALSE(flow.take(Changed{9, {}}));
  CHECK_FALSE(flow.take(Accepted{3, 10, {}}));
  CHECK_FALSE(flow.take(Durable{10}));
  CHECK(flow.take(Refused{4, Refusal::cut_pair}));
  flow.queued(10);
  CHECK_FALSE(flow.written(60));
  CHECK_FALSE(flow.written(60));
  CHECK(flow.written(10));  // asks once
  CHECK(flow.version() == 8);
  CHECK_FALSE(flow.take(Changed{11, {}}));  // on its way when it asked
  CHECK(flow.take(CaughtUp{5, 11, std::nullopt, {}}));
  CHECK_FALSE(flow.is_lagging());
  CHECK(flow.take_accepted() == std::vector<std::uint64_t>{3});
  CHECK(flow.take(Changed{12, {}}));
  CHECK(flow.version() == 12);
}
