#include <map>
#include <string>

#include "awareness_notation.hpp"
#include "catch.hpp"
#include "net/rooms/presence.hpp"

using namespace stet;
using namespace stet::net;
using namespace stet::test;

namespace {

struct Stage {
  Presence presence{100};
  std::int64_t now_ms = 0;
  std::map<MemberId, std::uint64_t> joined;

  // Who joins knows what is present; who never did, was here from the beginning.
  void joins(MemberId member) { joined[member] = presence.changes(); }
  // What others hear, and behind `|` what all hear, the sender included.
  std::string says(MemberId member, bool answered, std::vector<AwarenessEntry> entries) {
    const Presence::News news = presence.receive({member, answered, joined[member]}, entries, now_ms);
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
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.says(1, true, {entry(7, 3, "y")}) == "7@3y");
  CHECK(stage.leaves(1) == "7@4-");
  CHECK(stage.presence.present().empty());
}

TEST_CASE("73 who vanished without closing is removed within 30 s") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.presence.expire(29'999).empty());
  CHECK(show(stage.presence.expire(30'000)) == "7@3-");
}

TEST_CASE("73 that others come back does not keep alive who vanished") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  stage.says(2, false, {entry(8, 1, "y")});
  stage.leaves(2);
  stage.now_ms = 20'000;
  CHECK(stage.says(3, false, {entry(8, 2, "y")}) == "|7@3x 8@4y");
  CHECK(show(stage.presence.expire(30'000)) == "7@4-");
}

TEST_CASE("68 only what advances a clock is relayed: clients echo what they hear") {
  Stage stage;
  CHECK(stage.says(1, false, {entry(7, 1, "x")}) == "|7@2x");
  CHECK(stage.says(1, true, {entry(7, 2, "x")}) == "");
  CHECK(stage.says(2, true, {entry(7, 2, "x")}) == "");
  CHECK(stage.says(2, true, {entry(7, 3, "y")}) == "7@3y");
}

TEST_CASE("68 an echo owns nothing: when it leaves, the other stays") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  stage.says(2, true, {entry(7, 2, "x")});
  CHECK(stage.leaves(2) == "");
  CHECK(stage.leaves(1) == "7@3-");
}

TEST_CASE("68 an echo that crosses a removal brings nobody back") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.leaves(1) == "7@3-");
  CHECK(stage.says(2, true, {entry(7, 2, "x")}) == "");
  CHECK(stage.presence.present().empty());
}

TEST_CASE("68 the newest connection owns its id: the late end of the old one removes nobody") {
  Stage stage;
  stage.says(1, false, {entry(7, 5, "x")});
  CHECK(stage.says(2, false, {entry(7, 5, "x")}) == "|7@7x");
  CHECK(stage.leaves(1) == "");
  CHECK(stage.says(2, true, {entry(7, 8, "y")}) == "7@8y");
  CHECK(stage.leaves(2) == "7@9-");
}

TEST_CASE("68 after a fast reconnect the state is re-emitted at clock + 1, to its owner too") {
  Stage stage;
  stage.says(1, false, {entry(7, 5, "x")});
  CHECK(stage.leaves(1) == "7@7-");
  CHECK(stage.says(2, false, {entry(7, 6, "x")}) == "|7@8x");
  CHECK(stage.says(2, true, {entry(7, 8, "x")}) == "");  // the owner echoes it
  CHECK(stage.says(2, true, {entry(7, 9, "y")}) == "7@9y");
}

TEST_CASE("68 who comes back and answers our step 1 first is seen, too: it was told nothing that it could echo") {
  Stage stage;
  stage.joins(1);
  CHECK(stage.says(1, true, {entry(7, 1, "x")}) == "|7@2x");
  CHECK(stage.leaves(1) == "7@3-");
  stage.joins(2);
  CHECK(stage.says(2, true, {entry(7, 1, "x")}) == "|7@4x");  // at the clock that it had
  CHECK(stage.leaves(2) == "7@5-");                           // and is owned
}

TEST_CASE("68 who came before somebody left may echo him, and brings nobody back") {
  Stage stage;
  stage.joins(1);
  stage.says(1, true, {entry(7, 1, "x")});
  stage.joins(2);
  CHECK(stage.leaves(1) == "7@3-");
  stage.joins(3);
  CHECK(stage.says(2, true, {entry(7, 2, "x")}) == "");
  CHECK(stage.says(3, true, {entry(7, 2, "x")}) == "|7@4x");
}

TEST_CASE("68 who has removed itself is not brought back by who comes then") {
  Stage stage;
  stage.joins(1);
  stage.says(1, true, {entry(7, 1, "x")});
  CHECK(stage.says(1, true, {entry(7, 3, "-")}) == "7@3-");
  stage.joins(2);
  CHECK(stage.says(2, true, {entry(7, 1, "x")}) == "");
  CHECK(stage.says(1, true, {entry(7, 4, "y")}) == "7@4y");
}

TEST_CASE("68 who comes back sees the others, unless they have changed since") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  stage.says(2, false, {entry(8, 1, "y")});
  stage.says(3, false, {entry(9, 1, "z")});
  CHECK(stage.leaves(3) == "9@3-");
  CHECK(stage.says(2, true, {entry(8, 3, "new")}) == "8@3new");
  CHECK(stage.says(4, false, {entry(9, 2, "z")}) == "|7@3x 9@4z");
}

TEST_CASE("68 what an owner changed before it heard of a re-emission is not lost") {
  Stage stage;
  CHECK(stage.says(1, false, {entry(7, 1, "x")}) == "|7@2x");
  CHECK(stage.says(1, true, {entry(7, 2, "y")}) == "|7@3y");
  CHECK(stage.says(1, true, {entry(7, 3, "z")}) == "|7@4z");
  CHECK(stage.says(1, true, {entry(7, 4, "z")}) == "");  // it ignored two, and echoes the third
  CHECK(stage.says(1, true, {entry(7, 5, "-")}) == "7@5-");
}

TEST_CASE("68 the echo of a re-emission that crosses another one is not taken for a change") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.says(1, true, {entry(7, 1, "y")}) == "|7@3y");
  CHECK(stage.says(1, true, {entry(7, 2, "x")}) == "");
  CHECK(stage.says(1, true, {entry(7, 3, "y")}) == "");
  CHECK(show(stage.presence.present()) == "7@3y");
}

TEST_CASE("68 other ids are relayed if newer, and never owned") {
  Stage stage;
  stage.says(1, false, {entry(7, 1, "x")});
  CHECK(stage.says(1, true, {entry(8, 1, "y"), entry(9, 1, "z")}) == "8@1y 9@1z");
  CHECK(stage.leaves(1) == "7@3-");
  CHECK(stage.presence.present().size() == 2);
}

TEST_CASE("68 a peer that slept cannot remove the living") {
  Stage stage;
  stage.says(1, false, {entry(7, 3, "x")});
  CHECK(stage.says(2, true, {entry(7, 4, "-")}) == "");
  CHECK(stage.says(1, true, {entry(7, 4, "-")}) == "7@4-");  // the owner can
}

TEST_CASE("removals of unknown clients are no news, and a room holds only so many") {
  Stage stage;
  CHECK(stage.says(1, true, {entry(7, 3, "-")}) == "");
  std::vector<AwarenessEntry> crowd;
  for (std::uint64_t client = 0; client < 101; ++client) crowd.push_back(entry(client, 1, "x"));
  stage.says(1, true, crowd);
  CHECK(stage.presence.present().size() == 100);
}
