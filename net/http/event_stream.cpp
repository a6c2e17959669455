#include "net/http/event_stream.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>

#include "net/clock.hpp"
#include "net/http/event_flow.hpp"
#include "net/protocols/thin_protocol.hpp"

namespace stet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::string_view head_text =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: "
    "nosniff\r\n"
    "X-Accel-Buffering: no\r\nConnection: close\r\n\r\nretry: 2000\n\n";
constexpr std::string_view heartbeat = ":\n\n";
constexpr milliseconds tick_interval{1'000};

Frame frame_of(std::string_view text) { return make_frame({text.begin(), text.end()}); }

class EventStream final : public std::enable_shared_from_this<EventStream>, public RemoteMember::Owner {
 public:
  EventStream(tcp::socket socket, StreamRequest request, RoomHost& home, FindHost find_host, ServerState& state,
              const Limits& limits, std::unique_ptr<Connections::Lease> lease)
      : socket_(std::move(socket)),
        ticker_(socket_.get_executor()),
        request_(std::move(request)),
        home_(home),
        find_host_(std::move(find_host)),
        state_(state),
        limits_(limits),
        lease_(std::move(lease)),
        flow_(std::make_shared<Flow>(limits.flow_bytes)) {}

  void start() {
    queue(frame_of(head_text), none);
    listen();
    tick();
    for (const StreamRequest::Doc& doc : request_.docs) {
      MemberProfile profile{.dialect = Dialect::events, .root = request_.root, .known = doc.known};
      auto member = std::make_shared<RemoteMember>(home_.draw_id(), std::string{}, std::move(profile), home_,
                                                   find_host_(doc.name), flow_, *this);
      places_.push_back({doc.name, member, EventFlow(limits_.queue_bytes), doc.known});
      member->join(doc.name);
    }
  }

 private:
  struct Place {
    std::string doc;
    std::shared_ptr<RemoteMember> member;
    EventFlow flow;
    std::optional<Known> position;
  };
  struct Queued {
    Frame frame;
    std::size_t place;
  };
  static constexpr std::size_t none = ~std::size_t{0};

  std::size_t place_of(const RemoteMember& member) const {
    std::size_t place = 0;
    while (places_[place].member.get() != &member) ++place;
    return place;
  }

  void on_frame(RemoteMember&, Frame) override {}
  void on_flow() override {}
  void on_event(RemoteMember& member, const SharedEvent& event) override {
    const std::size_t at = place_of(member);
    Place& place = places_[at];
    if (!place.flow.take(*event)) return;
    if (std::holds_alternative<People>(*event)) return send(at, *event, {});
    if (const auto* opened = std::get_if<Opened>(event.get())) {
      place.position = Known{opened->version, opened->epoch, opened->durable};
      if (opened->text) {
        send(at, WholeText{opened->epoch, opened->version, *opened->text}, position());
      } else if (!opened->delta.empty()) {
        send(at, Changed{opened->version, opened->delta}, position());
      }
      return send(at, Durable{opened->durable}, position());
    }
    place.position = Known{place.flow.version(), place.flow.epoch(), place.flow.durable()};
    send(at, *event, position());
  }
  // Browsers come back by themselves.
  void on_closed(RemoteMember&, CloseCode, const char*) override {
    end_after_queue_ = true;
    close_if_written();
  }

  std::string position() const {
    std::vector<std::optional<Known>> known;
    for (const Place& place : places_) known.push_back(place.position);
    return stream_position(known);
  }

  void send(std::size_t place, const RoomEvent& event, const std::string& id) {
    queue(thin::encode_sse(places_[place].doc, event, id), place);
  }

  void queue(Frame frame, std::size_t place) {
    if (place != none) places_[place].flow.queued(frame->size());
    if (queue_.empty()) progress_ms_ = steady_ms();
    queue_.push_back({std::move(frame), place});
    if (!is_writing_) write();
  }

  void write() {
    is_writing_ = true;
    asio::async_write(socket_, asio::buffer(queue_.front().frame->data(), queue_.front().frame->size()),
                      [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
  }

  void on_written(error_code error) {
    is_writing_ = false;
    if (error) return close();
    progress_ms_ = written_ms_ = steady_ms();
    const Queued written = std::move(queue_.front());
    queue_.pop_front();
    if (written.place != none && places_[written.place].flow.written(written.frame->size())) {
      places_[written.place].member->perform(
          0, [version = places_[written.place].flow.version()](RoomHost& host, RemoteMember& member) {
            host.catch_up(member, version);
          });
    }
    if (!queue_.empty()) return write();
    close_if_written();
  }

  // Nothing more is asked on this connection; what comes is passed over, and its end ends the stream.
  void listen() {
    socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->close();
      self->listen();
    });
  }

  void tick() {
    ticker_.expires_after(tick_interval);
    ticker_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->is_closed_) return;
      const std::int64_t now_ms = steady_ms();
      if (!self->queue_.empty() && now_ms - self->progress_ms_ >= self->limits_.stalled_timeout_ms)
        return self->close();
      if (self->request_.docs.empty()) self->tell_state();
      if (self->queue_.empty() && now_ms - self->written_ms_ >= self->limits_.heartbeat_ms) {
        self->queue(frame_of(heartbeat), none);
      }
      self->tick();
    });
  }

  void tell_state() {
    if (!queue_.empty()) return;
    const nlohmann::json state{{"connections", state_.connections.open_count()},
                               {"websockets", state_.connections.websocket_count()},
                               {"rooms", state_.census.rooms()},
                               {"members", state_.census.members()},
                               {"edits", state_.edits.load()},
                               {"commits", state_.commits.load()}};
    std::string text = state.dump();
    if (text == told_state_) return;
    queue(frame_of("event: state\ndata: " + text + "\n\n"), none);
    told_state_ = std::move(text);
  }

  void close_if_written() {
    if (end_after_queue_ && queue_.empty()) close();
  }

  void close() {
    if (std::exchange(is_closed_, true)) return;
    for (Place& place : places_) place.member->leave();
    ticker_.cancel();
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  tcp::socket socket_;
  asio::steady_timer ticker_;
  StreamRequest request_;
  RoomHost& home_;
  FindHost find_host_;
  ServerState& state_;
  const Limits& limits_;
  std::unique_ptr<Connections::Lease> lease_;
  std::shared_ptr<Flow> flow_;
  std::vector<Place> places_;
  std::deque<Queued> queue_;  // the first one is being written; bounded by the flows
  std::array<char, 256> input_{};
  bool is_writing_ = false;
  bool is_closed_ = false;
  bool end_after_queue_ = false;
  std::int64_t progress_ms_ = 0;
  std::int64_t written_ms_ = 0;
  std::string told_state_;
};

}  // namespace

void serve_stream(asio::io_context& io, LooseSocket socket, StreamRequest request, RoomHost& home, FindHost find_host,
                  ServerState& state, const Limits& limits, std::unique_ptr<Connections::Lease> lease) {
  tcp::socket adopted(io, socket.is_v6 ? tcp::v6() : tcp::v4(), socket.handle);
  error_code ignored;
  adopted.set_option(tcp::no_delay(true), ignored);
  std::make_shared<EventStream>(std::move(adopted), std::move(request), home, std::move(find_host), state, limits,
                                std::move(lease))
      ->start();
}

}  // namespace stet::net
