// The contract of Store: every case runs against every store.
#include <atomic>
#include <chrono>
#include <future>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

using Kind = StoreError::Kind;

void append(Subject& subject, const std::string& doc, std::string_view update, std::int64_t time_ms = 1) {
  subject.store().append(doc, time_ms, "ann", 7, bytes(update));
}

Commit last_report(Subject& subject, std::size_t appends) { return subject.reports.wait_for(appends).back(); }

TEST_CASE("a document that nobody made is no error") {
  const auto subject = every_store();
  const LoadedDoc doc = value(load(subject->store(), "nothing"));
  CHECK_FALSE(doc.exists);
  CHECK(doc.head_seq == 0);
  CHECK(doc.tail.empty());
  CHECK(names(subject->store()).empty());
}

TEST_CASE("create makes an empty document once") {
  const auto subject = every_store();
  const DocInfo made = value(create(subject->store(), "plan", 50));
  CHECK(made.name == "plan");
  CHECK(made.created_ms == 50);
  CHECK(made.modified_ms == 50);
  CHECK(made.head_seq == 0);
  CHECK(names(subject->store()) == "plan");
  CHECK(value(load(subject->store(), "plan")).exists);
  CHECK(error(create(subject->store(), "plan")).kind == Kind::exists);
  append(*subject, "notes", "a");
  CHECK(error(create(subject->store(), "notes")).kind == Kind::exists);
}

TEST_CASE("a document is found with its kind") {
  const auto subject = every_store();
  CHECK(value(create(subject->store(), "plan", 50, "rich")).kind == "rich");
  append(*subject, "notes", "a");
  subject->reports.wait_for(1);
  subject->hold();
  append(*subject, "notes", "b");  // is not waited for
  CHECK(value(find(subject->store(), "plan"))->kind == "rich");
  CHECK(value(find(subject->store(), "notes"))->kind.empty());
  CHECK(value(find(subject->store(), "notes"))->head_seq == 1);
  CHECK_FALSE(value(find(subject->store(), "nothing")));
  CHECK(value(list(subject->store(), "plan")).front().kind == "rich");
  subject->release();
}

TEST_CASE("what is appended is loaded, byte for byte and in order") {
  const auto subject = every_store();
  const std::string author("\xff\0 anything", 11);
  const Bytes large(3'000'000, 0xa5);
  Store& store = subject->store();
  store.append("d", 5, "ann", std::numeric_limits<std::uint64_t>::max(), bytes("first"));
  store.append("d", -7, author, 0, bytes(""));
  store.append("d", 6, "", 1, std::make_shared<const Bytes>(large));
  const LoadedDoc doc = value(load(store, "d"));
  CHECK(doc.exists);
  CHECK(doc.snapshot_seq == 0);
  CHECK(doc.head_seq == 3);
  REQUIRE(doc.tail.size() == 3);
  CHECK(doc.tail[0].seq == 1);
  CHECK(doc.tail[0].time_ms == 5);
  CHECK(doc.tail[0].author == "ann");
  CHECK(doc.tail[0].session == std::numeric_limits<std::uint64_t>::max());
  CHECK(text_of(doc.tail[0].update) == "first");
  CHECK(doc.tail[1].seq == 2);
  CHECK(doc.tail[1].time_ms == -7);
  CHECK(doc.tail[1].author == author);
  CHECK(doc.tail[1].update.empty());
  CHECK(doc.tail[2].author.empty());
  CHECK(doc.tail[2].update == large);
}

TEST_CASE("names are bytes: case, NUL and length tell them apart") {
  const auto subject = every_store();
  const std::vector<std::string> docs = {"a", "A", std::string("a\0b", 3), "a/b", std::string(512, 'x'), "\xff"};
  for (const std::string& doc : docs) append(*subject, doc, "of " + doc);
  for (const std::string& doc : docs) CHECK(shown(value(load(subject->store(), doc))) == "of " + doc);
}

