#include "net/room_host.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>

#include "net/clock.hpp"

namespace stet::net {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

Place& RoomHost::place_of(const std::string& doc) {
  std::unique_ptr<Place>& place = places_[doc];
  if (!place) {
    place = std::make_unique<Place>(doc, limits_);
    if (draining_) place->room.drain(steady_ms(), actions_);
  }
  return *place;
}

void RoomHost::join(const std::string& doc, Connection& connection) {
  Place& place = place_of(doc);
  connection.place_ = &place;
  place.connections.emplace(connection.id(), &connection);
  census_.joined(doc);
  place.room.join(connection.id(), steady_ms(), actions_);
  run(place);
}

void RoomHost::receive(Connection& connection, ByteView frame) {
  if (!connection.place_) return;
  Place& place = *connection.place_;
  place.room.receive(connection.id(), frame, steady_ms(), actions_);
  run(place);
}

void RoomHost::written(Connection& connection, std::size_t bytes) {
  if (!connection.place_) return;
  Place& place = *connection.place_;
  place.room.written(connection.id(), bytes, steady_ms(), actions_);
  run(place);
}

void RoomHost::leave(Connection& connection) {
  if (!connection.place_) return;
  Place& place = *connection.place_;
  detach(place, connection);
  place.room.leave(connection.id(), steady_ms(), actions_);
  run(place);
}

void RoomHost::detach(Place& place, Connection& connection) {
  place.connections.erase(connection.id());
  connection.place_ = nullptr;
  census_.left(place.doc);
}

void RoomHost::committed(const storage::Commit& commit) {
  const auto found = places_.find(commit.doc);
  if (found == places_.end()) return;
  Place& place = *found->second;
  if (commit.error) spdlog::error("document \"{}\": {}", commit.doc, commit.error->what);
  place.room.committed(commit.count, commit.error.has_value(), steady_ms(), actions_);
  run(place);
}

void RoomHost::tick() {
  for (auto at = places_.begin(); at != places_.end();) {
    Place& place = *at->second;
    place.room.tick(steady_ms(), actions_);
    run(place);
    at = place.room.forgettable() ? places_.erase(at) : std::next(at);
  }
}

void RoomHost::drain() {
  draining_ = true;
  for (auto& [doc, place] : places_) {
    place->room.drain(steady_ms(), actions_);
    run(*place);
  }
}

bool RoomHost::cut_off() {
  bool any = false;
  for (auto& [doc, place] : places_) {
    if (place->connections.empty()) continue;
    any = true;
    spdlog::warn("document \"{}\": closed before its last commit", doc);
    for (const auto& [id, connection] : place->connections) {
      place->room.leave(id, steady_ms(), actions_);
      actions_.emplace_back(Close{id, CloseCode::going_away, "server shuts down"});
    }
    run(*place);
  }
  return any;
}

void RoomHost::run(Place& place) {
  for (Action& action : actions_) perform(place, action);
  actions_.clear();
#ifdef STET_CHECKS
  if (const std::string broken = place.room.check(); !broken.empty()) {
    spdlog::critical("document \"{}\": {}", place.doc, broken);
    std::abort();
  }
#endif
}

void RoomHost::perform(Place& place, Action& action) {
  const auto connection_of = [&](MemberId id) -> Connection* {
    const auto found = place.connections.find(id);
    return found == place.connections.end() ? nullptr : found->second;
  };
  std::visit(Overloaded{
                 [&](Send& send) {
                   if (Connection* connection = connection_of(send.to)) connection->send(std::move(send.frame));
                 },
                 [&](Close& close) {
                   Connection* connection = connection_of(close.member);
                   if (!connection) return;
                   detach(place, *connection);
                   connection->close(close.code, close.reason);
                 },
                 [&](Append& append) {
                   const Connection* connection = connection_of(append.by);
                   store_.append(place.doc, unix_ms(), connection ? connection->author() : std::string{}, append.by,
                                 std::move(append.update));
                 },
                 [&](Load&) {
                   store_.load(place.doc, [this, doc = place.doc](storage::StoreResult<storage::LoadedDoc> result) {
                     auto shared = std::make_shared<storage::StoreResult<storage::LoadedDoc>>(std::move(result));
                     post_([this, doc, shared] {
                       const auto found = places_.find(doc);
                       if (found == places_.end()) return;
                       found->second->room.loaded(std::move(*shared), steady_ms(), actions_);
                       run(*found->second);
                     });
                   });
                 },
                 [&](PutSnapshot& snapshot) { store_.put_snapshot(place.doc, unix_ms(), std::move(snapshot.state)); },
                 [&](Note& note) { spdlog::info("document \"{}\": {}", place.doc, note.text); },
             },
             action);
}

}  // namespace stet::net
