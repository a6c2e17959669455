// What waits to be written to one socket, in order: whole WebSocket frames. Included by ws_session.cpp only.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "net/sockets/write_turn.hpp"

namespace stet::net {

class Outbox {
 public:
  enum class Outcome : std::uint8_t { all_written, socket_full, broken };

  bool empty() const { return first_ == frames_.size(); }
  void push(OutgoingFrame frame) { frames_.push_back(std::move(frame)); }

  // Writes as much as the socket takes. Calls `written(member, bytes)` for payloads that it has taken whole, once for
  // successive ones of a member; the call may push.
  template <class Written>
  Outcome write(int socket, std::uint8_t* scratch, Written written) {
    while (!empty()) {
      Pieces pieces;
      const std::size_t wanted = gather(scratch, pieces);
      const ssize_t taken = pieces.send(socket);
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Outcome::socket_full : Outcome::broken;
      consume(static_cast<std::size_t>(taken), written);
      if (static_cast<std::size_t>(taken) < wanted) return Outcome::socket_full;
    }
    return Outcome::all_written;
  }

 private:
  static constexpr std::size_t small_bytes = 2048;  // up to here a copy costs less than a piece of its own
  static constexpr std::size_t kept_frames = 64;    // the room of so many is kept when all is written

  // What one call writes.
  struct Pieces {
    std::array<iovec, 64> at;
    std::size_t count = 0;

    ssize_t send(int socket) {
      constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
      if (count == 1) return ::send(socket, at[0].iov_base, at[0].iov_len, flags);  // the cheaper call
      msghdr message{};
      message.msg_iov = at.data();
      message.msg_iovlen = count;
      return ::sendmsg(socket, &message, flags);
    }

    // Without the `skip` bytes that are written already. How many bytes it adds.
    std::size_t add(const std::uint8_t* data, std::size_t bytes, std::size_t& skip) {
      const std::size_t left_out = std::min(skip, bytes);
      skip -= left_out;
      bytes -= left_out;
      if (bytes == 0) return 0;
      auto* const begin = const_cast<std::uint8_t*>(data) + left_out;  // sendmsg() only reads it
      if (count > 0 && static_cast<std::uint8_t*>(at[count - 1].iov_base) + at[count - 1].iov_len == begin) {
        at[count - 1].iov_len += bytes;
      } else {
        at[count++] = {begin, bytes};
      }
      return bytes;
    }
  };

  // The frames in front as pieces to write: small ones are copied, one behind the other. How many bytes they are.
  std::size_t gather(std::uint8_t* scratch, Pieces& pieces) const {
    std::size_t total = 0;
    std::size_t used = 0;  // of scratch
    std::size_t skip = front_written_;
    for (std::size_t i = first_; i < frames_.size() && pieces.count + 2 <= pieces.at.size(); ++i) {
      const OutgoingFrame& frame = frames_[i];
      const ByteView body = frame.body();
      const bool is_small = body.size() <= small_bytes;
      if (used + frame.header_bytes + (is_small ? body.size() : 0) > WriteTurn::scratch_bytes) break;
      std::uint8_t* const begin = scratch + used;
      std::memcpy(begin, frame.header.data(), frame.header_bytes);
      used += frame.header_bytes;
      if (is_small && !body.empty()) std::memcpy(scratch + used, body.data(), body.size());
      if (is_small) used += body.size();
      total += pieces.add(begin, static_cast<std::size_t>(scratch + used - begin), skip);
      if (!is_small) total += pieces.add(body.data(), body.size(), skip);
    }
    return total;
  }

  template <class Written>
  void consume(std::size_t taken, Written written) {
    MemberId member = 0;
    std::size_t bytes = 0;
    const auto tell = [&] {
      if (bytes > 0) written(member, std::exchange(bytes, 0));
    };
    taken += front_written_;
    while (first_ < frames_.size() && taken >= frames_[first_].size()) {
      const OutgoingFrame frame = std::move(frames_[first_++]);
      taken -= frame.size();
      if (frame.header_bytes == 0) continue;  // Beast's own
      if (frame.member != member) tell();
      member = frame.member;
      bytes += frame.payload->size();
    }
    front_written_ = taken;
    if (empty()) {
      frames_.clear();
      first_ = 0;
      if (frames_.capacity() > kept_frames) std::vector<OutgoingFrame>().swap(frames_);
    } else if (first_ > frames_.size() / 2) {
      frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    tell();
  }

  std::vector<OutgoingFrame> frames_;
  std::size_t first_ = 0;          // those before are written
  std::size_t front_written_ = 0;  // so many bytes of the first one are
};

}  // namespace stet::net
