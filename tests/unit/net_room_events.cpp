// Members that take events instead of frames, and edit through the room. The notation is in net_room_notation.hpp.
#include <random>

#include "net_room_notation.hpp"
#include "seed.hpp"

namespace {

const MemberProfile watcher{.dialect = Dialect::events, .root = "text"};

// One who comes back.
MemberProfile knows(Known known, char session = 0) {
  MemberProfile profile = watcher;
  profile.known = known;
  profile.session = static_cast<MemberId>(session);
  return profile;
}

storage::LoadedDoc stored(const Bytes& state, std::uint64_t seq) {
  storage::LoadedDoc doc;
  doc.exists = true;
  doc.snapshot = state;
  doc.snapshot_seq = doc.head_seq = seq;
  return doc;
}

storage::LogEntry entry(std::uint64_t seq, char session, const std::string& tags) {
  storage::LogEntry out;
  out.seq = seq;
  out.session = static_cast<std::uint64_t>(session);
  out.tags = tags;
  return out;
}

}  // namespace

TEST_CASE("a member without frames is told what is there, then each edit, and what of it is durable") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.update('a', stage.edit("u1", writer));
  CHECK(stage.join('e', watcher) == "e~open1\"x\" e~people");
  CHECK(stage.update('a', stage.edit("u2", writer, 2)) == "+u2 e~2(1+xx)");
  CHECK(stage.update('a', stage.edit("u3", writer)) == "+u3 e~3(3+x)");
  CHECK(stage.committed(2) == "a<u1 a<u2 e~durable2");
  CHECK(stage.committed(1) == "a<u3 e~durable3");
}

TEST_CASE("the versions that a member is told go on where the log ends") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.join('e', watcher);
  CHECK(stage.loaded(stored(stage.edit("u1", writer), 41)) == "e~open41\"x\" e~people");
  stage.join('a');
  stage.step2('a');
  CHECK(stage.update('a', stage.edit("u2", writer)) == "+u2 e~42(1+x)");
  CHECK(stage.committed(1) == "a<u2 e~durable42");
}

TEST_CASE("an edit elsewhere in the document is not told, but its version counts") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.join('e', watcher);
  Bytes elsewhere;
  const Subscription updates =
      writer.on_update([&](ByteView update, const TransactionInfo&) { elsewhere = {update.begin(), update.end()}; });
  writer.map("map").set("key", Any(true));
  stage.name(elsewhere, "elsewhere");
  CHECK(stage.update('a', elsewhere) == "+elsewhere");
  CHECK(stage.splice('e', 1, 0, {{0, 0, "x"}}) == "+? e~#1@2(0+x)");
}

TEST_CASE("members without frames edit by positions, those of Yjs get updates") {
  Stage stage;
  stage.gather("a");
  stage.join('e', watcher);
  stage.join('f', watcher);
  CHECK(stage.splice('e', 1, 0, {{0, 0, "hello"}}) == "+? e~#1@1(0+hello) f~1(0+hello)");
  // f has not heard of that yet
  CHECK(stage.splice('f', 1, 0, {{0, 0, "!"}}) == "+? e~2(5+!) f~#1@2(5+!)");
  CHECK(stage.splice('e', 2, 1, {{0, 1, "J"}, {4, 1, ""}}) == "+? e~#2@3(0-1+J 4-1) f~3(0-1+J 4-1)");
  CHECK(stage.committed(3) == "a<? e~durable3 f~durable3");
  Doc reader;
  CHECK(text_after(stage.last, reader) == "Jell!");
  CHECK(stage.splice('f', 2, 2, {{0, 1, ""}, {4, 1, ""}}) == "f~#2@3()");  // e has erased both
  stage.drain();
  CHECK(stage.splice('e', 3, 3, {{0, 0, "late"}}) == "e~#3!closed");
}

