#include "net/history/pruner.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "net/clock.hpp"
#include "net/rooms/moment.hpp"

namespace stet::net {
namespace {

using storage::LoadedDoc;
using storage::PrunePoint;
using storage::StoreError;
using storage::StoreResult;

}  // namespace

// All runs on the one thread of `pool_`.
class Pruner::Impl {
 public:
  Impl(storage::Store& store, const Limits& limits) : store_(store), limits_(limits) {}

  void start() {
    if (limits_.keep_history_days > 0 || limits_.keep_history_bytes > 0) wait();
  }

  void stop() {
    boost::asio::post(pool_, [this] {
      is_stopping_ = true;
      timer_.cancel();
    });
    pool_.join();
  }

 private:
  using Points = std::shared_ptr<std::vector<PrunePoint>>;

  void wait() {
    if (is_stopping_) return;
    timer_.expires_after(std::chrono::milliseconds(limits_.prune_interval_ms));
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) look();
    });
  }

  // A completion for the store that goes on here.
  template <class T, class Then>
  auto on_our_thread(Then then) {
    return [this, then = std::move(then)](StoreResult<T> result) {
      boost::asio::post(pool_, [then, shared = std::make_shared<StoreResult<T>>(std::move(result))] { then(*shared); });
    };
  }

  void look() {
    storage::Retention retention;
    if (limits_.keep_history_days > 0) {
      retention.before_ms = unix_ms() - days_in_ms(limits_.keep_history_days);
    }
    if (limits_.keep_history_bytes > 0) retention.bytes = limits_.keep_history_bytes;
    store_.overdue(retention, on_our_thread<std::vector<PrunePoint>>([this](auto& result) {
                     if (const auto* error = std::get_if<StoreError>(&result)) {
                       spdlog::warn("old history cannot be found: {}", error->what);
                       return wait();
                     }
                     prune(std::make_shared<std::vector<PrunePoint>>(std::get<0>(std::move(result))));
                   }));
  }

  // The last of them, then the others.
  void prune(const Points& points) {
    if (points->empty()) return wait();
    const PrunePoint point = points->back();
    points->pop_back();
    store_.load_at(point.doc, {.seq = point.seq}, on_our_thread<LoadedDoc>([=, this](StoreResult<LoadedDoc>& result) {
                     const auto* loaded = std::get_if<LoadedDoc>(&result);
                     if (!loaded) return failed(points, std::get<StoreError>(result).what);
                     auto made = base_of(*loaded);
                     if (const auto* fault = std::get_if<std::string>(&made)) {
                       return failed(points, "document '" + point.doc + "': " + *fault);
                     }
                     const auto& base = std::get<Base>(made);
                     store_.prune(point.doc, point.seq, base.state, base.state_vector,
                                  on_our_thread<PrunePoint>([=, this](StoreResult<PrunePoint>& pruned) {
                                    if (const auto* error = std::get_if<StoreError>(&pruned)) {
                                      return failed(points, error->what);
                                    }
                                    spdlog::info("document \"{}\": history before sequence {} is pruned", point.doc,
                                                 point.seq);
                                    prune(points);
                                  }));
                   }));
  }

  void failed(const Points& points, const std::string& what) {
    spdlog::warn("not pruned: {}", what);
    prune(points);
  }

  storage::Store& store_;
  const Limits& limits_;
  bool is_stopping_ = false;
  boost::asio::thread_pool pool_{1};
  boost::asio::steady_timer timer_{pool_};
};

Pruner::Pruner(storage::Store& store, const Limits& limits) : impl_(std::make_unique<Impl>(store, limits)) {}

Pruner::~Pruner() { stop(); }

void Pruner::start() { impl_->start(); }

void Pruner::stop() { impl_->stop(); }

}  // namespace stet::net
