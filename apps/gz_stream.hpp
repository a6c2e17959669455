// A file as a stream: unpacked where it is packed with gzip.
#pragma once

#include <zlib.h>

#include <array>
#include <cstdint>
#include <istream>
#include <streambuf>
#include <string>

namespace stet::apps {

class GzStream : private std::streambuf {
 public:
  explicit GzStream(const std::string& path);
  ~GzStream() override;
  GzStream(const GzStream&) = delete;
  GzStream& operator=(const GzStream&) = delete;

  // Ends where a packed file is cut off or damaged; then fault() says so.
  std::istream& in() { return in_; }

  bool is_open() const { return file_ != nullptr; }
  // Bytes of the file that have been read, packed as they are.
  std::int64_t offset() const;
  // Empty, or what is wrong with the packed file.
  const std::string& fault() const { return fault_; }
  // The same behind another message: empty, or in brackets.
  std::string remark() const { return fault_.empty() ? "" : " (" + fault_ + ")"; }

 private:
  int_type underflow() override;

  gzFile file_;
  std::string fault_;
  std::array<char, 65536> block_{};
  std::istream in_{this};
};

}  // namespace stet::apps
