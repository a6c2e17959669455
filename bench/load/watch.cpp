#include "watch.hpp"

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "../core/input.hpp"

namespace stet::bench {
namespace {

// Of 0: this process.
std::int64_t cpu_ns(int process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    die("there is no process " + std::to_string(process));
  }
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::int64_t resident_bytes(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::int64_t pages = 0;
  if (!(file >> pages >> pages)) die("there is no process " + std::to_string(process));
  return pages * sysconf(_SC_PAGESIZE);
}

Watch::Watch(int process) : process_(process), cpu_ns_(cpu_ns(process)), own_cpu_ns_(cpu_ns(0)), begin_ns_(now_ns()) {}

void Watch::stop(Figures& figures) const {
  const auto elapsed_ns = static_cast<double>(now_ns() - begin_ns_);
  figures["cpu_us"] = static_cast<double>(cpu_ns(process_) - cpu_ns_) / 1000;
  figures["seconds"] = elapsed_ns / 1e9;
  figures["load_busy"] = static_cast<double>(cpu_ns(0) - own_cpu_ns_) / elapsed_ns;
}

}  // namespace stet::bench
