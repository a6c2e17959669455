// stet-bench OPERATION FILE ARGUMENTS…: does the work, times it, prints one JSON object.
// docs/BENCHMARKS.md lists the operations. Exit status 3: this operation does not exist here.
#include <map>
#include <stdexcept>

#include "input.hpp"
#include "operations.hpp"

int main(int argc, char** argv) {
  using namespace stet::bench;
  static const std::map<std::string, int (*)(const Arguments&)> operations = {
      {"local", local},   {"record", record},   {"remote", remote},
      {"rich", rich},     {"load", load},       {"snapshot", snapshot},
      {"encode", encode}, {"docdiff", docdiff}, {"mergeupdates", mergeupdates},
      {"diff", diff},     {"svfrom", svfrom},   {"growth", growth},
      {"huge", huge},
  };
  const Arguments words(argv + 1, argv + argc);
  if (words.empty())
    die("which operation? local, record, remote, rich, load, snapshot, encode, docdiff, mergeupdates, diff, svfrom, "
        "growth, huge");
  const auto operation = operations.find(words[0]);
  if (operation == operations.end()) return 3;
  try {
    return operation->second({words.begin() + 1, words.end()});
  } catch (const std::out_of_range&) {
    die(words[0] + " needs more arguments");
  }
}
