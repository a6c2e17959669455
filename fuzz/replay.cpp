// Runs every fuzz target on its corpus, without a fuzzer.
//   test_corpora [TARGET FILE...]     e.g. test_corpora fuzz_any fuzz/corpus/any/0001
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" {
#define TARGET(name) int name(const std::uint8_t* data, std::size_t size);
#include "targets.inc"
#undef TARGET
}

namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

struct Named {
  std::string name;
  Target run;
};

const Named targets[] = {
#define TARGET(name) {#name, name},
#include "targets.inc"
#undef TARGET
};

char current[1024];  // the file that is being replayed, for who reads of an abort

void replay(const Named& target, const std::filesystem::path& path) {
  std::snprintf(current, sizeof current, "replaying %s %s\n", target.name.c_str(), path.c_str());
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  // A copy of its own size, so that the sanitizer sees a read beyond the end.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  target.run(input.data(), input.size());
}

void replay_corpus(const Named& target) {
  std::vector<std::filesystem::path> files;
  const std::string folder = std::string(STET_CORPUS_DIR) + '/' + target.name.substr(std::strlen("fuzz_"));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) replay(target, path);
  std::printf("%s: %zu files\n", target.name.c_str(), files.size());
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGABRT, [](int) {
    std::fputs(current, stderr);
    std::_Exit(1);
  });
  for (const Named& target : targets) {
    if (count == 1) replay_corpus(target);
    if (count > 1 && target.name == arguments[1]) {
      for (int i = 2; i < count; ++i) replay(target, arguments[i]);
    }
  }
  return 0;
}
