#include "net/frame.hpp"

#include <zlib.h>

#include <limits>
#include <new>

namespace stet::net {
namespace {

// Raw deflate of whole messages, none of which refers to an earlier one. One a thread, which keeps its 256 KiB.
class Deflater {
 public:
  Deflater() {
    constexpr int level = 4;  // of 1 to 9; higher ones cost half as much again for a hundredth fewer bytes
    constexpr int raw_window_bits = -15;
    constexpr int memory_level = 8;
    const int result = deflateInit2(&stream_, level, Z_DEFLATED, raw_window_bits, memory_level, Z_DEFAULT_STRATEGY);
    if (result != Z_OK) throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Ends with an empty block, of which RFC 7692 leaves out the last four bytes. Empty where it is not shorter.
  Bytes deflate(ByteView bytes) {
    constexpr std::size_t end_bytes = 4;
    Bytes out(bytes.size() + end_bytes);
    stream_.next_in = const_cast<std::uint8_t*>(bytes.data());  // it only reads
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream_, Z_SYNC_FLUSH);
    const bool is_shorter = stream_.avail_in == 0 && stream_.avail_out > 0;
    out.resize(is_shorter ? out.size() - stream_.avail_out - end_bytes : 0);
    out.shrink_to_fit();
    deflateReset(&stream_);
    return out;
  }

 private:
  z_stream stream_{};
};

}  // namespace

const Bytes* Payload::deflated() const {
  std::call_once(is_deflated_, [this] {
    if (bytes_.empty() || bytes_.size() > std::numeric_limits<uInt>::max() / 2) return;
    thread_local Deflater deflater;
    Bytes shorter = deflater.deflate(bytes_);
    if (!shorter.empty()) deflated_ = std::make_unique<const Bytes>(std::move(shorter));
  });
  return deflated_.get();
}

}  // namespace stet::net
