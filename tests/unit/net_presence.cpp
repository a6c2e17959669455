#include <string>

#include "catch.hpp"
#include "net/presence.hpp"

using namespace stet;
using namespace stet::net;

namespace {

// Entries in a notation: `7@3x` is client 7 at clock 3 with state "x", `7@3-` the removal at that clock.
std::string show(const std::vector<AwarenessEntry>& entries) {
  std::string out;
  for (const AwarenessEntry& entry : entries) {
    const std::string state = entry.removed() ? "-" : entry.state.substr(1, entry.state.size() - 2);
    out += (out.empty() ? "" : " ") + std::to_string(entry.client) + '@' + std::to_string(entry.clock) + state;
  }
  return out;
}

AwarenessEntry entry(std::uint64_t client, std::uint64_t clock, const std::string& state) {
  return {client, clock, state == "-" ? "null" : '"' + state + '"'};
}

struct Stage {
  Presence presence{100};
  std::int64_t now_ms = 0;

  // What others hear, and behind `|` what all hear, the sender included.
  std::string says(MemberId member, bool answered, std::vector<AwarenessEntry> entries) {
    const Presence::News news = presence.receive(member, answered, entries, now_ms);
    REQUIRE(presence.check() == nullptr);
    return show(news.for_others) + (news.for_all.empty() ? "" : "|" + show(news.for_all));
  }
  std::string leaves(MemberId member) {
    const auto gone = presence.leave(member, now_ms);
    REQUIRE(presence.check() == nullptr);
    return gone ? show({*gone}) : "";
  }
};

}  // namespace

TEST_CASE("73 whose socket closed is removed at once") {
  Stage stage;
  CHECK(stage.says(1, false, {entry(7, 1, "x")}) == "7@1x");
  CHECK(stage.says(1, true, {entry(7, 2, "y")}) == "7@2y");
  CHECK(stage.leaves(1) == "7@3-");
  CHECK(stage.presence.present().empty());
}

TEST_CASE("73 who vanished without closing is removed within 30 s") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.presence.expire(29'999).empty());
  CHECK(show(stage.presence.expire(30'000)) == "7@2-");
}

TEST_CASE("68 only what advances a clock is relayed: clients echo what they hear") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.says(2, true, {entry(7, 1, "x")}) == "");
  CHECK(stage.says(2, true, {entry(7, 2, "y")}) == "7@2y");
}

TEST_CASE("68 an echo owns nothing: when it leaves, the other stays") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  stage.says(2, true, {entry(7, 1, "x")});
  CHECK(stage.leaves(2) == "");
  CHECK(stage.leaves(1) == "7@2-");
}

TEST_CASE("68 an echo that crosses a removal brings nobody back") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.leaves(1) == "7@2-");
  CHECK(stage.says(2, true, {entry(7, 1, "x")}) == "");
  CHECK(stage.presence.present().empty());
}

TEST_CASE("68 the newest connection owns its id: the late end of the old one removes nobody") {
  Stage stage;
  stage.says(1, false, {entry(7, 5, "x")});
  CHECK(stage.says(2, false, {entry(7, 5, "x")}) == "");  // the others know it already
  CHECK(stage.leaves(1) == "");
  CHECK(stage.says(2, true, {entry(7, 6, "y")}) == "7@6y");
  CHECK(stage.leaves(2) == "7@7-");
}

TEST_CASE("68 after a fast reconnect the state is re-emitted at clock + 1, to its owner too") {
  Stage stage;
  stage.says(1, false, {entry(7, 5, "x")});
  CHECK(stage.leaves(1) == "7@6-");
  CHECK(stage.says(2, false, {entry(7, 5, "x")}) == "|7@7x");
  CHECK(stage.says(2, true, {entry(7, 7, "x")}) == "");  // the owner echoes it
  CHECK(stage.says(2, true, {entry(7, 8, "y")}) == "7@8y");
}

TEST_CASE("68 a changed state that comes with an old clock is re-emitted as well") {
  Stage stage;
  stage.says(1, false, {entry(7, 5, "x")});
  CHECK(stage.says(2, false, {entry(7, 4, "y")}) == "|7@6y");
}

TEST_CASE("68 other ids are relayed if newer, and never owned") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.says(1, true, {entry(8, 1, "y"), entry(9, 1, "z")}) == "8@1y 9@1z");
  CHECK(stage.leaves(1) == "7@2-");
  CHECK(show(stage.presence.present()).size() == 9);
}

TEST_CASE("68 a peer that slept cannot remove the living") {
  Stage stage;
  stage.says(1, false, {entry(7, 3, "x")});
  CHECK(stage.says(2, true, {entry(7, 3, "-")}) == "");
  CHECK(stage.says(1, true, {entry(7, 3, "-")}) == "7@3-");  // the owner can
}

TEST_CASE("removals of unknown clients are no news, and a room holds only so many") {
  Stage stage;
  CHECK(stage.says(1, true, {entry(7, 3, "-")}) == "");
  std::vector<AwarenessEntry> crowd;
  for (std::uint64_t client = 0; client < 101; ++client) crowd.push_back(entry(client, 1, "x"));
  stage.says(1, true, crowd);
  CHECK(stage.presence.present().size() == 100);
}
