#include "net/server.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "net/history/history_api.hpp"
#include "net/history/pruner.hpp"
#include "net/http/api.hpp"
#include "net/http/event_stream.hpp"
#include "net/http/http_session.hpp"
#include "net/http/static_files.hpp"
#include "net/protocols/hocuspocus_speaker.hpp"
#include "net/protocols/thin_speaker.hpp"
#include "net/protocols/ysweet_api.hpp"
#include "net/rooms/room_host.hpp"
#include "net/rooms/room_speaker.hpp"
#include "net/sockets/write_turn.hpp"
#include "net/sockets/ws_session.hpp"

namespace stet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds tick_interval{1'000};
constexpr milliseconds accept_pause{100};  // after an error such as "too many open files"
constexpr milliseconds last_goodbye{500};  // for closing handshakes, once the drain is over

// One thread, its event loop and its rooms.
class Worker {
 public:
  Worker(storage::Store& store, Census& census, const Limits& limits)
      : host_(
            store, census, limits, [this](Task task) { asio::post(io_, std::move(task)); },
            [this](std::int64_t delay_ms, Task task) { after(delay_ms, std::move(task)); },
            [this](Task task) { asio::use_service<WriteTurn>(io_).add(std::move(task)); }),
        ticker_(io_) {}

  void start() {
    tick();
    thread_ = std::thread([this] { io_.run(); });
  }

  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  // Waits until everything posted before has run.
  void settle() {
    std::promise<void> done;
    asio::post(io_, [&done] { done.set_value(); });
    done.get_future().wait();
  }

  asio::io_context& io() { return io_; }
  RoomHost& host() { return host_; }

 private:
  void after(std::int64_t delay_ms, Task task) {
    const auto timer = std::make_shared<asio::steady_timer>(io_, milliseconds(delay_ms));
    timer->async_wait([timer, task = std::move(task)](error_code error) {
      if (!error) task();
    });
  }

  void tick() {
    ticker_.expires_after(tick_interval);
    ticker_.async_wait([this](error_code error) {
      if (error) return;
      host_.tick();
      tick();
    });
  }

  // The loop goes first when this is destroyed, and with it the connections, which know the host.
  RoomHost host_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> stay_{io_.get_executor()};
  asio::steady_timer ticker_;
  std::thread thread_;
};

}  // namespace

bool ListenAddress::is_loopback() const { return asio::ip::make_address(ip).is_loopback(); }

std::string ListenAddress::url_host() const { return ip.find(':') == std::string::npos ? ip : '[' + ip + ']'; }

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  ListenAddress address;
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (fault != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  error_code error;
  const auto ip = asio::ip::make_address(std::string(host), error);
  if (error) return std::nullopt;
  address.ip = ip.to_string();
  return address;
}

struct Server::Impl {
  Impl(storage::Store& given_store, ServerOptions given_options)
      : store(given_store),
        options(std::move(given_options)),
        connections(options.limits),
        history(store, options.limits, find_host()),
        pruner(store, options.limits),
        site{options.limits,
             OriginRules(options.allowed_origins, options.listen.url_host(), options.listen.is_loopback()),
             api_routes(store, census, find_host(), options.limits),
             [this](Upgrade upgrade, LooseSocket socket, std::string read_ahead,
                    std::unique_ptr<Connections::Lease> lease) {
               move_to_room(std::move(upgrade), socket, std::move(read_ahead), std::move(lease));
             },
             [this](StreamRequest request, LooseSocket socket, std::unique_ptr<Connections::Lease> lease) {
               stream(std::move(request), socket, std::move(lease));
             }} {
    for (HttpRoute& route : history.routes()) site.routes.insert(site.routes.begin(), std::move(route));
    const std::vector<HttpRoute> ysweet = ysweet_routes(store, find_host(), options.limits);
    site.routes.insert(site.routes.end(), ysweet.begin(), ysweet.end());
    site.routes.push_back(static_route(embedded_files()));
    for (unsigned i = 0; i < std::max(1U, options.threads); ++i) {
      workers.push_back(std::make_unique<Worker>(store, census, options.limits));
    }
    store.on_commits([this](std::vector<storage::Commit> commits) { report(std::move(commits)); });
  }

  Worker& worker_of(const std::string& doc) { return *workers[std::hash<std::string>{}(doc) % workers.size()]; }

  FindHost find_host() {
    return [this](const std::string& doc) -> RoomHost& { return worker_of(doc).host(); };
  }

  // On a thread of the store: one message to each worker that the commit concerns.
  void report(std::vector<storage::Commit> commits) {
    std::vector<std::vector<storage::Commit>> by_worker(workers.size());
    for (storage::Commit& commit : commits) {
      ++state.commits;
      if (!commit.error) state.edits += commit.count;
      by_worker[std::hash<std::string>{}(commit.doc) % workers.size()].push_back(std::move(commit));
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (by_worker[i].empty()) continue;
      asio::post(workers[i]->io(), [&host = workers[i]->host(), own = std::move(by_worker[i])] {
        for (const storage::Commit& commit : own) host.committed(commit);
      });
    }
  }

