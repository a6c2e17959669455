// What is measured. Each scenario runs against one server and returns its figures.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "swarm.hpp"

namespace stet::bench {

struct Setup {
  Target target;
  int process = 0;  // the server's
  std::string doc;  // documents are named so, or begin so
  std::size_t docs = 1;
  std::size_t each = 2;  // clients of each document
  double rate = 1;       // of each client, a second
  double seconds = 1;
  std::size_t count = 1;
  std::string log;  // a file of updates, see read_log()
};
using Figures = nlohmann::json;

// typing.cpp
// Everybody types `rate` letters a second, whatever the server does.
Figures open_loop(const Setup& setup);
// Everybody types `count` letters as fast as the neighbour gets them.
Figures saturated(const Setup& setup);
// Two take turns, `count` times.
Figures round_trip(const Setup& setup);
// One writes all updates of `log`; it ends when the last one is confirmed.
Figures write_log(const Setup& setup);
// 100 letters a second, until the server is killed after `seconds`: what was delivered, and confirmed.
Figures until_killed(const Setup& setup);

// presence.cpp
// `each` cursors move `rate` times a second.
Figures presence(const Setup& setup);

// joins.cpp
// `count` connections, spread over `docs` documents.
Figures idle(const Setup& setup);
// Opens the document `count` times, one after another.
Figures join_in_turn(const Setup& setup);
// Opens it `count` times at once.
Figures join_at_once(const Setup& setup);
// How many letters of until_killed() the document has.
Figures letters_kept(const Setup& setup);

}  // namespace stet::bench
