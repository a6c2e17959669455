// A room among clients that type, lag, are cut off and come back, over a log whose commits take their time and fail, in
// a server that crashes. Every message is delivered in an order drawn from a seed; STET_SEED replays one.
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "net/protocols/yws_protocol.hpp"
#include "net/rooms/room.hpp"
#include "net_typist.hpp"
#include "seed.hpp"

using namespace stet;
using namespace stet::net;

namespace {

// Each insertion is one character that occurs nowhere else, so that the text tells what has arrived.
std::string unique_character(std::uint32_t number) {
  const std::uint32_t code = 0x4e00 + number;
  return {static_cast<char>(0xe0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

std::set<std::string> characters(const std::string& text) {
  std::set<std::string> out;
  for (std::size_t at = 0; at < text.size(); at += 3) out.insert(text.substr(at, 3));
  return out;
}

// A stock client: answers a step 1, and after each connect asks whether all that it typed is durable.
struct Client {
  explicit Client(std::uint64_t id) : number(id), doc({.client_id = id}) {}

  std::uint64_t number;  // from 1 on
  Doc doc;
  MemberId connection = 0;  // 0: none
  std::deque<Frame> to_server;
  std::deque<Frame> from_server;
  std::set<std::string> typed;                               // not yet known to be durable
  std::deque<std::pair<Bytes, std::set<std::string>>> sent;  // on this connection: updates, and what each vouches for
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    limits_.queue_bytes = 200;
    limits_.merge_bytes = 60;
    limits_.linger_ms = 5'000;
    limits_.request_burst = 1e9;
    limits_.farewell_updates = 3;
    limits_.snapshot_updates = 10;
    for (std::uint64_t id = 1; id <= 4; ++id) clients_.push_back(std::make_unique<Client>(id));
    start();
  }

  void step() {
    Client& client = *clients_[draw(clients_.size())];
    const std::uint64_t dice = draw(400);
    if (dice < 1) return crash();
    if (dice < 2) return commit(true);
    if (dice < 6) return cut(client);
    if (dice < 10) return wait(static_cast<std::int64_t>(draw(8'000)));
    if (dice < 30) return erase(client);
    if (dice < 100) return type(client);
    if (dice < 140) return commit(false);
    if (dice < 160) return client.connection == 0 ? connect(client) : ask(client);
    if (dice < 180) return end_turn();
    if (dice < 300) return deliver_to_server(client);
    // The later a client was made, the slower it reads.
    if (draw(4) >= client.number - 1) return deliver_to_client(client);
  }

  // Everybody comes back, and everything arrives.
  void settle() {
    for (const auto& client : clients_) {
      if (client->connection == 0) connect(*client);
    }
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      for (const auto& client : clients_) {
        while (!client->to_server.empty()) deliver_to_server(*client), is_busy = true;
        while (!client->from_server.empty()) deliver_to_client(*client), is_busy = true;
      }
      if (outstanding_ > 0) commit(false), is_busy = true;
      if (turn_lasts_) end_turn(), is_busy = true;
    }
    const std::string text = clients_[0]->doc.text("text").to_string();
    for (const auto& client : clients_) {
      REQUIRE(client->doc.text("text").to_string() == text);
      REQUIRE(client->typed.empty());
    }
    REQUIRE(durable_text() == text);
  }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  void start() {
    room_ = std::make_unique<Room>(limits_);
    outstanding_ = 0;
    log_.resize(durable_);
    loading_ = false;
    turn_lasts_ = false;
  }

  void crash() {
    for (const auto& client : clients_) forget_connection(*client);
    start();
  }

  void forget_connection(Client& client) {
    client.connection = 0;
    client.to_server.clear();
    client.from_server.clear();
    client.sent.clear();
  }

  void cut(Client& client) {
    if (client.connection == 0) return;
    const MemberId gone = client.connection;
    forget_connection(client);
    call([&](Actions& out) { room_->leave(gone, now_ms_, out); });
  }

  void connect(Client& client) {
    client.connection = ++last_connection_;
    client.to_server.push_back(yws::encode({Kind::step1, client.doc.encode_state_vector()}));
    call([&](Actions& out) { room_->join(client.connection, {}, now_ms_, out); });
  }

  void type(Client& client) {
    const std::string character = unique_character(next_character_++);
    client.typed.insert(character);
    send(client, net::test::type(client.doc, draw(client.doc.text("text").length() + 1), character), {character});
  }

  void erase(Client& client) {
    Text text = client.doc.text("text");
    if (text.length() == 0) return;
    const std::uint64_t position = draw(text.length());
    const std::string character = text.to_string().substr(position * 3, 3);
    erased_.insert(character);
    send(client, net::test::erase(client.doc, position, 1), {});
  }

  void ask(Client& client) { send(client, {0, 0}, client.typed); }

  void send(Client& client, const Bytes& update, std::set<std::string> vouched) {
    if (client.connection == 0) return;
    client.to_server.push_back(yws::encode({Kind::update, update}));
    client.sent.emplace_back(update, std::move(vouched));
  }

  void deliver_to_server(Client& client) {
    if (client.to_server.empty()) return;
    const Frame frame = client.to_server.front();
    client.to_server.pop_front();
    call([&](Actions& out) { room_->receive(client.connection, *frame, now_ms_, out); });
  }

  void deliver_to_client(Client& client) {
    if (client.from_server.empty()) return;
    const Frame frame = client.from_server.front();
    client.from_server.pop_front();
    const auto message = yws::decode(*frame);
    REQUIRE(message.ok());
    if (message->kind == Kind::step1) {
      const auto diff = client.doc.encode_diff(message->payload);
      REQUIRE(diff.ok());
      client.to_server.push_back(yws::encode({Kind::step2, *diff}));
      ask(client);
    } else if (message->kind == Kind::step2 || message->kind == Kind::update) {
      if (message->kind == Kind::update) acknowledged(client, message->payload);
      REQUIRE(client.doc.apply_update(message->payload).ok());
    }
    const MemberId connection = client.connection;
    call([&](Actions& out) { room_->written(connection, frame->size(), now_ms_, out); });
  }

  // An update of another client is never equal to one of its own.
  void acknowledged(Client& client, ByteView update) {
    if (client.sent.empty() || !std::ranges::equal(client.sent.front().first, update)) return;
    const std::set<std::string> durable = characters(durable_text());
    for (const std::string& character : client.sent.front().second) {
      INFO("acknowledged, and not durable");
      REQUIRE((durable.contains(character) || erased_.contains(character)));
      client.typed.erase(character);
    }
    client.sent.pop_front();
  }

  std::string durable_text() const {
    Doc doc;
    for (std::size_t i = 0; i < durable_; ++i) REQUIRE(doc.apply_update(*log_[i]).ok());
    return doc.text("text").to_string();
  }

  void commit(bool fails) {
    if (outstanding_ == 0) return;
    const std::size_t count = fails ? outstanding_ : 1 + draw(outstanding_);
    if (fails) {
      log_.resize(durable_);
    } else {
      durable_ += count;
    }
    outstanding_ -= count;
    call([&](Actions& out) { room_->committed(count, fails, now_ms_, out); });
    load();
  }

  // As a store does: a load sees all writes before it.
  void load() {
    if (!loading_ || outstanding_ > 0) return;
    loading_ = false;
    storage::LoadedDoc stored;
    for (std::size_t i = 0; i < durable_; ++i) stored.tail.push_back({i + 1, 0, "", 1, *log_[i]});
    call([&](Actions& out) { room_->loaded(std::move(stored), 1'000, now_ms_, out); });
  }

  void end_turn() {
    if (!std::exchange(turn_lasts_, false)) return;
    call([&](Actions& out) { room_->end_turn(now_ms_, out); });
  }

  void wait(std::int64_t ms) {
    now_ms_ += ms;
    call([&](Actions& out) { room_->tick(now_ms_, out); });
  }

  template <class Call>
  void call(Call what) {
    Actions out;
    what(out);
    REQUIRE(room_->check() == "");
    for (Action& action : out) perform(action);
    load();
  }

  void perform(Action& action) {
    if (auto* append = std::get_if<Append>(&action)) {
      log_.push_back(append->update);
      ++outstanding_;
    } else if (std::holds_alternative<Load>(action)) {
      loading_ = true;
    } else if (std::holds_alternative<EndTurn>(action)) {
      REQUIRE(!std::exchange(turn_lasts_, true));
    } else if (auto* snapshot = std::get_if<PutSnapshot>(&action)) {
      Doc doc;
      REQUIRE(doc.apply_update(*snapshot->state).ok());
    } else if (auto* sent = std::get_if<Send>(&action)) {
      for (const auto& client : clients_) {
        if (client->connection == sent->to) client->from_server.push_back(sent->frame);
      }
    } else if (auto* closed = std::get_if<Close>(&action)) {
      REQUIRE(closed->code == CloseCode::try_again);
      for (const auto& client : clients_) {
        if (client->connection == closed->member) forget_connection(*client);
      }
    }
  }

  std::mt19937_64 random_;
  Limits limits_;
  std::unique_ptr<Room> room_;
  std::vector<std::unique_ptr<Client>> clients_;
  MemberId last_connection_ = 0;
  std::int64_t now_ms_ = 0;
  std::uint32_t next_character_ = 0;
  std::set<std::string> erased_;
  std::vector<storage::SharedBytes> log_;  // durable, then outstanding
  std::size_t durable_ = 0;
  std::size_t outstanding_ = 0;
  bool loading_ = false;
  bool turn_lasts_ = false;  // the room has asked for its end
};

}  // namespace

TEST_CASE("whatever happens, all end with the same text, and what was acknowledged is durable") {
  const std::uint64_t seed = stet::test::run_seed();
  for (std::uint64_t round = 0; round < 40; ++round) {
    CAPTURE(seed, round);
    World world(seed + round);
    for (int step = 0; step < 3'000; ++step) world.step();
    world.settle();
  }
}