TEST_CASE("an edit of the server's own goes to members of Yjs once it is durable, and so does a state that holds it") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.gather("a");
  stage.join('e', watcher);
  CHECK(stage.splice('e', 1, 0, {{0, 0, "x"}}) == "+? e~#1@1(0+x)");
  CHECK(stage.update('a', stage.edit("u1", writer)) == "+u1 e~2(0+x)");
  CHECK(stage.join('b') == "b<step1");
  CHECK(stage.step1('b') == "");
  CHECK(stage.update('a', stage.edit("u2", writer)) == "b<u2 +u2 e~3(1+x)");
  CHECK(stage.splice('e', 2, 3, {{0, 1, "y"}}) == "+? e~#2@4(0-1+y)");
  CHECK(stage.step1('b', {0}) == "");  // asked again: the first answer would be of no use
  CHECK(stage.committed(1) == "a<? b<? e~durable1");
  CHECK(stage.committed(2) == "a<u1 a<u2 e~durable3");
  CHECK(stage.committed(1) == "a<? b<? b<diff e~durable4");
  Doc reader;
  CHECK(text_after(stage.last, reader) == "yxx");
}

TEST_CASE("what was held back from a member that lags since is not forgotten") {
  Stage stage;
  Doc writer({.client_id = 1});
  stage.limits.queue_bytes = 300;
  stage.gather("ab");
  stage.join('e', watcher);
  stage.splice('e', 1, 0, {{0, 0, "held"}});
  stage.update('a', stage.edit("large", writer, 400));  // b lags from here on
  CHECK(stage.committed(2) == "a<large a<? e~durable2");
  CHECK(stage.written('b') == "b<diff");
  Doc reader;
  CHECK(text_after(stage.last, reader).find("held") != std::string::npos);
}

TEST_CASE("an edit of the server's own that cannot be saved goes to no member of Yjs") {
  Stage stage;
  stage.gather("a");
  stage.join('e', watcher);
  stage.splice('e', 1, 0, {{0, 0, "lost"}});
  CHECK(stage.committed(1, true) == "a!1013 e!1013");
}

TEST_CASE("an edit that is sent again is applied once") {
  Stage stage;
  stage.join('e', watcher);
  stage.loaded();
  stage.splice('e', 1, 0, {{0, 0, "a"}});
  CHECK(stage.splice('e', 1, 0, {{0, 0, "a"}}) == "e~#1@1()");
  stage.leave('e');
  CHECK(stage.join('f', knows({0, stage.epoch, 0}, 'e')) == "f~open1(0+a)#1 f~people");
  CHECK(stage.splice('f', 1, 0, {{0, 0, "a"}}) == "f~#1@1()");
  CHECK(stage.splice('f', 2, 1, {{1, 0, "b"}}) == "+? f~#2@2(1+b)");
}

TEST_CASE("edits that are refused leave no trace") {
  Stage stage;
  stage.join('e', watcher);
  CHECK(stage.splice('e', 1, 0, {{0, 0, "a"}}) == "e~#1!closed");  // not loaded yet
  stage.loaded();
  CHECK(stage.splice('e', 1, 0, {{0, 0, "\xf0\x9f\x98\x80"}}) == "+? e~#1@1(0+\xf0\x9f\x98\x80)");
  CHECK(stage.splice('e', 2, 1, {{1, 0, "a"}}) == "e~#2!pair");
  CHECK(stage.splice('e', 3, 1, {{0, 1, ""}}) == "e~#3!pair");
  CHECK(stage.splice('e', 4, 1, {{3, 0, "a"}}) == "e~#4!bad");
  CHECK(stage.splice('e', 5, 1, {{0, 3, ""}}) == "e~#5!bad");
  CHECK(stage.splice('e', 6, 1, {{1, 1, ""}, {0, 1, ""}}) == "e~#6!bad");
  CHECK(stage.splice('e', 7, 2, {{0, 0, "a"}}) == "e~#7!stale");
  CHECK(stage.splice('e', 8, 1, {{0, 2, "b"}}) == "+? e~#8@2(0-2+b)");
}

