#include "apps/film.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cwchar>
#include <map>
#include <vector>

namespace stet::apps {
namespace {

// A character of UTF-8 text at its beginning: how many bytes and columns it takes. What would steer the terminal, and
// what is no text, is none.
struct Glyph {
  std::size_t bytes = 1;
  std::size_t columns = 0;
  bool is_text = false;
};
Glyph first_glyph(std::string_view text) {
  if (text.front() == '\t') return {1, 1, true};
  wchar_t character = 0;
  std::mbstate_t state{};
  const std::size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {};
  const int columns = wcwidth(character);
  return {bytes, static_cast<std::size_t>(std::max(0, columns)), columns >= 0};
}

// Appends as much of the row as there are columns for; the character at byte `marked` stands out.
void append_row(std::string& out, std::string_view row, std::size_t columns, std::size_t marked) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < row.size();) {
    const Glyph glyph = first_glyph(row.substr(at));
    if (used + glyph.columns > columns) break;
    const bool stands_out = at == marked && glyph.columns > 0;
    if (stands_out) out += "\x1b[7m";
    if (glyph.is_text) out += row[at] == '\t' ? " " : row.substr(at, glyph.bytes);
    if (stands_out) out += "\x1b[27m";
    used += glyph.columns;
    at += glyph.bytes;
  }
  if (marked == row.size() && used < columns) out += "\x1b[7m \x1b[27m";
}

// Lines of text as rows of a terminal, broken between words where there are some: views into `text`.
std::vector<std::string_view> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string_view> rows;
  std::size_t begin = 0;      // of the row
  std::size_t used = 0;       // columns of it
  std::size_t word = 0;       // where the last word of the row begins
  std::size_t word_used = 0;  // columns before it
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      rows.push_back(text.substr(begin, at - begin));
      begin = word = ++at;
      used = word_used = 0;
      continue;
    }
    const Glyph glyph = first_glyph(text.substr(at));
    if (used + glyph.columns > columns && at > begin) {
      const bool is_space = text[at] == ' ';
      const bool between_words = word > begin && !is_space;
      const std::size_t end = between_words ? word : at;
      rows.push_back(text.substr(begin, end - begin));
      used = between_words ? used - word_used : 0;
      begin = word = end + (is_space ? 1 : 0);
      at = std::max(at, begin);
      word_used = 0;
      continue;
    }
    used += glyph.columns;
    at += glyph.bytes;
    if (text[at - 1] == ' ') {
      word = at;
      word_used = used;
    }
  }
  rows.push_back(text.substr(begin));
  return rows;
}

}  // namespace

struct Film::Terminal {
  termios settings{};
  sigset_t signals{};
  sigset_t signals_before{};
  int signal_fd = -1;
  int ended_by = 0;

  Terminal() {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    tcgetattr(STDIN_FILENO, &settings);
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, &signals_before);
    signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    take();
  }

  ~Terminal() {
    give_back();
    close(signal_fd);
    if (ended_by != 0) std::raise(ended_by);
    sigprocmask(SIG_SETMASK, &signals_before, nullptr);  // here it ends where a signal asked for it
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void take() const {
    termios raw = settings;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::fputs("\x1b[?1049h\x1b[?25l", stdout);  // the other screen, no cursor
    std::fflush(stdout);
  }

  void give_back() const {
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    std::fputs("\x1b[?25h\x1b[?1049l", stdout);
    std::fflush(stdout);
  }
};

Film::Film() : terminal_(new Terminal) {}

Film::~Film() { delete terminal_; }

