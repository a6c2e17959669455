// stet import PATH: brings documents from elsewhere into a data folder.
#include "apps/import.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "apps/commands.hpp"

namespace stet::apps {

namespace {

using storage::ForeignKind;

struct Options {
  std::string path;
  std::string data = "./stet-data";
  std::optional<ForeignKind> from;
};

int run(const Options& options) {
  const std::optional<ForeignKind> kind = options.from ? options.from : storage::recognize(options.path);
  if (kind) return import_store(*kind, options.path, options.data);
  std::error_code ignored;
  const bool there = std::filesystem::exists(options.path, ignored);
  std::cerr << "stet: " << options.path
            << (there
                    ? ": neither a database of Hocuspocus, nor a LevelDB folder of y-websocket, nor a folder of y-sweet"
                    : ": no such file or folder")
            << '\n';
  return 1;
}

}  // namespace

void add_import(CLI::App& program, Run& run_command) {
  const std::map<std::string, ForeignKind> kinds = {{"hocuspocus", ForeignKind::hocuspocus},
                                                    {"y-websocket", ForeignKind::y_websocket},
                                                    {"y-sweet", ForeignKind::y_sweet}};
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "import", "Bring the documents of a Hocuspocus, y-websocket or y-sweet store into a data folder");
  command->add_option("PATH", options->path, "the store: an SQLite database or a folder")->required();
  command->add_option("--data", options->data, "Folder of the documents; no server may be running on it")
      ->capture_default_str();
  command->add_option("--from", options->from, "What wrote the store (found out by default)")
      ->transform(CLI::CheckedTransformer(kinds));
  command->callback([options, &run_command] { run_command = [options] { return run(*options); }; });
}

}  // namespace stet::apps
