// A membership of a room that may live on another thread than the socket behind it: what a socket has that is in many
// documents at once. All calls between the two become messages, in order for each member; those towards the room are
// bounded by Flow, those from it by what the room counts as not yet written.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "net/rooms/room_host.hpp"

namespace stet::net {

// The bytes on their way from one socket to its rooms.
class Flow {
 public:
  explicit Flow(std::size_t bound) : bound_(bound) {}
  bool is_full() const { return bytes_ > bound_; }
  void add(std::size_t bytes) { bytes_ += bytes; }
  // Whether it was full and is no more.
  bool remove(std::size_t bytes) {
    const std::size_t before = bytes_.fetch_sub(bytes);
    return before > bound_ && before - bytes <= bound_;
  }

 private:
  std::size_t bound_;
  std::atomic<std::size_t> bytes_ = 0;
};

class RemoteMember final : public Membership, public std::enable_shared_from_this<RemoteMember> {
 public:
  // The socket's side. Called on the socket's thread, and not any more once leave() has been called.
  class Owner {
   public:
    virtual void on_frame(RemoteMember& member, Frame frame) = 0;
    virtual void on_event(RemoteMember&, const SharedEvent&) {}
    // It is no member any more.
    virtual void on_closed(RemoteMember& member, CloseCode code, const char* reason) = 0;
    // The flow was full and is no more.
    virtual void on_flow() = 0;

   protected:
    ~Owner() = default;
  };

  // `home`: the host of the socket's thread; `there`: that of the room's. `owner` must live until leave().
  RemoteMember(MemberId id, std::string author, MemberProfile profile, RoomHost& home, RoomHost& there,
               std::shared_ptr<Flow> flow, Owner& owner)
      : Membership(id, std::move(author), std::move(profile)),
        home_(home),
        there_(there),
        flow_(std::move(flow)),
        owner_(&owner) {}

  // --- on the socket's thread ---
  void join(const std::string& doc);
  // Where the flow is full afterwards, nothing more should be sent before on_flow().
  void receive(ByteView frame);
  void written(std::size_t bytes);
  // Runs on the room's thread, behind what was received: for what members of Dialect::events do. `bytes`: what it takes
  // of the flow.
  void perform(std::size_t bytes, std::function<void(RoomHost&, RemoteMember&)> action);
  void leave();

 private:
  // --- on the room's thread ---
  void send(Frame frame) override;
  void tell(const SharedEvent& event) override;
  void close(CloseCode code, const char* reason) override;

  // Runs on the socket's thread, as long as the owner is there.
  template <class Call>
  void go_home(Call call);

  RoomHost& home_;
  RoomHost& there_;
  std::shared_ptr<Flow> flow_;
  Owner* owner_;                        // the socket's thread
  std::shared_ptr<RemoteMember> self_;  // the room's thread: while it is a member
};

}  // namespace stet::net
