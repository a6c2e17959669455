// stet import PATH: brings documents from elsewhere, or edit logs, into a data folder.
#include "apps/import.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "apps/commands.hpp"
#include "apps/gz_stream.hpp"
#include "storage/edit_log.hpp"

namespace stet::apps {

namespace {

using storage::ForeignKind;

struct Options {
  std::string path;
  std::string data = "./stet-data";
  std::optional<ForeignKind> from;
  EditLogImport log;  // but for its file and data
};

bool is_edit_log(const std::string& path) {
  GzStream file(path);
  if (!file.is_open()) return false;
  std::array<char, 16> head{};
  file.in().read(head.data(), head.size());
  return storage::begins_as_edit_log(as_bytes({head.data(), static_cast<std::size_t>(file.in().gcount())}));
}

int run(const Options& options) {
  if (!options.from && is_edit_log(options.path)) {
    EditLogImport request = options.log;
    request.file = options.path;
    request.data = options.data;
    return import_edit_log(request);
  }
  const std::optional<ForeignKind> kind = options.from ? options.from : storage::recognize(options.path);
  if (kind) return import_store(*kind, options.path, options.data);
  std::error_code ignored;
  const bool there = std::filesystem::exists(options.path, ignored);
  std::cerr
      << "stet: " << options.path
      << (there ? ": neither a database of Hocuspocus, nor a LevelDB folder of y-websocket, nor a folder of y-sweet, "
                  "nor an edit log"
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
      "import",
      "Bring an edit log, or the documents of a Hocuspocus, y-websocket or y-sweet store, into a data folder");
  command->add_option("PATH", options->path, "the edit log, or the store: an SQLite database or a folder")->required();
  command->add_option("--data", options->data, "Folder of the documents; no server may be running on it")
      ->capture_default_str();
  command->add_option("--from", options->from, "What wrote the store (found out by default)")
      ->transform(CLI::CheckedTransformer(kinds));
  command->add_option("--as", options->log.doc, "Edit log: name of the document, instead of the one in the file");
  command->add_flag("--merge", options->log.merge, "Edit log: add to a document that is there what it lacks");
  command->add_flag("--salvage", options->log.salvage, "Damaged edit log: take what comes before the damage");
  command->callback([options, &run_command] { run_command = [options] { return run(*options); }; });
}

}  // namespace stet::apps
