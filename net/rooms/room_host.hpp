// The rooms of one thread, and the hands that they lack: does what a room says is to be done, on connections and store.
// Thread rule: everything on the thread that `post` runs its tasks on, but for reports of the store, which are posted.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "net/frame.hpp"
#include "net/limits.hpp"
#include "net/rooms/room.hpp"
#include "net/sockets/connections.hpp"
#include "storage/store.hpp"

namespace stet::net {

// A member, as its room sees it: on the thread of the room. What it is told ends in a socket, on this thread
// (ws_session.hpp) or on another one (remote_member.hpp). None of the calls may call back into the host.
class Membership {
 public:
  Membership(MemberId id, std::string author, MemberProfile profile)
      : id_(id), author_(std::move(author)), profile_(std::move(profile)) {}
  virtual ~Membership() = default;
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Queues a frame. RoomHost::written() is to be told when it has been written.
  virtual void send(Frame frame) = 0;
  // The same, in no hurry: may be held back a little, to be written with others.
  virtual void send_soon(Frame frame) { send(std::move(frame)); }
  // What happened, to a member of Dialect::events. Nothing is to be told to written().
  virtual void tell(const SharedEvent&) {}
  // It is no member any more.
  virtual void close(CloseCode code, const char* reason) = 0;

  MemberId id() const { return id_; }
  const std::string& author() const { return author_; }
  const MemberProfile& profile() const { return profile_; }

 private:
  friend class RoomHost;
  MemberId id_;
  std::string author_;
  MemberProfile profile_;
  struct Place* place_ = nullptr;  // where it is a member, else nullptr
};

// A socket of the host's thread that is in many documents, or in none: then no room closes it at the end.
class ManyDocSocket {
 public:
  // Closes it where the server shuts down and it is in no document (any more).
  virtual void close_if_drained() = 0;

 protected:
  ~ManyDocSocket() = default;
};

// A room and its members.
struct Place {
  Place(std::string doc_name, const Limits& limits) : doc(std::move(doc_name)), room(limits) {}
  std::string doc;
  Room room;
  boost::unordered_flat_map<MemberId, Membership*> members;
  bool ends_turn = false;  // the end of this turn is to be told to the room; until then it stays
};

// Runs a task on a thread, later, in the order posted. May be called on any thread.
using Task = std::function<void()>;
using Post = std::function<void(Task)>;
// Runs a task on the thread that calls it, after so long.
using After = std::function<void(std::int64_t delay_ms, Task)>;
// Runs a task on the thread that calls it, at the end of this turn of its event loop: before sockets are written.
using AtEndOfTurn = std::function<void(Task)>;

class RoomHost;
// The host of a document's room, on whatever thread. May be called on any thread.
using FindHost = std::function<RoomHost&(const std::string& doc)>;

class RoomHost {
 public:
  // All borrowed. `post`, `after` and `at_end_of_turn` run tasks on the host's thread. The store must be closed before
  // the host is destroyed.
  RoomHost(storage::Store& store, Census& census, const Limits& limits, Post post, After after,
           AtEndOfTurn at_end_of_turn);

  // Runs a task on the host's thread, later, in the order posted. May be called on any thread.
  void post(Task task) { post_(std::move(task)); }

  // Unique in this process, drawn at random.
  MemberId draw_id();

  void join(const std::string& doc, Membership& member);
  // From here on: nothing happens where it is no member (any more).
  void receive(Membership& member, ByteView frame);
  void written(Membership& member, std::size_t bytes);
  // As the functions of Room: what members of Dialect::events do.
  void splice(Membership& member, const TextEdit& edit);
  void present(Membership& member, Person person);
  void catch_up(Membership& member, std::uint64_t version);
  // To be called once the socket is gone.
  void leave(Membership& member);

  void committed(const storage::Commit& commit);
  // To be called about once a second.
  void tick();

  // The document was deleted: whoever is in it is sent away.
  void end(const std::string& doc);

  // The server shuts down: members are closed once all that came is durable and acknowledged.
  void drain();
  bool is_draining() const { return draining_; }
  // A socket for drain() to close. It must live until it is removed.
  void add(ManyDocSocket& socket) { sockets_.insert(&socket); }
  void remove(ManyDocSocket& socket) { sockets_.erase(&socket); }
  // Closes those that drain() still waits for. Whether there were any: edits of theirs are not durable.
  bool cut_off();

 private:
  Place& place_of(const std::string& doc);
  void run(Place& place);
  void perform(Place& place, Action& action);
  // A completion of the store's for Room::recalled().
  template <class Answer>
  std::function<void(storage::StoreResult<Answer>)> recall(const Place& place, MemberId member);
  void detach(Place& place, Membership& member);
  void keep_within_memory();
  void end_turn();

  storage::Store& store_;
  Census& census_;
  const Limits& limits_;
  Post post_;
  After after_;
  AtEndOfTurn at_end_of_turn_;
  std::mt19937 random_;
  bool draining_ = false;
  std::unordered_set<ManyDocSocket*> sockets_;
  std::unordered_map<std::string, std::unique_ptr<Place>> places_;
  std::vector<Place*> turning_;        // those whose rooms want to know of the end of this turn
  std::vector<Place*> spare_turning_;  // room for the next ones
  Actions actions_;                    // of the call under way
};

}  // namespace stet::net
