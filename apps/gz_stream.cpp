#include "apps/gz_stream.hpp"

namespace stet::apps {

GzStream::GzStream(const std::string& path) : file_(gzopen(path.c_str(), "rb")) {}

GzStream::~GzStream() {
  if (file_) gzclose(file_);
}

std::int64_t GzStream::offset() const { return gzoffset(file_); }

GzStream::int_type GzStream::underflow() {
  if (!fault_.empty()) return traits_type::eof();
  const int count = gzread(file_, block_.data(), static_cast<unsigned>(block_.size()));
  if (count > 0) {
    setg(block_.data(), block_.data(), block_.data() + count);
    return traits_type::to_int_type(block_[0]);
  }
  int code = Z_OK;
  const char* what = gzerror(file_, &code);
  if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    fault_ = "the packed file is cut off or damaged at byte " + std::to_string(offset()) + ": " + what;
  }
  return traits_type::eof();
}

}  // namespace stet::apps