Film::Key Film::wait(std::int64_t time_ms) {
  if (!typed_.empty()) return take_key();
  std::array<pollfd, 2> inputs{{{STDIN_FILENO, POLLIN, 0}, {terminal_->signal_fd, POLLIN, 0}}};
  const auto patience_ms = static_cast<int>(std::clamp<std::int64_t>(time_ms, 0, 60'000));
  if (poll(inputs.data(), inputs.size(), patience_ms) <= 0) return Key::none;
  if (inputs[1].revents != 0) return take_signal();
  std::array<char, 64> bytes{};
  const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) return Key::quit;
  typed_.assign(bytes.data(), static_cast<std::size_t>(count));
  return take_key();
}

Film::Key Film::take_key() {
  static const std::map<std::string, Key> keys = {
      {"\x1b[D", Key::back},    {"\x1bOD", Key::back}, {"h", Key::back},   {"\x1b[C", Key::forward},
      {"\x1bOC", Key::forward}, {"l", Key::forward},   {"+", Key::faster}, {"=", Key::faster},
      {"-", Key::slower},       {" ", Key::pause},     {"q", Key::quit},   {"\x1b", Key::quit},
  };
  std::size_t length = 1;
  if (typed_.size() >= 3 && typed_[0] == '\x1b' && (typed_[1] == '[' || typed_[1] == 'O')) {
    length = 3;
    while (length < typed_.size() && typed_[length - 1] < '@') ++length;  // parameters before the final letter
  }
  const auto key = keys.find(typed_.substr(0, length));
  typed_.erase(0, length);
  return key == keys.end() ? Key::none : key->second;
}

Film::Key Film::take_signal() {
  signalfd_siginfo info{};
  if (read(terminal_->signal_fd, &info, sizeof info) != sizeof info) return Key::none;
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGWINCH) return Key::redraw;
  if (signal == SIGTSTP) {
    terminal_->give_back();
    std::raise(SIGSTOP);
    terminal_->take();
    return Key::redraw;
  }
  terminal_->ended_by = signal;
  return Key::quit;
}

void Film::show(const Frame& frame) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) size = {24, 80, 0, 0};
  const std::size_t columns = size.ws_col;
  const std::size_t below = size.ws_row < 8 ? 2 : 3;  // the bar and the status, and the keys where there is room
  const std::size_t rows = size.ws_row - std::min<std::size_t>(size.ws_row, below);

  // From the line that changed as many lines back as fill two thirds of the room at least, and then on to its end.
  const std::size_t position = std::min(frame.position, frame.text.size());
  const std::size_t before = rows * 2 / 3;
  std::size_t begin = position;
  for (std::size_t lines = 0; begin > 0; --begin) {
    if (frame.text[begin - 1] == '\n' && lines++ == before) break;
  }
  const std::string_view shown = frame.text.substr(begin, position - begin + rows * columns * 4);
  std::vector<std::string_view> lines = wrapped(shown, columns);
  const auto offset = [&](std::string_view row) { return begin + static_cast<std::size_t>(row.data() - shown.data()); };
  std::size_t changed = 0;  // the row
  while (changed + 1 < lines.size() && offset(lines[changed + 1]) <= position) ++changed;
  const std::size_t first = changed - std::min(changed, before);

  std::string screen = "\x1b[H";
  for (std::size_t row = 0; row < rows; ++row) {
    if (first + row < lines.size()) {
      const std::string_view line = lines[first + row];
      const bool is_changed = first + row == changed;
      append_row(screen, line, columns, is_changed ? position - offset(line) : std::string_view::npos);
    }
    screen += "\x1b[K\r\n";
  }
  const auto done = static_cast<std::size_t>(std::clamp(frame.share, 0.0, 1.0) * static_cast<double>(columns));
  if (size.ws_row > 1) screen += std::string(done, '=') + std::string(columns - done, '-') + "\r\n";
  append_row(screen, frame.status, columns, std::string_view::npos);
  screen += "\x1b[K";
  if (below == 3) {
    screen += "\r\n\x1b[2m";
    append_row(screen, frame.keys, columns, std::string_view::npos);
    screen += "\x1b[22m\x1b[K";
  }
  std::fwrite(screen.data(), 1, screen.size(), stdout);
  std::fflush(stdout);
}

}  // namespace stet::apps
