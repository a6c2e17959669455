// The rooms of one thread, and the hands that they lack: does what a room says is to be done, on connections and store.
// Thread rule: everything on the thread that `post` runs its tasks on, but for reports of the store, which are posted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/connections.hpp"
#include "net/frame.hpp"
#include "net/limits.hpp"
#include "net/room.hpp"
#include "storage/store.hpp"

namespace stet::net {

// A member's socket, as its room sees it. Neither call may call back into the host.
class Connection {
 public:
  Connection(MemberId id, std::string author) : id_(id), author_(std::move(author)) {}
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Queues a message. RoomHost::written() is to be told when it has been written.
  virtual void send(Frame frame) = 0;
  // Closes, after what is queued. The connection is no member any more.
  virtual void close(CloseCode code, const char* reason) = 0;

  MemberId id() const { return id_; }
  const std::string& author() const { return author_; }

 private:
  friend class RoomHost;
  MemberId id_;
  std::string author_;
  struct Place* place_ = nullptr;  // where it is a member, else nullptr
};

// A room and the connections of its members.
struct Place {
  Place(std::string doc_name, const Limits& limits) : doc(std::move(doc_name)), room(limits) {}
  std::string doc;
  Room room;
  std::unordered_map<MemberId, Connection*> connections;
};

class RoomHost {
 public:
  using Task = std::function<void()>;
  // Runs a task on the host's thread, later, in the order posted. May be called on any thread.
  using Post = std::function<void(Task)>;

  // All borrowed. The store must be closed before the host is destroyed.
  RoomHost(storage::Store& store, Census& census, const Limits& limits, Post post)
      : store_(store), census_(census), limits_(limits), post_(std::move(post)) {}

  void join(const std::string& doc, Connection& connection);
  void receive(Connection& connection, ByteView frame);
  void written(Connection& connection, std::size_t bytes);
  // To be called once the socket is gone, member or not.
  void leave(Connection& connection);

  void committed(const storage::Commit& commit);
  // To be called about once a second.
  void tick();

  // The server shuts down: connections are closed once all that came is durable and acknowledged.
  void drain();
  // Closes those that drain() still waits for. Whether there were any: edits of theirs are not durable.
  bool cut_off();

 private:
  Place& place_of(const std::string& doc);
  void run(Place& place);
  void perform(Place& place, Action& action);
  void detach(Place& place, Connection& connection);

  storage::Store& store_;
  Census& census_;
  const Limits& limits_;
  Post post_;
  bool draining_ = false;
  std::unordered_map<std::string, std::unique_ptr<Place>> places_;
  Actions actions_;  // of the call under way
};

}  // namespace stet::net
