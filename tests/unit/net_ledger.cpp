// Who wrote what: the ledger of a log, what it tells of people, and what taking back is made of.
#include "net/history/ledger.hpp"

#include <string>

#include "catch.hpp"
#include "net/history/activity.hpp"
#include "stet/types.hpp"

using namespace stet;
using namespace stet::net;

namespace {

// A document that people edit one after the other, and its log.
class Story {
 public:
  Text text() { return doc_.text("text"); }

  // Each edit is a document's own client, as if everyone had a connection.
  void edit(const std::string& author, std::int64_t time_ms, const std::function<void(Text)>& change,
            const std::string& tags = {}) {
    Doc own({.client_id = 100 + author.size() + static_cast<std::uint64_t>(author[0]), .gc = false});
    REQUIRE(own.apply_update(doc_.encode_state()).ok());
    Bytes update;
    const Subscription updates =
        own.on_update([&](ByteView bytes, const TransactionInfo&) { update.assign(bytes.begin(), bytes.end()); });
    change(own.text("text"));
    add({++seq_, time_ms, author, author.size(), update, tags});
  }
  void add(const storage::LogEntry& entry) {
    seq_ = entry.seq;
    REQUIRE(doc_.apply_update(entry.update).ok());
    REQUIRE(ledger.add(entry).ok());
    // One that keeps units only counts the same.
    REQUIRE(counts_.add(entry).ok());
    REQUIRE(counts_.edits().size() == 1);
    CHECK(counts_.edits().back().inserted == ledger.edits().back().inserted);
    CHECK(counts_.edits().back().deleted == ledger.edits().back().deleted);
  }

  // As the server does it: new edits on a document that keeps everything, which then join the log.
  std::string take_back(const EditFilter& filter) {
    const UpdateUnits units = ledger.units(filter);
    Doc own({.client_id = ++server_, .gc = false});
    REQUIRE(own.apply_update(doc_.encode_state()).ok());
    Bytes update;
    const Subscription updates =
        own.on_update([&](ByteView bytes, const TransactionInfo&) { update.assign(bytes.begin(), bytes.end()); });
    if (!stet::take_back(own, units.inserted, units.deleted)) return "nothing: " + text().to_string();
    add({seq_ + 1, 0, "server", 9, update, "revert\n" + restoring_tags(units.deleted)});
    return text().to_string();
  }

  Ledger ledger;

 private:
  Doc doc_{{.gc = false}};
  Ledger counts_{Ledger::Keep::units};
  std::uint64_t seq_ = 0;
  std::uint64_t server_ = 1;
};

std::string shown(const std::vector<Authorship>& parts) {
  std::string text;
  for (const Authorship& part : parts) {
    text += (text.empty() ? "" : " ") + (part.known ? part.author : "?") + ":'" + part.text + "'";
  }
  return text;
}

std::string shown(const std::vector<Activity>& groups) {
  std::string text;
  for (const Activity& group : groups) {
    text += (text.empty() ? "" : ", ") + group.author + " " + std::to_string(group.first_seq) + "-" +
            std::to_string(group.last_seq) + " +" + std::to_string(group.inserted) + " -" +
            std::to_string(group.deleted);
  }
  return text;
}

}  // namespace

