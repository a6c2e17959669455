#include "net/http/doc_request.hpp"

#include "net/protocols/yws_protocol.hpp"

namespace stet::net {
namespace {

// A member that says one thing, and leaves when the answer has come.
class Visitor final : public Membership, public std::enable_shared_from_this<Visitor> {
 public:
  // The answer in a message to it, if this is the one.
  using Answer = std::function<bool(const Message&)>;
  using Refused = std::function<void(DocRefusal)>;

  Visitor(RoomHost& host, std::string author, std::string tags, Answer answer, Refused refused)
      : Membership(host.draw_id(), std::move(author), {.tags = std::move(tags)}),
        host_(host),
        answer_(std::move(answer)),
        refused_(std::move(refused)) {}

  void ask(const std::string& doc, std::initializer_list<Frame> frames) {
    self_ = shared_from_this();
    host_.join(doc, *this);
    for (const Frame& frame : frames) host_.receive(*this, *frame);
  }

 private:
  void send(Frame frame) override {
    host_.post([self = shared_from_this(), bytes = frame->size()] { self->host_.written(*self, bytes); });
    const auto message = yws::decode(*frame);
    if (is_answered_ || !message || !answer_(*message)) return;
    is_answered_ = true;
    host_.post([self = shared_from_this()] {
      self->host_.leave(*self);
      self->self_.reset();
    });
  }

  void close(CloseCode code, const char* reason) override {
    if (!std::exchange(is_answered_, true)) refused_({code, reason});
    host_.post([self = std::move(self_)] {});
  }

  RoomHost& host_;
  Answer answer_;
  Refused refused_;
  bool is_answered_ = false;
  std::shared_ptr<Visitor> self_;  // while it is a member
};

}  // namespace

void read_state(RoomHost& host, const std::string& doc, StateDone done) {
  host.post([&host, doc, done = std::move(done)] {
    const auto answer = [done](const Message& message) {
      if (message.kind != Kind::step2) return false;
      done(Bytes(message.payload.begin(), message.payload.end()));
      return true;
    };
    const auto visitor = std::make_shared<Visitor>(host, "", "", answer, done);
    visitor->ask(doc, {yws::encode({Kind::step1, Bytes{0}})});
  });
}

void apply_update(RoomHost& host, const std::string& doc, std::string author, std::string tags, Bytes update,
                  UpdateDone done) {
  host.post([&host, doc, author = std::move(author), tags = std::move(tags), update = std::move(update),
             done = std::move(done)] {
    // The empty update asks whether all before it is durable; it is the only one that comes back as such.
    const Bytes empty{0, 0};
    const auto answer = [done, empty](const Message& message) {
      if (message.kind != Kind::update || !std::ranges::equal(message.payload, empty)) return false;
      done(std::nullopt);
      return true;
    };
    const auto visitor = std::make_shared<Visitor>(host, author, tags, answer, done);
    visitor->ask(doc, {yws::encode({Kind::step2, update}), yws::encode({Kind::update, empty})});
  });
}

}  // namespace stet::net
