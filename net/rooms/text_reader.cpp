#include "net/rooms/text_reader.hpp"

namespace stet::net {
namespace {

class TextReader final : public Membership {
 public:
  TextReader(RoomHost& host, std::string root, std::function<void(std::variant<WholeText, Closed>)> done)
      : Membership(host.draw_id(), {}, {.dialect = Dialect::events, .root = std::move(root)}),
        host_(host),
        done_(std::move(done)) {}

  // Held until it is answered.
  std::shared_ptr<TextReader> self;

 private:
  void send(Frame) override {}
  void tell(const SharedEvent& event) override {
    const auto* opened = std::get_if<Opened>(event.get());
    if (!opened) return;
    done_(WholeText{opened->epoch, opened->version, *opened->text});
    host_.post([reader = std::move(self)] { reader->host_.leave(*reader); });
  }
  void close(CloseCode code, const char* reason) override {
    const auto last = std::move(self);
    if (last) done_(Closed{code, reason});
    host_.post([last] {});
  }

  RoomHost& host_;
  std::function<void(std::variant<WholeText, Closed>)> done_;
};

}  // namespace

void read_text(RoomHost& host, std::string doc, std::string root,
               std::function<void(std::variant<WholeText, Closed>)> done) {
  host.post([&host, doc = std::move(doc), root = std::move(root), done = std::move(done)] {
    const auto reader = std::make_shared<TextReader>(host, root, done);
    reader->self = reader;
    host.join(doc, *reader);
  });
}

}  // namespace stet::net
