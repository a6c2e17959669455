#include "net/protocols/thin_speaker.hpp"

#include <spdlog/spdlog.h>

#include "net/clock.hpp"
#include "net/doc_name.hpp"

namespace stet::net {

ThinSpeaker::ThinSpeaker(RoomHost& home, FindHost find_host, const Upgrade& upgrade, const Limits& limits)
    : home_(home),
      find_host_(std::move(find_host)),
      author_(upgrade.author),
      is_read_only_(upgrade.is_read_only),
      limits_(limits),
      flow_(std::make_shared<Flow>(limits.flow_bytes)),
      requests_(limits.requests_per_second, limits.request_burst) {}

void ThinSpeaker::opened(WebSocket& socket) {
  socket_ = &socket;
  home_.add(*this);
  close_if_drained();
}

void ThinSpeaker::received(ByteView message) {
  auto request = thin::decode_request(message, limits_);
  if (!request) {
    spdlog::info("thin client: refused a message: {}", request.error().message());
    closed();
    return socket_->close(CloseCode::bad_content, request.error().what);
  }
  const std::string& doc = request->doc;
  if (auto* edit = std::get_if<TextEdit>(&request->what)) {
    if (!by_doc_.contains(doc)) return send(doc, Refused{edit->id, Refusal::not_open});
    return perform(doc, message.size(),
                   [edit = std::move(*edit)](RoomHost& host, RemoteMember& member) { host.splice(member, edit); });
  }
  if (const auto* presence = std::get_if<thin::SetPresence>(&request->what)) {
    const Person person{0, presence->name, presence->color, presence->cursor};
    return perform(doc, message.size(),
                   [person](RoomHost& host, RemoteMember& member) { host.present(member, person); });
  }
  if (!requests_.take(steady_ms())) {
    closed();
    return socket_->close(CloseCode::try_again, "too many requests");
  }
  if (const auto* opening = std::get_if<thin::Open>(&request->what)) return open(doc, *opening);
  if (!std::holds_alternative<thin::Leave>(request->what)) return;
  leave(doc);
  close_if_drained();
}

void ThinSpeaker::open(const std::string& doc, const thin::Open& open) {
  if (const char* fault = doc_name_fault(doc, limits_)) {
    return send(doc, Closed{CloseCode::forbidden, fault});
  }
  leave(doc);
  if (places_.size() == limits_.documents_per_socket) {
    return send(doc, Closed{CloseCode::try_again, "too many documents on one connection"});
  }
  MemberProfile profile{.dialect = Dialect::events,
                        .root = open.root,
                        .known = open.known,
                        .session = open.session,
                        .is_read_only = is_read_only_};
  const MemberId id = home_.draw_id();
  auto member = std::make_shared<RemoteMember>(id, author_, std::move(profile), home_, find_host_(doc), flow_, *this);
  places_.emplace(id, Place{doc, member, EventFlow(limits_.queue_bytes)});
  by_doc_[doc] = id;
  member->join(doc);
}

void ThinSpeaker::leave(const std::string& doc) {
  Place* place = find(doc);
  if (!place) return;
  place->member->leave();
  erase(place->member->id());
}

ThinSpeaker::Place* ThinSpeaker::find(const std::string& doc) {
  const auto at = by_doc_.find(doc);
  return at == by_doc_.end() ? nullptr : &places_.at(at->second);
}

void ThinSpeaker::perform(const std::string& doc, std::size_t bytes,
                          std::function<void(RoomHost&, RemoteMember&)> action) {
  if (Place* place = find(doc)) place->member->perform(bytes, std::move(action));
}

void ThinSpeaker::on_event(RemoteMember& member, const SharedEvent& event) {
  Place& place = places_.at(member.id());
  const bool was_lagging = place.flow.is_lagging();
  if (!place.flow.take(*event)) return;
  send(place, *event);
  for (const std::uint64_t id : place.flow.take_accepted()) send(place, Accepted{id, place.flow.version(), {}});
  if (!was_lagging || place.flow.is_lagging()) return;
  --lagging_;
  if (takes_more()) socket_->resume();
}

void ThinSpeaker::send(Place& place, const RoomEvent& event) {
  const bool was_lagging = place.flow.is_lagging();
  Frame frame = thin::encode(place.doc, event);
  place.flow.queued(frame->size());
  if (!was_lagging && place.flow.is_lagging()) ++lagging_;
  socket_->send(std::move(frame), place.member->id());
}

void ThinSpeaker::send(const std::string& doc, const RoomEvent& event) { socket_->send(thin::encode(doc, event), 0); }

void ThinSpeaker::written(MemberId member, std::size_t bytes) {
  const auto at = places_.find(member);
  if (at == places_.end() || !at->second.flow.written(bytes)) return;
  at->second.member->perform(
      0, [version = at->second.flow.version()](RoomHost& host, RemoteMember& self) { host.catch_up(self, version); });
}

void ThinSpeaker::on_closed(RemoteMember& member, CloseCode code, const char* reason) {
  const std::string doc = places_.at(member.id()).doc;
  member.leave();
  erase(member.id());
  send(doc, Closed{code, reason});
  close_if_drained();
}

void ThinSpeaker::on_flow() {
  if (takes_more()) socket_->resume();
}

void ThinSpeaker::close_if_drained() {
  if (!home_.is_draining() || !places_.empty()) return;
  closed();
  socket_->close(CloseCode::going_away, going_away_reason);
}

void ThinSpeaker::erase(MemberId member) {
  const auto at = places_.find(member);
  if (at->second.flow.is_lagging() && --lagging_ == 0 && takes_more()) socket_->resume();
  by_doc_.erase(at->second.doc);
  places_.erase(at);
}

void ThinSpeaker::closed() {
  home_.remove(*this);
  for (auto& [id, place] : places_) place.member->leave();
  places_.clear();
  by_doc_.clear();
  lagging_ = 0;
}

}  // namespace stet::net