TEST_CASE("one who comes back is told what came since") {
  Stage stage;
  stage.join('e', watcher);
  stage.loaded();
  for (std::uint64_t i = 0; i < 4; ++i) stage.splice('e', i + 1, i, {{i, 0, "x"}});
  const std::uint64_t epoch = stage.epoch;
  CHECK(stage.join('f', knows({2, epoch, 0})) == "f~open4(2+xx) f~people");
  CHECK(stage.join('g', knows({4, epoch, 0})) == "g~open4() g~people");
  CHECK(stage.join('h', knows({2, epoch - 1, 1})) == "h~open4\"xxxx\" h~people");  // that version 2 was another
  CHECK(stage.join('i', knows({2, epoch - 1, 2})) == "i~open4(2+xx) i~people");
  CHECK(stage.join('j', knows({5, epoch, 5})) == "j~open4\"xxxx\" j~people");  // 97 from the future
}

TEST_CASE("after a restart a version that was durable is looked up, and what a session left in the log") {
  Doc writer({.client_id = 1});
  Stage stage;
  const Bytes then = stage.edit("u1", writer, 5);
  net::test::type(writer, 2, "abc");
  const auto start = [&](Stage& restarted, const MemberProfile& profile) {
    restarted.join('e', profile);
    return restarted.loaded(stored(writer.encode_state(), 9));
  };
  CHECK(start(stage, knows({7, 1, 7})) == "load@7");
  CHECK(stage.recalled<storage::LoadedDoc>('e', stored(then, 7)) == "e~open9(2+abc) e~people");

  Stage damaged;
  start(damaged, knows({7, 1, 7}));
  const storage::StoreError error{storage::StoreError::Kind::absent, "gone"};
  CHECK(damaged.recalled<storage::LoadedDoc>('e', error) == "e~open9\"xxabcxxx\" e~people");

  Stage edited;
  CHECK(start(edited, knows({9, 1, 6}, 'o')) == "log>6");
  storage::LogPage page{true, 9, {entry(7, 'o', "thin-edit=111/3\nagent=bot"), entry(8, 'x', "thin-edit=120/8")}};
  CHECK(edited.recalled<storage::LogPage>('e', page) == "log>8");
  page.entries = {entry(9, 'o', "other")};
  CHECK(edited.recalled<storage::LogPage>('e', page) == "e~open9\"xxabcxxx\"#3 e~people");
}

TEST_CASE("a reader that dropped what it was told catches up by the difference, or by all") {
  Stage stage;
  stage.limits.history_bytes = 1'000;
  stage.join('e', watcher);
  stage.loaded();
  for (std::uint64_t i = 0; i < 3; ++i) stage.splice('e', i + 1, i, {{i, 0, "x"}});
  CHECK(stage.catch_up('e', 1) == "e~caught3(1+xx) e~durable0 e~people");
  stage.splice('e', 4, 3, {{0, 0, std::string(900, 'y')}});
  CHECK(stage.catch_up('e', 1) == "e~caught4\"" + std::string(900, 'y') + "xxx\" e~durable0 e~people");
}