TEST_CASE("a commit reports each document once, with count and sequence") {
  const auto subject = every_store();
  append(*subject, "a", "a1");
  CHECK(last_report(*subject, 1).seq == 1);
  subject->hold();
  append(*subject, "a", "a2");
  append(*subject, "b", "b1");
  append(*subject, "a", "a3");
  append(*subject, "b", "b2");
  append(*subject, "b", "b3");
  CHECK(subject->reports.appends() == 1);
  subject->release();
  std::size_t of_a = 0;
  std::size_t of_b = 0;
  std::uint64_t seq_of_a = 0;
  std::uint64_t seq_of_b = 0;
  for (const Commit& commit : subject->reports.wait_for(6)) {
    CHECK_FALSE(commit.error);
    (commit.doc == "a" ? of_a : of_b) += commit.count;
    (commit.doc == "a" ? seq_of_a : seq_of_b) = commit.seq;
  }
  CHECK(of_a == 3);
  CHECK(seq_of_a == 3);
  CHECK(of_b == 3);
  CHECK(seq_of_b == 3);
}

TEST_CASE("a load waits for the writes of its document, and for no others") {
  const auto subject = every_store();
  append(*subject, "quiet", "q");
  subject->reports.wait_for(1);
  subject->hold();
  append(*subject, "busy", "x");
  append(*subject, "busy", "y");
  std::atomic<bool> loaded = false;
  std::atomic<std::size_t> reported_before = 0;
  std::string text;
  subject->store().load("busy", [&](const StoreResult<LoadedDoc>& result) {
    reported_before = subject->reports.appends();
    text = shown(value(result));
    loaded = true;
  });
  CHECK(shown(value(load(subject->store(), "quiet"))) == "q");
  CHECK(names(subject->store()) == "quiet");
  CHECK_FALSE(loaded);
  subject->release();
  load(subject->store(), "busy");  // completes after the one before it
  REQUIRE(loaded);
  CHECK(text == "x y");
  CHECK(reported_before == 3);
}

TEST_CASE("a load made while its commit is reported does not wait for the next one") {
  const auto subject = every_store();
  std::promise<std::string> loaded;
  subject->store().on_commits([&](const std::vector<Commit>& commits) {
    if (commits.front().doc != "first") return;
    subject->hold();
    append(*subject, "second", "x");
    subject->store().load("first", [&](const auto& result) { loaded.set_value(shown(value(result))); });
  });
  append(*subject, "first", "1");
  auto answer = loaded.get_future();
  REQUIRE(answer.wait_for(std::chrono::minutes(1)) == std::future_status::ready);
  CHECK(answer.get() == "1");
  subject->release();
}

TEST_CASE("a failed commit keeps nothing, fails all that is outstanding, and later ones are tried again") {
  const auto subject = every_store();
  append(*subject, "a", "kept");
  subject->reports.wait_for(1);
  subject->hold();
  append(*subject, "a", "lost");
  append(*subject, "a", "lost");
  append(*subject, "new", "lost");
  std::atomic<bool> failed = false;
  subject->store().create("other", "rich", 1, [&](const StoreResult<DocInfo>& result) {
    failed = std::holds_alternative<StoreError>(result);
  });
  subject->store().put_snapshot("a", 1, bytes("of what was lost"));
  subject->break_commits();
  subject->release();
  std::size_t count = 0;
  for (const Commit& commit : subject->reports.wait_for(4)) {
    if (!commit.error) continue;
    CHECK(commit.error->kind == Kind::unavailable);
    CHECK(commit.seq == 0);
    count += commit.count;
  }
  CHECK(count == 3);
  CHECK(shown(value(load(subject->store(), "a"))) == "kept");
  CHECK(failed);
  CHECK_FALSE(value(load(subject->store(), "new")).exists);
  CHECK(names(subject->store()) == "a");

  append(*subject, "a", "lost too");
  CHECK(last_report(*subject, 5).error);
  subject->mend_commits();
  append(*subject, "a", "again");
  const Commit commit = last_report(*subject, 6);
  CHECK_FALSE(commit.error);
  CHECK(commit.count == 1);
  CHECK(commit.seq == 2);
  CHECK(shown(value(load(subject->store(), "a"))) == "kept again");
}

