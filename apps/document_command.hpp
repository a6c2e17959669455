// How commands on one document of a data folder are added.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "apps/commands.hpp"

namespace stet::apps {

// `Options` has at least `doc` and `data`. `about_data`: what the help says of the folder. Where the command is the one
// called, `run` becomes its work. Returns it, for further options, and where their values go.
template <class Options>
std::pair<CLI::App*, std::shared_ptr<Options>> add_document_command(CLI::App& program, Run& run, const char* name,
                                                                    const char* about, const char* about_data,
                                                                    int (*work)(const Options&)) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(name, about);
  command->add_option("DOC", options->doc, "the document")->required();
  command->add_option("--data", options->data, about_data)->capture_default_str();
  command->callback([options, work, &run] { run = [options, work] { return work(*options); }; });
  return {command, options};
}

}  // namespace stet::apps
