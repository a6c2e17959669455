// A folder of y-sweet: DOC/data.ysweet is a sorted map of keys to values as bincode writes it (a count, then length and
// bytes of each key and value; numbers of 64 bits, the lowest byte first). Its keys are those of yrs-kvstore:
//   0 0 NAME 0           the number of the document of that name (y-sweet has one, "doc")
//   0 1 NUMBER 0         its state, an update; NUMBER is 32 bits, the highest byte first
//   0 1 NUMBER 2 n 0     the n-th update after the state
// and beside them state vectors (1) and metadata (3).
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "stet/lib0.hpp"
#include "storage/foreign_readers.hpp"

namespace stet::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view file_name = "data.ysweet";
constexpr std::string_view document_key("\0\0doc\0", 6);

std::uint64_t read_u64(Reader& in) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(in.byte()) << (8 * i);
  return value;
}

// Collects the state and the updates; what is wrong, or empty.
std::string read_map(ByteView bytes, std::vector<Bytes>& updates) {
  Reader in(bytes);
  std::string document;  // what the keys of the document begin with
  const std::uint64_t entries = read_u64(in);
  for (std::uint64_t left = entries; left > 0 && in.ok(); --left) {
    const std::string_view key = as_text(in.bytes(read_u64(in)));
    const ByteView value = in.bytes(read_u64(in));
    if (!in.ok()) break;
    if (key == document_key) {
      document = std::string("\0\1", 2).append(as_text(value));
    } else if (!document.empty() && key.starts_with(document)) {
      const std::string_view what = key.substr(document.size());
      const bool state = what == std::string_view("\0", 1);
      const bool update = what.size() == 6 && what.front() == 2 && what.back() == 0;
      if (state || update) updates.emplace_back(value.begin(), value.end());
    }
  }
  if (!in.ok()) return "not a file of y-sweet: " + in.error().message();
  if (!in.at_end()) return "not a file of y-sweet: trailing bytes at byte " + std::to_string(in.offset());
  // Without entries it is a document that was made, and never written.
  return document.empty() && entries > 0 ? "holds no document" : "";
}

ForeignDoc read_doc(const fs::path& file) {
  ForeignDoc doc;
  doc.name = file.parent_path().filename().string();
  std::ifstream in(file, std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(in), {}};
  doc.fault = in.bad() || !in.is_open() ? "cannot be read" : read_map(bytes, doc.updates);
  return doc;
}

}  // namespace

void for_each_y_sweet(const fs::path& folder, const std::function<bool(const fs::path& file)>& each) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (fs::is_regular_file(at->path() / file_name, ignored)) files.push_back(at->path() / file_name);
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (!each(file)) return;
  }
}

ReadError read_y_sweet(const fs::path& path, const EachDoc& each) {
  bool any = false;
  for_each_y_sweet(path, [&](const fs::path& file) {
    each(read_doc(file));
    return any = true;
  });
  if (!any) return "no DOC/data.ysweet in it";
  return std::nullopt;
}

}  // namespace stet::storage
