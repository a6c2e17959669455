// The files that benchmarks read, outside the clock. Whatever is wrong with one ends the program with a clear line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stet/bytes.hpp"

namespace stet::bench {

// Under this client id everybody edits, so that encoded sizes compare.
constexpr std::uint64_t editor_id = 2119614686;

// Prints the line and exits with status 1.
[[noreturn]] void die(const std::string& line);

// The whole file, unpacked if its name ends in .gz.
Bytes read_file(const std::string& path);
void write_file(const std::string& path, ByteView data);

// One change of a trace: at `position` delete `deleted` UTF-16 units, then insert `inserted`.
struct Patch {
  std::uint64_t position = 0;
  std::uint64_t deleted = 0;
  std::string inserted;
};

struct Trace {
  std::vector<std::vector<Patch>> transactions;
  std::string end_text;
};

// An editing trace in JSON; its positions, which count code points, become UTF-16 units.
Trace read_trace(const std::string& path);

// u32le count, then count × (u32le length, bytes).
struct Log {
  Bytes data;
  std::vector<ByteView> updates;  // into data
};
Log read_log(const std::string& path);
void write_log(const std::string& path, const std::vector<Bytes>& updates);

}  // namespace stet::bench