TEST_CASE("a snapshot stands for the updates before it") {
  const auto subject = every_store();
  Store& store = subject->store();
  store.put_snapshot("d", 1, bytes("of nothing"));
  append(*subject, "d", "1");
  append(*subject, "d", "2");
  store.put_snapshot("d", 1, bytes("12"));
  append(*subject, "d", "3");
  LoadedDoc doc = value(load(store, "d"));
  CHECK(shown(doc) == "[12] 3");
  CHECK(doc.snapshot_seq == 2);
  CHECK(doc.head_seq == 3);
  CHECK(doc.tail[0].seq == 3);
  for (const char* state : {"123", "123'", "123''"}) store.put_snapshot("d", 1, bytes(state));
  CHECK(shown(value(load(store, "d"))) == "[123'']");
  append(*subject, "d", "4");
  CHECK(shown(value(load(store, "d"))) == "[123''] 4");
  store.put_snapshot("nobody", 1, bytes("of nothing"));
  CHECK_FALSE(value(load(store, "nobody")).exists);
}

TEST_CASE("a log is read in parts, whatever the snapshots") {
  const auto subject = every_store();
  Store& store = subject->store();
  CHECK_FALSE(value(read_log(store, "d")).exists);
  for (const char* update : {"1", "22", "333", "4444"}) append(*subject, "d", update, 5);
  store.put_snapshot("d", 1, bytes("all"));
  append(*subject, "d", "55555");
  const auto part = [&](std::uint64_t after, std::size_t limit, std::size_t bytes_of_updates) {
    const LogPage page = value(read_log(store, "d", {after, limit, bytes_of_updates}));
    CHECK(page.exists);
    CHECK(page.head_seq == 5);
    if (!page.entries.empty()) CHECK(page.entries.front().seq == after + 1);
    return shown(page.entries);
  };
  CHECK(part(0, 100, 100) == "1 22 333 4444 55555");
  CHECK(part(0, 2, 100) == "1 22");
  CHECK(part(1, 2, 100) == "22 333");
  CHECK(part(1, 100, 5) == "22 333");
  CHECK(part(1, 100, 6) == "22 333 4444");
  CHECK(part(3, 100, 0) == "4444");
  CHECK(part(3, 0, 100).empty());
  CHECK(part(5, 100, 100).empty());
  CHECK(part(std::numeric_limits<std::uint64_t>::max(), 100, 100).empty());
  const LogEntry entry = value(read_log(store, "d", {4, 1, 1})).entries.front();
  CHECK(entry.author == "ann");
  CHECK(entry.session == 7);
  CHECK(entry.time_ms == 1);
  subject->damage("d");
  CHECK(error(read_log(store, "d")).kind == Kind::corrupt);
}

TEST_CASE("any moment is loaded, by sequence and by time") {
  const auto subject = every_store();
  Store& store = subject->store();
  for (const std::int64_t time_ms : {10, 20, 20, 30}) {
    append(*subject, "d", std::to_string(subject->reports.appends() + 1), time_ms);
    value(load(store, "d"));
    if (time_ms == 20) store.put_snapshot("d", 1, bytes("to " + std::to_string(subject->reports.appends())));
  }
  const auto at = [&](Moment moment) {
    const LoadedDoc doc = value(load_at(store, "d", moment));
    CHECK(doc.head_seq == 4);
    return shown(doc);
  };
  CHECK(at({}) == "[to 3] 4");
  CHECK(at({.seq = 4}) == "[to 3] 4");
  CHECK(at({.seq = 3}) == "[to 3]");
  CHECK(at({.seq = 2}) == "[to 2]");
  CHECK(at({.seq = 1}) == "1");
  CHECK(at({.seq = 0}).empty());
  CHECK(at({.time_ms = 9}).empty());
  CHECK(at({.time_ms = 10}) == "1");
  CHECK(at({.time_ms = 29}) == "[to 3]");
  CHECK(at({.time_ms = 30}) == "[to 3] 4");
  CHECK(at({.seq = 2, .time_ms = 20}) == "[to 2]");
  CHECK_FALSE(value(load_at(store, "nobody", {.seq = 1})).exists);
  subject->damage("d");
  CHECK(error(load_at(store, "d", {.seq = 1})).kind == Kind::corrupt);
}

