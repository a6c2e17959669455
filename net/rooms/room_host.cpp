#include "net/rooms/room_host.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <map>

#include "net/clock.hpp"
#include "stet/lib0.hpp"

namespace stet::net {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

RoomHost::RoomHost(storage::Store& store, Census& census, const Limits& limits, Post post, After after,
                   AtEndOfTurn at_end_of_turn)
    : store_(store),
      census_(census),
      limits_(limits),
      post_(std::move(post)),
      after_(std::move(after)),
      at_end_of_turn_(std::move(at_end_of_turn)),
      random_(std::random_device{}()) {}

MemberId RoomHost::draw_id() {
  MemberId id = 0;
  while (id == 0) id = (static_cast<MemberId>(random_()) << 32) | random_();
  return id;
}

Place& RoomHost::place_of(const std::string& doc) {
  std::unique_ptr<Place>& place = places_[doc];
  if (!place) {
    place = std::make_unique<Place>(doc, limits_);
    if (draining_) place->room.drain(steady_ms(), actions_);
  }
  return *place;
}

void RoomHost::join(const std::string& doc, Membership& member) {
  Place& place = place_of(doc);
  member.place_ = &place;
  place.members.emplace(member.id(), &member);
  census_.joined(doc);
  place.room.join(member.id(), member.profile(), steady_ms(), actions_);
  run(place);
}

void RoomHost::receive(Membership& member, ByteView frame) {
  if (!member.place_) return;
  Place& place = *member.place_;
  place.room.receive(member.id(), frame, steady_ms(), actions_);
  run(place);
}

void RoomHost::written(Membership& member, std::size_t bytes) {
  if (!member.place_) return;
  Place& place = *member.place_;
  place.room.written(member.id(), bytes, steady_ms(), actions_);
  run(place);
}

void RoomHost::splice(Membership& member, const TextEdit& edit) {
  if (!member.place_) return;
  Place& place = *member.place_;
  place.room.splice(member.id(), edit, steady_ms(), actions_);
  run(place);
}

void RoomHost::present(Membership& member, Person person) {
  if (!member.place_) return;
  Place& place = *member.place_;
  place.room.present(member.id(), std::move(person), steady_ms(), actions_);
  run(place);
}

void RoomHost::catch_up(Membership& member, std::uint64_t version) {
  if (!member.place_) return;
  Place& place = *member.place_;
  place.room.catch_up(member.id(), version, actions_);
  run(place);
}

void RoomHost::leave(Membership& member) {
  if (!member.place_) return;
  Place& place = *member.place_;
  detach(place, member);
  place.room.leave(member.id(), steady_ms(), actions_);
  run(place);
}

void RoomHost::detach(Place& place, Membership& member) {
  place.members.erase(member.id());
  member.place_ = nullptr;
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
  keep_within_memory();
  for (auto at = places_.begin(); at != places_.end();) {
    Place& place = *at->second;
    place.room.tick(steady_ms(), actions_);
    run(place);
    at = place.room.forgettable() && !place.ends_turn ? places_.erase(at) : std::next(at);
  }
}

void RoomHost::end_turn() {
  std::vector<Place*> turning = std::move(spare_turning_);
  turning.swap(turning_);
  for (Place* place : turning) {
    place->ends_turn = false;
    place->room.end_turn(steady_ms(), actions_);
    run(*place);
  }
  turning.clear();
  spare_turning_ = std::move(turning);
}

void RoomHost::end(const std::string& doc) {
  const auto found = places_.find(doc);
  if (found == places_.end()) return;
  found->second->room.end(steady_ms(), actions_);
  run(*found->second);
}

// Documents that nobody is in leave memory, those first that were left first, until the others fit.
void RoomHost::keep_within_memory() {
  std::multimap<std::int64_t, Place*, std::greater<>> idle;
  std::size_t bytes = 0;
  for (const auto& [doc, place] : places_) {
    const auto idle_ms = place->room.idle_ms(steady_ms());
    if (!idle_ms) continue;
    idle.emplace(*idle_ms, place.get());
    bytes += place->room.memory_bytes();
  }
  for (const auto& [idle_ms, place] : idle) {
    if (bytes <= limits_.idle_memory_bytes) return;
    bytes -= place->room.memory_bytes();
    place->room.unload(steady_ms(), actions_);
    run(*place);
  }
}

void RoomHost::drain() {
  draining_ = true;
  for (auto& [doc, place] : places_) {
    place->room.drain(steady_ms(), actions_);
    run(*place);
  }
  for (ManyDocSocket* socket : std::exchange(sockets_, {})) socket->close_if_drained();
}

bool RoomHost::cut_off() {
  bool any = false;
  for (auto& [doc, place] : places_) {
    if (place->members.empty()) continue;
    any = true;
    spdlog::warn("document \"{}\": closed before its last commit", doc);
    for (const auto& [id, member] : place->members) {
      place->room.leave(id, steady_ms(), actions_);
      actions_.emplace_back(Close{id, CloseCode::going_away, going_away_reason});
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

template <class Answer>
std::function<void(storage::StoreResult<Answer>)> RoomHost::recall(const Place& place, MemberId member) {
  return [this, doc = place.doc, member](storage::StoreResult<Answer> result) {
    auto shared = std::make_shared<storage::StoreResult<Answer>>(std::move(result));
    post_([this, doc, member, shared] {
      const auto found = places_.find(doc);
      if (found == places_.end()) return;
      found->second->room.recalled(member, std::move(*shared), steady_ms(), actions_);
      run(*found->second);
    });
  };
}

void RoomHost::perform(Place& place, Action& action) {
  const auto member_of = [&](MemberId id) -> Membership* {
    const auto found = place.members.find(id);
    return found == place.members.end() ? nullptr : found->second;
  };
  std::visit(
      Overloaded{
          [&](Send& send) {
            Membership* member = member_of(send.to);
            if (!member) return;
            if (send.hurry == Hurry::now) {
              member->send(std::move(send.frame));
            } else {
              member->send_soon(std::move(send.frame));
            }
          },
          [&](Tell& tell) {
            if (Membership* member = member_of(tell.to)) member->tell(tell.event);
          },
          [&](Close& close) {
            Membership* member = member_of(close.member);
            if (!member) return;
            detach(place, *member);
            member->close(close.code, close.reason);
          },
          [&](Append& append) {
            const Membership* member = member_of(append.by);
            store_.append(place.doc, unix_ms(), member ? member->author() : std::string{}, append.by,
                          std::move(append.update), append.tags);
          },
          [&](Load&) {
            store_.load(place.doc, [this, doc = place.doc](storage::StoreResult<storage::LoadedDoc> result) {
              auto shared = std::make_shared<storage::StoreResult<storage::LoadedDoc>>(std::move(result));
              post_([this, doc, shared] {
                const auto found = places_.find(doc);
                if (found == places_.end()) return;
                found->second->room.loaded(std::move(*shared), draw_id() & max_safe_integer, steady_ms(), actions_);
                run(*found->second);
              });
            });
          },
          [&](LoadAt& load) {
            store_.load_at(place.doc, {.seq = load.seq}, recall<storage::LoadedDoc>(place, load.member));
          },
          [&](ReadLog& read) {
            store_.read_log(place.doc, {.after_seq = read.after_seq}, recall<storage::LogPage>(place, read.member));
          },
          [&](Wake& wake) {
            after_(wake.after_ms, [this, doc = place.doc] {
              const auto found = places_.find(doc);
              if (found == places_.end()) return;
              found->second->room.wake(steady_ms(), actions_);
              run(*found->second);
            });
          },
          [&](EndTurn&) {
            if (turning_.empty()) at_end_of_turn_([this] { end_turn(); });
            if (!std::exchange(place.ends_turn, true)) turning_.push_back(&place);
          },
          [&](PutSnapshot& snapshot) { store_.put_snapshot(place.doc, unix_ms(), std::move(snapshot.state)); },
          [&](Note& note) { spdlog::info("document \"{}\": {}", place.doc, note.text); },
      },
      action);
}

}  // namespace stet::net
