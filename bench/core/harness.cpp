#include "harness.hpp"

#include <malloc.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "stet/lib0.hpp"

namespace stet::bench {

namespace {

using Json = nlohmann::ordered_json;

// Whole milliseconds or counts from the environment.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

std::string sha256(ByteView data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    constexpr const char* digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

std::size_t heap_bytes() {
  malloc_trim(0);
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

double rounded(double ms) { return std::round(ms * 1e4) / 1e4; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void describe(const Outcome& outcome, Json& report) {
  if (outcome.text) {
    report["sha256"] = sha256(as_bytes(*outcome.text));
    report["len16"] = utf16_length(*outcome.text);
    report["len8"] = outcome.text->size();
  }
  if (outcome.doc && !outcome.out) {
    report["bytes"] = {{"v1", outcome.doc->encode_state(Encoding::v1).size()},
                       {"v2", outcome.doc->encode_state(Encoding::v2).size()}};
  }
  if (outcome.out) {
    report["out_bytes"] = outcome.out->size();
    report["out_sha256"] = sha256(*outcome.out);
  }
  if (!outcome.updates.empty()) {
    std::size_t bytes = 0;
    for (const Bytes& update : outcome.updates) bytes += update.size();
    report["updates"] = outcome.updates.size();
    report["update_bytes"] = bytes;
  }
}

// Processor time of this thread: on a busy machine the better measure.
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace

// The name by which callgrind switches its counting on and off: only what is timed is counted.
[[gnu::noinline]] void timed_run(const Run& run, Laps& laps, Outcome& outcome) {
  outcome = run(laps);
  laps.stop();
}

void Laps::lap(const char* part) {
  const auto now = std::chrono::steady_clock::now();
  parts_ms_.emplace_back(part, Milliseconds(now - last_).count());
  last_ = now;
}

int measure(const Run& run, const Check& check) {
  Json report = {{"peer", "stet"}, {"version", "unreleased"}};
  bool ok = true;
  {
    const std::size_t heap_before = heap_bytes();
    Laps laps;
    Outcome first;
    const double begin_ms = cpu_ms();
    timed_run(run, laps, first);
    report["cold_cpu_ms"] = rounded(cpu_ms() - begin_ms);
    report["cold_ms"] = rounded(laps.total_ms());
    if (std::getenv("BENCH_MEM")) {
      // What the caller was given is not what the document keeps.
      Outcome kept;
      kept.doc = std::move(first.doc);
      std::size_t given = 0;
      if (first.text) given += malloc_usable_size(first.text->data());
      if (first.out) given += malloc_usable_size(first.out->data());
      report["retained_kb"] = (heap_bytes() - heap_before - given) / 1024;
      first.doc = std::move(kept.doc);
    }
    ok = !check || check(first);
    describe(first, report);
  }

  const std::uint64_t runs = setting("BENCH_RUNS", 5);
  std::vector<double> runs_ms;
  std::vector<double> runs_cpu_ms;
  std::vector<std::pair<const char*, std::vector<double>>> parts_ms;
  const auto one_run = [&](bool keep) {
    Laps laps;
    Outcome outcome;
    const double begin_ms = cpu_ms();
    timed_run(run, laps, outcome);
    if (!keep) return laps.total_ms();
    runs_cpu_ms.push_back(rounded(cpu_ms() - begin_ms));
    runs_ms.push_back(rounded(laps.total_ms()));
    for (std::size_t i = 0; i < laps.parts_ms().size(); ++i) {
      if (i == parts_ms.size()) parts_ms.emplace_back(laps.parts_ms()[i].first, std::vector<double>{});
      parts_ms[i].second.push_back(laps.parts_ms()[i].second);
    }
    return laps.total_ms();
  };
  if (runs > 0) {
    const auto warm_ms = static_cast<double>(setting("BENCH_WARM_MS", 100));
    const auto measure_ms = static_cast<double>(setting("BENCH_MEASURE_MS", 300));
    for (double spent_ms = 0; spent_ms < warm_ms;) spent_ms += one_run(false);
    for (double spent_ms = 0; runs_ms.size() < runs || spent_ms < measure_ms;) spent_ms += one_run(true);
    const auto [min, max] = std::minmax_element(runs_ms.begin(), runs_ms.end());
    report["median_ms"] = rounded(median(runs_ms));
    report["min_ms"] = *min;
    report["max_ms"] = *max;
    for (const auto& [part, times] : parts_ms) report["parts_ms"][part] = rounded(median(times));
    report["runs_ms"] = runs_ms;
    report["runs_cpu_ms"] = runs_cpu_ms;
  }

  struct rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  report["maxrss_kb"] = usage.ru_maxrss;
  report["ok"] = ok;
  std::cout << report.dump() << std::endl;
  return ok ? 0 : 1;
}

}  // namespace stet::bench