  // To the thread of its room, where there is one.
  void move_to_room(Upgrade upgrade, LooseSocket socket, std::string read_ahead,
                    std::unique_ptr<Connections::Lease> lease) {
    const bool has_doc = upgrade.dialect == Dialect::y_websocket || upgrade.dialect == Dialect::y_sweet;
    Worker& worker = has_doc ? worker_of(upgrade.doc) : any_worker();
    asio::post(worker.io(), [this, &worker, socket, upgrade = std::move(upgrade), read_ahead = std::move(read_ahead),
                             lease = std::move(lease)]() mutable {
      serve_websocket(worker.io(), socket, std::move(read_ahead), upgrade, speaker_of(worker, upgrade), options.limits,
                      std::move(lease));
    });
  }

  Worker& any_worker() { return *workers[next_worker++ % workers.size()]; }

  void stream(StreamRequest request, LooseSocket socket, std::unique_ptr<Connections::Lease> lease) {
    Worker& worker = request.docs.empty() ? any_worker() : worker_of(request.docs[0].name);
    asio::post(worker.io(), [this, &worker, socket, request = std::move(request), lease = std::move(lease)]() mutable {
      serve_stream(worker.io(), socket, std::move(request), worker.host(), find_host(), state, options.limits,
                   std::move(lease));
    });
  }

  std::unique_ptr<WsSpeaker> speaker_of(Worker& worker, const Upgrade& upgrade) {
    switch (upgrade.dialect) {
      case Dialect::hocuspocus:
        return std::make_unique<HocuspocusSpeaker>(worker.host(), find_host(), upgrade, options.limits);
      case Dialect::events:
        return std::make_unique<ThinSpeaker>(worker.host(), find_host(), upgrade, options.limits);
      default:
        return std::make_unique<RoomSpeaker>(worker.host(), upgrade);
    }
  }

  asio::awaitable<void> accept_all() {
    asio::steady_timer pause(workers[0]->io());
    for (std::size_t next = 0; acceptor->is_open(); ++next) {
      asio::io_context& io = workers[next % workers.size()]->io();
      auto [error, socket] = co_await acceptor->async_accept(io, as_result);
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        spdlog::warn("cannot accept a connection: {}", error.message());
        pause.expires_after(accept_pause);
        co_await pause.async_wait(as_result);
        continue;
      }
      const auto peer = socket.remote_endpoint(error).address();
      if (error) continue;
      auto lease = connections.open(peer.to_string(), peer.is_loopback());
      asio::post(io, [this, accepted = std::move(socket), lease = std::move(lease)]() mutable {
        serve_http(std::move(accepted), site, std::move(lease));
      });
    }
  }

  std::string listen() {
    error_code error;
    const tcp::endpoint endpoint(asio::ip::make_address(options.listen.ip), options.listen.port);
    acceptor.emplace(workers[0]->io());
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (!error) options.listen.port = acceptor->local_endpoint(error).port();
    if (!error) return {};
    return "cannot listen on " + options.listen.url_host() + ':' + std::to_string(options.listen.port) + ": " +
           error.message();
  }

  template <class Call>
  void on_all_hosts(Call call) {
    for (const auto& worker : workers) asio::post(worker->io(), [call, &host = worker->host()] { call(host); });
  }

  storage::Store& store;
  ServerOptions options;
  Census census;
  Connections connections;
  ServerState state{connections, census};
  HistoryApi history;
  Pruner pruner;
  HttpSite site;
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<std::size_t> next_worker = 0;
  std::optional<tcp::acceptor> acceptor;
  bool is_running = false;
};

Server::Server(storage::Store& store, ServerOptions options)
    : impl_(std::make_unique<Impl>(store, std::move(options))) {}

Server::~Server() { stop(); }

std::string Server::start() {
  if (std::string fault = impl_->listen(); !fault.empty()) return fault;
  asio::co_spawn(impl_->workers[0]->io(), impl_->accept_all(), asio::detached);
  for (const auto& worker : impl_->workers) worker->start();
  impl_->pruner.start();
  impl_->is_running = true;
  return {};
}

std::string Server::url() const {
  return "http://" + impl_->options.listen.url_host() + ':' + std::to_string(impl_->options.listen.port);
}

bool Server::stop() {
  if (!std::exchange(impl_->is_running, false)) return true;
  asio::post(impl_->workers[0]->io(), [this] {
    error_code ignored;
    impl_->acceptor->close(ignored);
  });
  impl_->on_all_hosts([](RoomHost& host) { host.drain(); });
  // Rooms that nobody is in hand over their last snapshots before the store is closed.
  for (const auto& worker : impl_->workers) worker->settle();
  const auto deadline = steady_clock::now() + milliseconds(impl_->options.limits.drain_ms);
  std::atomic<bool> all_durable = true;
  if (!impl_->connections.wait_for_websockets(deadline)) {
    impl_->on_all_hosts([&all_durable](RoomHost& host) {
      if (host.cut_off()) all_durable = false;
    });
    impl_->connections.wait_for_websockets(steady_clock::now() + last_goodbye);
  }
  impl_->store.close();
  impl_->history.stop();
  impl_->pruner.stop();
  // Answers to requests that waited for the store go out: once for the completion, once for the write.
  for (int round = 0; round < 2; ++round) {
    for (const auto& worker : impl_->workers) worker->settle();
  }
  for (const auto& worker : impl_->workers) worker->stop();
  impl_->acceptor.reset();
  return all_durable;
}

}  // namespace stet::net