TEST_CASE("an edit keeps its tags") {
  const auto subject = every_store();
  Store& store = subject->store();
  store.append("d", 1, "ann", 7, bytes("1"), "agent\nasked-by=ben");
  store.append("d", 1, "ann", 7, bytes("2"));
  const LoadedDoc doc = value(load(store, "d"));
  CHECK(doc.tail[0].tags == "agent\nasked-by=ben");
  CHECK(doc.tail[1].tags.empty());
  CHECK(value(read_log(store, "d")).entries[0].tags == "agent\nasked-by=ben");
}

TEST_CASE("a version keeps its moment under a name, once") {
  const auto subject = every_store();
  Store& store = subject->store();
  CHECK(value(versions(store, "d")).empty());
  CHECK(error(put_version(store, "d", {"v", 1, 5, "ann"}, "")).kind == Kind::absent);
  for (const char* update : {"1", "2", "3"}) append(*subject, "d", update);
  CHECK(value(put_version(store, "d", {"second", 2, 5, "ann"}, "to 2")).seq == 2);
  CHECK(error(put_version(store, "d", {"second", 3, 6, "ben"}, "to 3")).kind == Kind::exists);
  CHECK(error(put_version(store, "d", {"later", 4, 6, "ben"}, "to 4")).kind == Kind::absent);
  CHECK(error(put_version(store, "d", {"before", 0, 6, "ben"}, "")).kind == Kind::absent);
  value(put_version(store, "d", {"first", 1, 7, "ben"}, "to 1"));
  value(put_version(store, "d", {"again", 2, 7, ""}, "to 2"));
  std::string all;
  for (const Version& version : value(versions(store, "d"))) {
    all += version.name + " " + std::to_string(version.seq) + " " + std::to_string(version.time_ms) + version.author +
           ", ";
  }
  CHECK(all == "first 1 7ben, again 2 7, second 2 5ann, ");
  CHECK(shown(value(load_at(store, "d", {.seq = 2}))) == "[to 2]");
  for (int i = 4; i < 9; ++i) {
    append(*subject, "d", std::to_string(i));
    store.put_snapshot("d", 1, bytes("a state that is longer than the log to " + std::to_string(i)));
  }
  CHECK(shown(value(load_at(store, "d", {.seq = 3}))) == "[to 2] 3");
}

TEST_CASE("a version that could not be committed is none") {
  const auto subject = every_store();
  append(*subject, "d", "1");
  subject->reports.wait_for(1);
  subject->break_commits();
  CHECK(error(put_version(subject->store(), "d", {"v", 1, 5, "ann"}, "to 1")).kind == Kind::unavailable);
  subject->mend_commits();
  CHECK(value(versions(subject->store(), "d")).empty());
}

TEST_CASE("a part of a log is read after the writes before it") {
  const auto subject = every_store();
  subject->hold();
  append(*subject, "d", "x");
  std::string text;
  std::atomic<bool> done = false;
  subject->store().read_log("d", {}, [&](const StoreResult<LogPage>& result) {
    text = shown(value(result).entries);
    done = true;
  });
  CHECK_FALSE(done);
  subject->release();
  load(subject->store(), "d");
  REQUIRE(done);
  CHECK(text == "x");
}

