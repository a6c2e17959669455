// stet-load SCENARIO --port PORT --process PID ...: the load on one server, and what it cost, as one line of JSON.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "scenarios.hpp"

int main(int argc, char** argv) {
  using namespace stet::bench;
  static const std::map<std::string, Figures (*)(const Setup&)> scenarios = {
      {"open", open_loop},      {"saturated", saturated}, {"pair", round_trip}, {"write", write_log},
      {"killed", until_killed}, {"presence", presence},   {"idle", idle},       {"join", join_in_turn},
      {"storm", join_at_once},  {"kept", letters_kept},
  };
  static const std::map<std::string, Dialect> dialects = {
      {"y-websocket", Dialect::y_websocket}, {"hocuspocus", Dialect::hocuspocus}, {"relay", Dialect::relay}};
  CLI::App program("The load on one server, and what it cost", "stet-load");
  Setup setup;
  std::string scenario;
  program.add_option("scenario", scenario)->required()->check(CLI::IsMember(scenarios));
  program.add_option("--port", setup.target.port)->required();
  program.add_option("--path", setup.target.path, "Where documents are");
  program.add_option("--dialect", setup.target.dialect)->transform(CLI::CheckedTransformer(dialects));
  program.add_option("--process", setup.process, "The server's process")->required();
  program.add_option("--doc", setup.doc, "The beginning of the documents' names")->required()->take_last();
  program.add_option("--docs", setup.docs, "Documents");
  program.add_option("--each", setup.each, "Clients of each document");
  program.add_option("--rate", setup.rate, "What each client sends, a second");
  program.add_option("--seconds", setup.seconds);
  program.add_option("--count", setup.count, "Edits of each client, connections, or joins");
  program.add_option("--bytes", setup.target.bytes, "A document of fewer bytes is not all there yet");
  program.add_option("--log", setup.log, "A file of updates, as stet-bench writes it");
  CLI11_PARSE(program, argc, argv);
  std::cout << scenarios.at(scenario)(setup) << std::endl;
}