TEST_CASE("presence: Yjs editors see those without frames, and the reverse") {
  Stage stage;
  stage.gather("a");
  stage.join('e', watcher);
  stage.splice('e', 1, 0, {{0, 0, "hello"}});
  stage.now_ms = 1'000;
  const std::string told = stage.present('e', "Ada", Cursor{1, 3});
  CHECK(told.find("a<101@") == 0);  // e, as a client of Yjs
  CHECK(told.find("e~people,Ada1-3") != std::string::npos);
  stage.now_ms = 2'000;
  CHECK(stage.splice('e', 2, 1, {{0, 0, ">>"}}) == "+? e~#2@2(0+>>)");
  CHECK(stage.join('f', watcher) == "f~open2\">>hello\" f~people,Ada3-5");
  // Presence expires unless it is renewed, which the room does for them.
  for (int i = 0; i < 60; ++i) stage.wait(1'000);
  CHECK(stage.join('g', watcher).find("people,Ada3-5") != std::string::npos);
  CHECK(stage.leave('e').find("f~people g~people") != std::string::npos);
}

TEST_CASE("who is there is told ten times a second at most") {
  Stage stage;
  stage.join('e', watcher);
  stage.loaded();
  stage.now_ms = 1'000;
  CHECK(stage.present('e', "A").find("people,A") != std::string::npos);
  CHECK(stage.present('e', "B").find("people") == std::string::npos);
  CHECK(stage.wait(1'000) == "e~people,B");
}

TEST_CASE("after a failed commit the server edits under another client id, in another epoch") {
  Stage stage;
  stage.join('e', watcher);
  stage.loaded();
  const std::uint64_t epoch = stage.epoch;
  stage.splice('e', 1, 0, {{0, 0, "lost"}});
  CHECK(stage.committed(1, true) == "e!1013");
  stage.join('e', knows({1, epoch, 0}));
  CHECK(stage.loaded() == "e~open0\"\" e~people");
}

TEST_CASE("random edits of members with and without a document, told late: all have the same in the end") {
  for (std::uint32_t round = 0; round < 60; ++round) {
    std::mt19937 engine(stet::test::seed("thin convergence", round));
    const auto below = [&](std::uint64_t end) {
      return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine);
    };
    INFO("round " << round);
    Stage stage;
    stage.limits.history_bytes = 100'000;
    stage.gather("ab");
    Doc yjs[2] = {Doc({.client_id = 1}), Doc({.client_id = 2})};
    struct Thin {
      std::string text;
      std::uint64_t version = 0;
      std::uint64_t last_edit = 0;
      std::vector<SharedEvent> told;
    };
    std::map<MemberId, Thin> thin;
    for (const char member : {'e', 'f', 'g'}) {
      stage.join(member, watcher);
      thin[static_cast<MemberId>(member)];
    }
    std::size_t uncommitted = 0;
    const auto deliver = [&] {
      for (const Action& action : stage.last) {
        if (const auto* tell = std::get_if<Tell>(&action)) thin[tell->to].told.push_back(tell->event);
        if (std::holds_alternative<Append>(action)) ++uncommitted;
        const auto* send = std::get_if<Send>(&action);
        if (!send) continue;
        const auto message = yws::decode(*send->frame);
        if (message->kind == Kind::update) REQUIRE(yjs[send->to - 'a'].apply_update(message->payload).ok());
      }
    };
    const auto commit = [&](std::size_t count) {
      stage.committed(count);
      uncommitted -= count;
      deliver();
    };
    const auto hear = [&](Thin& member) {
      const auto take = [&](std::uint64_t version, const TextDelta& delta) {
        member.text = spliced(member.text, delta);
        member.version = version;
      };
      for (const SharedEvent& event : std::exchange(member.told, {})) {
        if (const auto* changed = std::get_if<Changed>(event.get())) take(changed->version, changed->delta);
        if (const auto* accepted = std::get_if<Accepted>(event.get())) take(accepted->version, accepted->delta);
        REQUIRE(!std::holds_alternative<Refused>(*event));
      }
    };
    for (int step = 0; step < 120; ++step) {
      const std::string word(below(3) + 1, static_cast<char>('a' + below(26)));
      if (below(3) == 0) {
        const std::uint64_t number = below(2);
        const std::uint64_t length = yjs[number].text("text").length();
        const Bytes update = below(2) == 0 && length > 0 ? net::test::erase(yjs[number], below(length), below(4) + 1)
                                                         : net::test::type(yjs[number], below(length + 1), word);
        if (!update.empty()) stage.update(static_cast<char>('a' + number), update);
      } else {
        const auto member = static_cast<char>('e' + below(3));
        Thin& writer = thin[static_cast<MemberId>(member)];
        const std::uint64_t length = writer.text.size();
        const std::uint64_t at = below(length + 1);
        stage.splice(member, ++writer.last_edit, writer.version,
                     {{at, below(std::min<std::uint64_t>(length - at, 3) + 1), word}});
      }
      deliver();
      if (below(3) == 0) commit(below(uncommitted + 1));
      if (below(3) == 0) hear(thin[static_cast<MemberId>('e' + below(3))]);
      stage.written('a');
      stage.written('b');
    }
    commit(uncommitted);
    for (auto& [id, member] : thin) hear(member);
    CHECK(yjs[0].text("text").to_string() == yjs[1].text("text").to_string());
    for (auto& [id, member] : thin) CHECK(member.text == yjs[0].text("text").to_string());
  }
}