TEST_CASE("a text tells who wrote which part of it") {
  Story story;
  story.edit("ann", 1'000, [](Text t) { t.insert(0, "Hello w\xc3\xb6rld"); });
  story.edit("ben", 2'000, [](Text t) { t.insert(5, " \xf0\x9f\x98\x80 big"); });
  story.edit("ann", 3'000, [](Text t) { t.insert(t.length(), "!"); });
  story.edit("ben", 4'000, [](Text t) { t.erase(0, 1); });
  CHECK(shown(blame(story.ledger, story.text())) == "ann:'ello' ben:' \xf0\x9f\x98\x80 big' ann:' w\xc3\xb6rld!'");
  const auto parts = blame(story.ledger, story.text());
  CHECK(parts[1].length == 7);
  CHECK(parts[1].first_seq == 2);
  CHECK(parts[2].first_seq == 1);
  CHECK(parts[2].last_seq == 3);
  CHECK(parts[2].last_ms == 3'000);
  // With a shorter pause than lies between them, the same author's two edits are two parts.
  CHECK(shown(blame(story.ledger, story.text(), 500)).ends_with("ann:' w\xc3\xb6rld' ann:'!'"));
  const Ledger nobody;
  CHECK(shown(blame(nobody, story.text())) == "?:'ello \xf0\x9f\x98\x80 big w\xc3\xb6rld!'");
}

TEST_CASE("activity groups edits by author, tags and pause, and can be filtered") {
  Story story;
  story.edit("ann", 0, [](Text t) { t.insert(0, "aaaa"); });
  story.edit("ben", 1'000, [](Text t) { t.insert(0, "bb"); });
  story.edit("ann", 2'000, [](Text t) { t.erase(0, 3); });
  story.edit("ann", 900'000, [](Text t) { t.insert(0, "later"); });
  story.edit("ann", 900'001, [](Text t) { t.insert(0, "robot"); }, "agent\nasked-by=ann");
  CHECK(shown(activities(story.ledger, {})) == "ann 5-5 +5 -0, ann 4-4 +5 -0, ann 1-3 +4 -3, ben 2-2 +2 -0");
  CHECK(shown(activities(story.ledger, {.author = "ben"})) == "ben 2-2 +2 -0");
  CHECK(shown(activities(story.ledger, {.tag = "agent"})) == "ann 5-5 +5 -0");
  CHECK(shown(activities(story.ledger, {.tag = "gent"})).empty());
  CHECK(shown(activities(story.ledger, {.session = 3, .after_seq = 1, .to_seq = 4})) ==
        "ann 4-4 +5 -0, ann 3-3 +0 -3, ben 2-2 +2 -0");
  CHECK(shown(activities(story.ledger, {.from_ms = 500, .to_ms = 2'000})) == "ann 3-3 +0 -3, ben 2-2 +2 -0");
  CHECK(shown(activities(story.ledger, {}, 0)).find("ann 1-1") != std::string::npos);
  CHECK(activities(story.ledger, {.tag = "agent"}).front().tags == "agent\nasked-by=ann");
}

TEST_CASE("an update that came twice is that of the first, and a broken one is an error") {
  Story story;
  story.edit("ann", 1, [](Text t) { t.insert(0, "abc"); });
  Doc other({.client_id = 5});
  other.text("text").insert(0, "x");
  const storage::LogEntry entry{2, 2, "ben", 1, other.encode_state(), ""};
  story.add(entry);
  story.add({3, 3, "eve", 1, other.encode_state(), ""});
  CHECK(story.ledger.made_by(5, 0).edit->seq == 2);
  CHECK(story.ledger.edits().back().inserted == 0);
  CHECK_FALSE(*story.ledger.add(entry));
  CHECK_FALSE(story.ledger.add({4, 3, "eve", 1, Bytes{9, 9}, ""}).ok());
  CHECK(story.ledger.seq() == 3);
}

TEST_CASE("a moment is restored, also after what was done since") {
  Story story;
  story.edit("ann", 1, [](Text t) { t.insert(0, "one two three"); });
  story.edit("ann", 2, [](Text t) { t.erase(0, 4); });
  story.edit("ben", 3, [](Text t) { t.insert(3, " and"); });
  CHECK(story.text().to_string() == "two and three");
  CHECK(story.take_back({.after_seq = 1}) == "one two three");
  CHECK(story.take_back({.after_seq = 3}) == "two and three");  // the restoring itself is taken back
  CHECK(story.take_back({.after_seq = 0}).empty());
}

TEST_CASE("one author is taken back, others stay, and nothing deleted long ago comes with it") {
  Story story;
  story.edit("ann", 1, [](Text t) { t.insert(0, "keep [old] this"); });
  story.edit("ann", 2, [](Text t) { t.erase(5, 6); });
  story.edit("ben", 3, [](Text t) { t.erase(0, 5); });
  story.edit("ben", 4, [](Text t) { t.insert(0, "BEN "); });
  story.edit("cat", 5, [](Text t) { t.insert(t.length(), " now"); });
  story.edit("cat", 6, [](Text t) { t.insert(2, "c"); });
  CHECK(story.text().to_string() == "BEcN this now");
  CHECK(story.take_back({.author = "ben"}) == "keep cthis now");
  CHECK(story.take_back({.author = "ben"}) == "nothing: keep cthis now");
  CHECK(story.take_back({.after_seq = 1}) == "keep [old] this");
}

TEST_CASE("tags that tell what came back are not shown, and nonsense in them is nothing") {
  Story story;
  story.edit(
      "ann", 1, [](Text t) { t.insert(0, "abc"); },
      "revert\nrestores=1:2:3\nrestores=\nrestores=1:2\nrestores=1:2:x\nrestores=1:2:3:4\nrestores="
      "99999999999999999999:1:1");
  CHECK(story.ledger.tags(story.ledger.edits().front()) == "revert");
  CHECK(restoring_tags({{1, 2, 3}, {4, 5, 6}}) == "restores=1:2:3\nrestores=4:5:6");
}
