#include "input.hpp"

#include <zlib.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "stet/lib0.hpp"

namespace stet::bench {

namespace {

std::uint32_t u32le(ByteView data, std::size_t at) {
  return static_cast<std::uint32_t>(data[at] | data[at + 1] << 8 | data[at + 2] << 16) |
         static_cast<std::uint32_t>(data[at + 3]) << 24;
}

void put_u32le(Bytes& out, std::size_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

// UTF-16 units of each code point.
std::string widths_of(std::string_view utf8) {
  std::string widths;
  for (const char c : utf8) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xc0) != 0x80) widths += static_cast<char>(byte >= 0xf0 ? 2 : 1);
  }
  return widths;
}

// Replays the trace on the widths of its code points. Slow, but most traces have none that are wide.
void count_in_utf16(std::vector<std::vector<Patch>>& transactions) {
  std::string widths;
  const auto units = [&](std::size_t from, std::size_t to) {
    return std::accumulate(widths.begin() + static_cast<std::ptrdiff_t>(from),
                           widths.begin() + static_cast<std::ptrdiff_t>(to), std::uint64_t{0});
  };
  for (auto& patches : transactions) {
    for (Patch& patch : patches) {
      const std::size_t position = patch.position;
      const std::size_t deleted = patch.deleted;
      patch.position = units(0, position);
      patch.deleted = units(position, position + deleted);
      widths.replace(position, deleted, widths_of(patch.inserted));
    }
  }
}

}  // namespace

void die(const std::string& line) {
  std::cerr << "stet-bench: " << line << "\n";
  std::exit(1);
}

// zlib reads files that are not packed as they are.
Bytes read_file(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) die("cannot open " + path);
  Bytes data;
  std::array<std::uint8_t, 65536> block{};
  int count = 0;
  while ((count = gzread(file, block.data(), block.size())) > 0)
    data.insert(data.end(), block.begin(), block.begin() + count);
  gzclose(file);
  if (count < 0) die("cannot read " + path);
  data.shrink_to_fit();
  return data;
}

void write_file(const std::string& path, ByteView data) {
  std::ofstream file(path, std::ios::binary);
  file.write(as_text(data).data(), static_cast<std::streamsize>(data.size()));
  if (!file.flush()) die("cannot write " + path);
}

Trace read_trace(const std::string& path) {
  const Bytes data = read_file(path);
  const nlohmann::json json = nlohmann::json::parse(data, nullptr, false);
  if (json.is_discarded() || !json.contains("txns")) die(path + " is not an editing trace");
  if (!json.value("startContent", "").empty()) die(path + " does not start empty");
  Trace trace;
  trace.end_text = json.value("endContent", "");
  bool wide = false;
  for (const auto& txn : json["txns"]) {
    auto& patches = trace.transactions.emplace_back();
    for (const auto& change : txn["patches"]) {
      patches.push_back({change[0], change[1], change[2]});
      for (const char c : patches.back().inserted) wide |= static_cast<std::uint8_t>(c) >= 0xf0;
    }
  }
  if (wide) count_in_utf16(trace.transactions);
  return trace;
}

Log read_log(const std::string& path) {
  Log log{read_file(path), {}};
  const ByteView data = log.data;
  if (data.size() < 4) die(path + " is not a log");
  const std::uint32_t count = u32le(data, 0);
  std::size_t at = 4;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (data.size() - at < 4 || u32le(data, at) > data.size() - at - 4) die(path + " is cut off");
    log.updates.push_back(data.subspan(at + 4, u32le(data, at)));
    at += 4 + log.updates.back().size();
  }
  return log;
}

void write_log(const std::string& path, const std::vector<Bytes>& updates) {
  Bytes data;
  put_u32le(data, updates.size());
  for (const Bytes& update : updates) {
    put_u32le(data, update.size());
    data.insert(data.end(), update.begin(), update.end());
  }
  write_file(path, data);
}

}  // namespace stet::bench
