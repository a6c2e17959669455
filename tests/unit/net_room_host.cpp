// Which documents stay in memory. A host with a store in memory, without sockets: its tasks run when a test says so.
#include "net/rooms/room_host.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "net/clock.hpp"
#include "net/protocols/yws_protocol.hpp"
#include "net_typist.hpp"
#include "storage/memory_store.hpp"

using namespace stet;
using namespace stet::net;

namespace {

class Visitor final : public Membership {
 public:
  explicit Visitor(RoomHost& host) : Membership(host.draw_id(), "", {}) {}
  bool was_closed = false;
  std::size_t received_bytes = 0;  // none before its document is in memory

 private:
  void send(Frame frame) override { received_bytes += frame->size(); }
  void close(CloseCode, const char*) override { was_closed = true; }
};

// Documents are called by letters, and as long as told: in thousands of bytes.
class Stage {
 public:
  // Of what nobody is in, so many thousand bytes may stay.
  explicit Stage(std::size_t thousands) {
    limits_.idle_memory_bytes = thousands * 1'000;
    store.on_commits([this](std::vector<storage::Commit> commits) {
      tasks_.emplace_back([this, own = std::move(commits)] {
        for (const storage::Commit& commit : own) host_.committed(commit);
      });
    });
  }

  Visitor& enter(char doc) {
    visitors_.push_back(std::make_unique<Visitor>(host_));
    host_.join(std::string(1, doc), *visitors_.back());
    run();
    return *visitors_.back();
  }

  // Later than whatever was done before.
  void leave(Visitor& visitor) {
    const std::int64_t before_ms = steady_ms();
    while (steady_ms() == before_ms) {
    }
    host_.leave(visitor);
    run();
  }

  void receive(Visitor& visitor, const Frame& frame) {
    host_.receive(visitor, *frame);
    run();
  }

  Visitor& write(char doc, std::size_t thousands) {
    Visitor& visitor = enter(doc);
    Doc source;
    const std::size_t rest = 100;  // what an item and the frame of an update take
    const Bytes update = test::type(source, 0, std::string(thousands * 1'000 - rest, 'x'));
    receive(visitor, yws::encode({Kind::step2, update}));
    return visitor;
  }

  void visit(char doc) { leave(enter(doc)); }
  void visit(char doc, std::size_t thousands) { leave(write(doc, thousands)); }

  // What the store has told is done before.
  void tick() {
    run();
    host_.tick();
    run();
  }

  // Those of `docs` that are in memory. Nothing can be loaded any more afterwards.
  std::string in_memory(const std::string& docs) {
    std::string out;
    for (const char doc : docs) {
      store.damage(std::string(1, doc));
      if (!enter(doc).was_closed) out += doc;
    }
    return out;
  }

  storage::MemoryStore store;

 private:
  void run() {
    while (!tasks_.empty()) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

  Limits limits_;
  Census census_;
  std::deque<Task> tasks_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  RoomHost host_{store,
                 census_,
                 limits_,
                 [this](Task task) { tasks_.push_back(std::move(task)); },
                 [](std::int64_t, const Task&) {},
                 [this](Task task) { tasks_.push_back(std::move(task)); }};
};

}  // namespace

TEST_CASE("memory: what fits stays") {
  Stage stage(6);
  for (const char doc : {'a', 'b', 'c'}) stage.visit(doc, 2);
  stage.tick();
  CHECK(stage.in_memory("abc") == "abc");
}

TEST_CASE("memory: who was left first leaves first, and no more of them than must") {
  Stage stage(4);
  for (const char doc : {'c', 'b', 'a', 'd'}) stage.visit(doc, 2);
  stage.tick();
  CHECK(stage.in_memory("abcd") == "ad");
}

TEST_CASE("memory: it is looked after at each tick") {
  Stage stage(4);
  for (const char doc : {'a', 'b', 'c'}) stage.visit(doc, 2);
  stage.tick();
  stage.visit('d', 2);
  stage.tick();
  CHECK(stage.in_memory("abcd") == "cd");
}

TEST_CASE("memory: who is visited again is new again") {
  Stage stage(4);
  for (const char doc : {'a', 'b', 'c'}) stage.visit(doc, 2);
  stage.visit('a');
  stage.tick();
  CHECK(stage.in_memory("abc") == "ac");
}

TEST_CASE("memory: it is the last member that counts") {
  Stage stage(4);
  stage.visit('a', 2);
  Visitor& first = stage.enter('a');
  Visitor& last = stage.enter('a');
  stage.leave(first);
  stage.visit('b', 2);
  stage.visit('c', 2);
  stage.leave(last);
  stage.tick();
  CHECK(stage.in_memory("abc") == "ac");
}

TEST_CASE("memory: age decides, not size") {
  Stage stage(9);
  stage.visit('a', 1);
  stage.visit('b', 8);
  stage.visit('c', 1);
  stage.tick();
  CHECK(stage.in_memory("abc") == "bc");
}

TEST_CASE("memory: a document larger than all that may stay leaves, and those before it with it") {
  Stage stage(4);
  stage.visit('a', 1);
  stage.visit('b', 5);
  stage.visit('c', 1);
  stage.tick();
  CHECK(stage.in_memory("abc") == "c");
}

TEST_CASE("memory: a document with members stays, and is not counted") {
  Stage stage(4);
  stage.write('a', 100);
  stage.visit('b', 2);
  stage.visit('c', 2);
  stage.tick();
  CHECK(stage.in_memory("abc") == "abc");
}

TEST_CASE("memory: a document that waits for a commit stays until it came") {
  Stage stage(0);
  stage.store.hold();  // a document with queued writes cannot be loaded either
  stage.visit('a', 2);
  stage.tick();
  Visitor& visitor = stage.enter('a');
  CHECK(visitor.received_bytes > 0);
  stage.leave(visitor);
  stage.store.release();
  stage.tick();
  CHECK(stage.in_memory("a").empty());
}

TEST_CASE("memory: with nothing allowed, whatever nobody is in leaves") {
  Stage stage(0);
  stage.write('a', 2);
  stage.visit('b', 2);
  stage.tick();
  CHECK(stage.in_memory("ab") == "a");
}

TEST_CASE("memory: who comes back to a document that has left gets all of it") {
  Stage stage(0);
  stage.visit('a', 2);
  stage.tick();
  Visitor& visitor = stage.enter('a');
  stage.receive(visitor, yws::encode({Kind::step1, Bytes{0}}));
  CHECK(visitor.received_bytes > 1'900);
}
