#include <CLI/CLI.hpp>

#include "apps/commands.hpp"

int main(int argc, char** argv) {
  CLI::App program("Stet: a server for shared documents (Yjs), and the tools around it", "stet");
  program.require_subcommand(1);
  stet::apps::Run run;
  stet::apps::add_serve(program, run);
  stet::apps::add_inspect(program, run);
  stet::apps::add_import(program, run);
  stet::apps::add_history(program, run);
  stet::apps::add_retention(program, run);
  stet::apps::add_replay(program, run);
  stet::apps::add_tail(program, run);
  stet::apps::add_edit(program, run);
  CLI11_PARSE(program, argc, argv);
  return run();
}
