#include "net/rooms/contribution.hpp"

#include <memory>
#include <utility>

#include "net/protocols/yws_protocol.hpp"

namespace stet::net {
namespace {

using Done = std::function<void(std::optional<std::string>)>;

// On the room's thread. A room calls a member from within the host's calls, so what it answers is posted.
class Contribution final : public Membership, public std::enable_shared_from_this<Contribution> {
 public:
  Contribution(RoomHost& host, ServerEdit edit, Done done)
      : Membership(host.draw_id(), std::move(edit.author), {.tags = std::move(edit.tags)}),
        host_(host),
        update_(std::move(edit.update)),
        done_(std::move(done)) {}

  void join(const std::string& doc) {
    self_ = shared_from_this();
    host_.join(doc, *this);
  }

 private:
  void send(Frame frame) override {
    const Result<Message> message = yws::decode(*frame);
    if (!message) return;
    const bool opens = message->kind == Kind::step1 && !std::exchange(said_, true);
    const bool is_echo = message->kind == Kind::update &&
                         std::equal(message->payload.begin(), message->payload.end(), update_.begin(), update_.end());
    host_.post([self = self_, bytes = frame->size(), opens, is_echo] {
      self->host_.written(*self, bytes);
      if (opens) self->say();
      if (is_echo) self->end(std::nullopt);
    });
  }

  void close(CloseCode, const char* reason) override {
    host_.post([self = self_, reason] { self->end(reason); });
  }

  void say() {
    host_.receive(*this, *yws::encode({Kind::step2, Bytes{0, 0}}));
    host_.receive(*this, *yws::encode({Kind::update, update_}));
  }

  void end(std::optional<std::string> failure) {
    const Done done = std::exchange(done_, nullptr);
    if (!done) return;
    host_.leave(*this);
    self_.reset();
    done(std::move(failure));
  }

  RoomHost& host_;
  Bytes update_;
  Done done_;
  bool said_ = false;
  std::shared_ptr<Contribution> self_;  // until the end
};

}  // namespace

void contribute(RoomHost& host, ServerEdit edit, Done done) {
  host.post([&host, edit = std::move(edit), done = std::move(done)]() mutable {
    const std::string doc = edit.doc;
    std::make_shared<Contribution>(host, std::move(edit), std::move(done))->join(doc);
  });
}

}  // namespace stet::net
