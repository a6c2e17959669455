#include "apps/film.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace stet::apps {

struct Film::Saved {
  termios settings{};
};

Film::Film() : saved_(new Saved) {
  tcgetattr(STDIN_FILENO, &saved_->settings);
  termios raw = saved_->settings;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  std::fputs("\x1b[?1049h\x1b[?25l", stdout);  // the other screen, no cursor
}

Film::~Film() {
  std::fputs("\x1b[?25h\x1b[?1049l", stdout);
  std::fflush(stdout);
  tcsetattr(STDIN_FILENO, TCSANOW, &saved_->settings);
  delete saved_;
}

Film::Key Film::wait(std::int64_t time_ms) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, static_cast<int>(std::clamp<std::int64_t>(time_ms, 0, 60'000))) <= 0) return Key::none;
  char bytes[8] = {};
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count <= 0) return Key::quit;
  const std::string_view pressed(bytes, static_cast<std::size_t>(count));
  if (pressed == "\x1b[D" || pressed == "h") return Key::back;
  if (pressed == "\x1b[C" || pressed == "l") return Key::forward;
  if (pressed == "+") return Key::faster;
  if (pressed == "-") return Key::slower;
  if (pressed == " ") return Key::pause;
  if (pressed == "q" || pressed == "\x1b") return Key::quit;
  return Key::none;
}

void Film::show(const Frame& frame) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 3) size = {24, 80, 0, 0};
  const std::size_t rows = size.ws_row - 2U;
  // Two thirds of the room before what changed.
  std::size_t begin = std::min(frame.position, frame.text.size());
  for (std::size_t line = 0; begin > 0 && line <= rows * 2 / 3; --begin) line += frame.text[begin - 1] == '\n' ? 1 : 0;
  if (begin > 0) ++begin;
  std::string screen = "\x1b[H";
  std::string_view rest = frame.text.substr(std::min(begin, frame.text.size()));
  for (std::size_t row = 0; row < rows; ++row) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::size_t columns = 0;
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte & 0xc0) != 0x80 && ++columns > size.ws_col) break;
      screen += byte < 0x20 || byte == 0x7f ? ' ' : c;  // what would steer the terminal does not
    }
    screen += "\x1b[K\r\n";
  }
  const auto done = static_cast<std::size_t>(std::clamp(frame.share, 0.0, 1.0) * size.ws_col);
  screen += std::string(done, '=') + std::string(size.ws_col - done, '-') + "\r\n";
  screen += frame.status.substr(0, size.ws_col) + "\x1b[K";
  std::fwrite(screen.data(), 1, screen.size(), stdout);
  std::fflush(stdout);
}

}  // namespace stet::apps