TEST_CASE("a list is the newest first, and finds names whatever their case") {
  const auto subject = every_store();
  append(*subject,
         "\xc3\x9c"
         "berblick",
         "x", 10);  // U with dots
  append(*subject, "plan/Berlin", "x", 30);
  value(create(subject->store(), "Plan B", 20));
  append(*subject, "\xff Plan", "x", 15);
  append(*subject, "plan/Berlin", "x", 31);
  subject->reports.wait_for(4);
  CHECK(names(subject->store()) ==
        "plan/Berlin Plan B \xff Plan \xc3\x9c"
        "berblick");
  CHECK(names(subject->store(), "", 2) == "plan/Berlin Plan B");
  CHECK(names(subject->store(), "", 0).empty());
  CHECK_FALSE(names(subject->store(), "", std::numeric_limits<std::size_t>::max()).empty());
  CHECK(names(subject->store(), "PLAN") == "plan/Berlin Plan B \xff Plan");
  CHECK(names(subject->store(),
              "\xc3\xbc"
              "BER") ==
        "\xc3\x9c"
        "berblick");
  CHECK(names(subject->store(), "%").empty());
  const DocInfo first = value(list(subject->store())).front();
  CHECK(first.created_ms == 30);
  CHECK(first.modified_ms == 31);
  CHECK(first.head_seq == 2);
}

TEST_CASE("a clock that jumps back changes no order") {
  const auto subject = every_store();
  for (const std::int64_t time_ms : {1000, 10, -5, 2000, 0}) append(*subject, "d", std::to_string(time_ms), time_ms);
  CHECK(shown(value(load(subject->store(), "d"))) == "1000 10 -5 2000 0");
}

TEST_CASE("a damaged document is refused, and the others are served") {
  const auto subject = every_store();
  append(*subject, "good", "1");
  append(*subject, "bad", "1");
  subject->reports.wait_for(2);
  subject->damage("bad");
  const StoreError refused = error(load(subject->store(), "bad"));
  CHECK(refused.kind == Kind::corrupt);
  CHECK(refused.what.find("'bad'") != std::string::npos);
  append(*subject, "good", "2");
  CHECK(shown(value(load(subject->store(), "good"))) == "1 2");
}

TEST_CASE("close commits what is queued and runs every completion, and then nothing") {
  const auto subject = every_store();
  std::atomic<int> completions = 0;
  for (int i = 0; i < 100; ++i) append(*subject, "d" + std::to_string(i % 10), "x");
  subject->store().create("made", "", 1, [&](const auto&) { ++completions; });
  subject->store().load("d1", [&](const auto& result) { completions += shown(value(result)).size() == 19 ? 1 : 0; });
  subject->store().list({}, [&](const auto&) { ++completions; });
  subject->store().close();
  CHECK(subject->reports.appends() == 100);
  CHECK(completions == 3);
  append(*subject, "d1", "late");
  subject->store().load("d1", [&](const auto&) { ++completions; });
  subject->store().create("late", "", 1, [&](const auto&) { ++completions; });
  subject->store().list({}, [&](const auto&) { ++completions; });
  subject->store().close();
  CHECK(subject->reports.appends() == 100);
  CHECK(completions == 3);
}

TEST_CASE("close gives up on a commit that is held back, and says so") {
  const auto subject = every_store();
  subject->hold();
  append(*subject, "d", "x");
  subject->store().close();
  const Commit commit = last_report(*subject, 1);
  REQUIRE(commit.error);
  CHECK(commit.error->kind == Kind::unavailable);
  CHECK(commit.count == 1);
}

TEST_CASE("many threads append at once, each document in its order") {
  const auto subject = every_store();
  constexpr int threads = 4;
  constexpr int appends = 500;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < appends; ++i) append(*subject, "d" + std::to_string(2 * t + i % 2), std::to_string(i));
      subject->store().load("d0", [](const auto&) {});
      subject->store().list({}, [](const auto&) {});
    });
  }
  for (std::thread& writer : writers) writer.join();
  subject->reports.wait_for(threads * appends);
  for (int d = 0; d < 2 * threads; ++d) {
    std::string expected;
    for (int i = d % 2; i < appends; i += 2) expected += (expected.empty() ? "" : " ") + std::to_string(i);
    CHECK(shown(value(load(subject->store(), "d" + std::to_string(d)))) == expected);
  }
}

}  // namespace
}  // namespace stet::storage::test
