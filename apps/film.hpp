// A replay in a terminal: the text as it grows, a line of progress, and keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stet::apps {

class Film {
 public:
  // Takes over the terminal until it is destroyed. A signal that asks the program to end is a key to quit meanwhile,
  // and has its effect when the terminal is as it was.
  Film();
  ~Film();
  Film(const Film&) = delete;
  Film& operator=(const Film&) = delete;

  enum class Key : std::uint8_t { none, pause, back, forward, faster, slower, redraw, quit };
  // A key that is pressed within that time.
  Key wait(std::int64_t time_ms);

  // Shows as much of the text around `position` (byte) as there is room for, and below it how far it is.
  struct Frame {
    std::string_view text;
    std::size_t position = 0;
    std::string status;
    std::string_view keys;  // what can be pressed
    double share = 0;       // of the whole, 0 to 1
  };
  void show(const Frame& frame);

 private:
  struct Terminal;

  Key take_key();
  Key take_signal();

  Terminal* terminal_;
  std::string typed_;  // and not yet taken
};

}  // namespace stet::apps
