#include "net/rooms/remote_member.hpp"

#include <utility>

namespace stet::net {

void RemoteMember::join(const std::string& doc) {
  there_.post([self = shared_from_this(), doc] {
    self->self_ = self;
    self->there_.join(doc, *self);
  });
}

void RemoteMember::receive(ByteView frame) {
  perform(frame.size(), [frame = Bytes(frame.begin(), frame.end())](RoomHost& there, RemoteMember& self) {
    there.receive(self, frame);
  });
}

void RemoteMember::written(std::size_t bytes) {
  there_.post([self = shared_from_this(), bytes] { self->there_.written(*self, bytes); });
}

void RemoteMember::perform(std::size_t bytes, std::function<void(RoomHost&, RemoteMember&)> action) {
  flow_->add(bytes);
  there_.post([self = shared_from_this(), bytes, action = std::move(action)] {
    action(self->there_, *self);
    if (self->flow_->remove(bytes)) self->go_home([](Owner& owner, RemoteMember&) { owner.on_flow(); });
  });
}

void RemoteMember::leave() {
  owner_ = nullptr;
  there_.post([self = shared_from_this()] {
    self->there_.leave(*self);
    self->self_.reset();
  });
}

template <class Call>
void RemoteMember::go_home(Call call) {
  home_.post([self = shared_from_this(), call = std::move(call)]() mutable {
    if (self->owner_) call(*self->owner_, *self);
  });
}

void RemoteMember::send(Frame frame) {
  go_home([frame = std::move(frame)](Owner& owner, RemoteMember& self) { owner.on_frame(self, frame); });
}

void RemoteMember::tell(const SharedEvent& event) {
  go_home([event](Owner& owner, RemoteMember& self) { owner.on_event(self, event); });
}

void RemoteMember::close(CloseCode code, const char* reason) {
  go_home([code, reason](Owner& owner, RemoteMember& self) { owner.on_closed(self, code, reason); });
  self_.reset();
}

}  // namespace stet::net
