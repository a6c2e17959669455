// Writes, once a turn of the event loop. What all sockets of a thread have to send is gathered while the handlers of
// one turn run; then each socket that has something writes it with one call. Tasks may run before that.
#pragma once

#include <array>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "net/frame.hpp"

namespace stet::net {

// A WebSocket frame on its way out: a header and a payload that others may share. Beast's own frames are all payload.
struct OutgoingFrame {
  std::array<std::uint8_t, 10> header;
  std::uint8_t header_bytes = 0;
  bool is_deflated = false;
  Frame payload;
  MemberId member = 0;  // for whom it is

  // What follows the header.
  ByteView body() const { return is_deflated ? ByteView(*payload->deflated()) : ByteView(*payload); }
  std::size_t size() const { return header_bytes + body().size(); }
};

// A binary message of a server: one frame, without a mask. `may_deflate`: compressed, where that makes it shorter.
inline OutgoingFrame binary_frame(Frame payload, MemberId member, bool may_deflate = false) {
  const bool is_deflated = may_deflate && payload->deflated();
  constexpr std::uint8_t binary_and_last = 0x82;
  constexpr std::uint8_t compressed = 0x40;
  OutgoingFrame frame{{binary_and_last}, 2, is_deflated, std::move(payload), member};
  if (is_deflated) frame.header[0] |= compressed;
  const std::size_t length = frame.body().size();
  if (length < 126) {
    frame.header[1] = static_cast<std::uint8_t>(length);
    return frame;
  }
  const unsigned bytes = length <= 0xffff ? 2 : 8;
  frame.header[1] = bytes == 2 ? 126 : 127;
  for (unsigned i = 0; i < bytes; ++i) {
    frame.header[2 + i] = static_cast<std::uint8_t>(std::uint64_t{length} >> (8 * (bytes - 1 - i)));
  }
  frame.header_bytes = static_cast<std::uint8_t>(2 + bytes);
  return frame;
}

// The sockets of one event loop that have something to write.
class WriteTurn final : public boost::asio::execution_context::service {
 public:
  class Writer {
   public:
    virtual ~Writer() = default;
    // Writes what is queued: at the end of the turn, or (`is_soon`) because add_soon() was called a while ago.
    virtual void flush(bool is_soon) = 0;
  };

  using key_type = WriteTurn;
  inline static boost::asio::execution_context::id id;

  explicit WriteTurn(boost::asio::execution_context& context)
      : service(context), io_(static_cast<boost::asio::io_context&>(context)), timer_(io_) {}

  // Calls flush() at the end of this turn.
  void add(std::shared_ptr<Writer> writer) {
    if (!std::exchange(is_ending_, true)) post_end(0);
    now_.push_back(std::move(writer));
  }

  // Runs the task at the end of this turn, before anything is written: what it adds is still of this turn.
  void add(std::function<void()> task) {
    if (!std::exchange(is_ending_, true)) post_end(0);
    tasks_.push_back(std::move(task));
  }

  // A message has come. Where there are many, more are likely to be read already.
  void note_message() { ++messages_; }

  // One has been read from its socket and will be handled next.
  void expect_message() { expects_message_ = true; }

  // Calls flush() within `patience`: for what can wait for company.
  void add_soon(std::shared_ptr<Writer> writer) {
    soon_.emplace_back(Clock::now() + patience, std::move(writer));
    if (soon_.size() == 1) wait_for_soon();
  }

  // Room for what small frames are copied to, so that they go out as one piece.
  static constexpr std::size_t scratch_bytes = std::size_t{64} * 1024;
  std::uint8_t* scratch() { return scratch_.data(); }

 private:
  using Clock = std::chrono::steady_clock;
  using Writers = std::vector<std::shared_ptr<Writer>>;
  static constexpr std::chrono::milliseconds patience{80};
  static constexpr std::chrono::milliseconds slack{5};  // one wake-up does for those who are due within it

  static constexpr unsigned most_rounds = 32;

  // The turn ends when one round of the event loop has brought no more than one message and none is there to follow.
  void post_end(unsigned round) {
    messages_ = 0;
    expects_message_ = false;
    boost::asio::post(io_, [this, round] {
      if ((messages_ > 1 || expects_message_) && round < most_rounds) return post_end(round + 1);
      for (std::size_t i = 0; i < tasks_.size(); ++i) std::exchange(tasks_[i], nullptr)();
      tasks_.clear();
      is_ending_ = false;
      flush_now();
    });
  }

  void shutdown() override {
    tasks_.clear();
    now_.clear();
    soon_.clear();
  }

  // What they add goes to the next turn.
  void flush_now() {
    Writers due;
    due.swap(spare_);
    due.swap(now_);
    for (const auto& writer : due) writer->flush(false);
    due.clear();
    due.swap(spare_);
  }

  void wait_for_soon() {
    timer_.expires_at(soon_.front().first);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) flush_soon();
    });
  }

  void flush_soon() {
    const auto due = Clock::now() + slack;
    while (!soon_.empty() && soon_.front().first <= due) {
      const std::shared_ptr<Writer> writer = std::move(soon_.front().second);
      soon_.pop_front();
      writer->flush(true);
    }
    if (!soon_.empty()) wait_for_soon();
  }

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  std::vector<std::function<void()>> tasks_;
  Writers now_, spare_;
  std::deque<std::pair<Clock::time_point, std::shared_ptr<Writer>>> soon_;
  bool is_ending_ = false;    // the end of the turn is posted
  std::size_t messages_ = 0;  // since the end of the turn was posted
  bool expects_message_ = false;
  Bytes scratch_ = Bytes(scratch_bytes);
};

}  // namespace stet::net
