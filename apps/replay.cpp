// stet replay: a history, edit by edit: as a film in a terminal, as lines in a pipe.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/commands.hpp"
#include "apps/film.hpp"
#include "apps/history.hpp"
#include "apps/replay_source.hpp"
#include "net/history/history_json.hpp"
#include "net/rooms/utf16.hpp"
#include "stet/types.hpp"

namespace stet::apps {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::int64_t longest_pause_ms = 2'000;  // of the film, however long people paused
constexpr std::int64_t step_ms = 50;              // between edits whose times tell nothing
constexpr milliseconds poll_interval{200};        // of --follow
constexpr milliseconds progress_interval{200};
constexpr double slowest = 0.125;  // speeds of the film that keys reach; above them, as fast as it goes
constexpr double fastest = 10'000;
constexpr double seek_share = 0.05;  // of the whole, with one key

enum class Print : std::uint8_t { film, text, json, update, delta, stats };

struct Options {
  std::string source;
  std::string data = "./stet-data";
  std::string root = "text";
  std::string to;
  std::string speed;
  Print print = Print::film;
  bool follow = false;
  bool verify = false;
  bool check = false;
};

// A history being replayed.
class Player {
 public:
  Player(const Options& options, storage::Moment end) : options_(options), end_(end) {}

  // From the beginning. Empty, or what is wrong.
  std::string open() {
    auto opened = open_replay(options_.source, options_.data);
    if (const auto* fault = std::get_if<ReplayFault>(&opened)) return fault->what;
    source_ = std::get<0>(std::move(opened));
    doc_ = Doc();
    if (options_.print == Print::delta || options_.print == Print::film) {
      changes_ = text().observe([this](const Event& event) { delta_ = event.delta(); });
    }
    step_ = {};
    edits_ = bytes_ = 0;
    next_.reset();
    return {};
  }

  // Whether there is an edit to come; then its time is known.
  bool has_next() {
    if (next_ || !fault_.empty()) return next_.has_value();
    auto read = source_->next();
    if (const auto* fault = std::get_if<ReplayFault>(&read)) {
      fault_ = fault->what;
      return false;
    }
    auto& step = std::get<0>(read);
    if (step && step->seq <= end_.seq && step->time_ms <= end_.time_ms) next_ = std::move(step);
    return next_.has_value();
  }
  std::int64_t next_ms() const { return next_->time_ms; }

  // Plays the edit to come. False where it does not apply, or breaks something.
  bool play() {
    step_ = std::move(*next_);
    next_.reset();
    delta_.clear();
    const auto applied = doc_.apply_update(step_.update);
    if (!applied) fault_ = "edit " + std::to_string(step_.seq) + ": " + applied.error().message();
    ++edits_;
    bytes_ += step_.update.size();
    if (options_.check && fault_.empty()) {
      if (const std::string broken = doc_.check(); !broken.empty()) {
        fault_ = "edit " + std::to_string(step_.seq) + " breaks the document: " + broken;
      }
    }
    return fault_.empty();
  }

  // Empty, or how the document differs from what was recorded.
  std::string verify() {
    const ReplaySource::Recorded recorded = source_->recorded();
    if (!recorded.text && !recorded.state) return "there is no recorded document to compare with";
    if (recorded.text && *recorded.text != doc_.text("text").to_string()) return "the text is not the recorded one";
    if (recorded.state && *recorded.state != doc_.encode_state()) return "the document is not the recorded one";
    return {};
  }

  Doc& doc() { return doc_; }
  Text text() { return doc_.text(options_.root); }
  const ReplayStep& step() const { return step_; }
  const Delta& delta() const { return delta_; }
  std::uint64_t edits() const { return edits_; }
  std::uint64_t bytes() const { return bytes_; }
  std::optional<std::uint64_t> total() const { return source_->total(); }
  // How much has been played, 0 to 1; 0 where that is not known.
  double share() const {
    const auto whole = total();
    if (whole && *whole > 0) return static_cast<double>(edits_) / static_cast<double>(*whole);
    return source_->share().value_or(0);
  }
  const std::string& fault() const { return fault_; }

 private:
  const Options& options_;
  storage::Moment end_;
  std::unique_ptr<ReplaySource> source_;
  Doc doc_;
  Subscription changes_;
  Delta delta_;
  std::optional<ReplayStep> next_;
  ReplayStep step_;
  std::uint64_t edits_ = 0;
  std::uint64_t bytes_ = 0;
  std::string fault_;
};

// How long to wait before an edit; `speed` 0: not at all.
std::int64_t pause_before(std::int64_t last_ms, std::int64_t next_ms, double speed) {
  if (speed == 0) return 0;
  const bool known = last_ms > 0 && next_ms > last_ms;
  const auto pause = static_cast<std::int64_t>(static_cast<double>(known ? next_ms - last_ms : step_ms) / speed);
  return std::min(pause, longest_pause_ms);
}

Json stats_of(Player& player) {
  const DocStats stats = player.doc().stats();
  return {{"edits", player.edits()},
          {"update_bytes", player.bytes()},
          {"state_bytes", player.doc().encode_state().size()},
          {"state_bytes_v2", player.doc().encode_state(Encoding::v2).size()},
          {"text_length", player.text().length()},
          {"items", stats.items},
          {"clients", stats.clients},
          {"last_seq", player.step().seq},
          {"last_ms", player.step().time_ms}};
}

void print_delta(Player& player) {
  const ReplayStep& step = player.step();
  std::cout << Json{{"seq", step.seq},
                    {"time_ms", step.time_ms},
                    {"author", step.author},
                    {"delta", net::to_json(player.delta())}}
                   .dump(-1, ' ', false, Json::error_handler_t::replace)
            << '\n';
}

void print_end(Player& player, Print print) {
  if (print == Print::text) std::cout << player.text().to_string() << '\n';
  if (print == Print::json) std::cout << net::to_json(player.doc()).dump() << '\n';
  if (print == Print::update) std::cout << as_text(player.doc().encode_state());
  if (print == Print::stats) std::cout << stats_of(player).dump() << '\n';
}

void play_lines(Player& player, const Options& options, double speed) {
  const bool shows_progress = isatty(STDERR_FILENO) != 0;
  auto shown = Clock::now();
  while (true) {
    while (player.has_next()) {
      std::this_thread::sleep_for(milliseconds(pause_before(player.step().time_ms, player.next_ms(), speed)));
      if (!player.play()) return;
      if (options.print == Print::delta) print_delta(player);
      if (shows_progress && Clock::now() - shown > progress_interval) {
        shown = Clock::now();
        const auto total = player.total();
        std::cerr << '\r' << player.edits() << (total ? " of " + std::to_string(*total) : "") << " edits" << std::flush;
      }
    }
    std::cout.flush();
    if (!options.follow || !player.fault().empty() || !std::cout) break;
    std::this_thread::sleep_for(poll_interval);
  }
  if (shows_progress) std::cerr << "\r\x1b[K";
}

// Where the text changed, as a byte.
std::size_t changed_at(const Player& player, std::string_view text) {
  if (player.delta().empty() || player.delta().front().kind != DeltaOp::Kind::retain) return 0;
  return net::bytes_of_units(text, player.delta().front().length);
}

std::string shown_speed(double speed) {
  if (speed == 0) return "max";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%gx", speed);
  return text.data();
}

void play_film(Player& player, const Options& options, double speed) {
  Film film;
  bool paused = false;
  auto due = Clock::now();
  const auto show = [&] {
    const bool is_end = !player.has_next() && !options.follow;
    const std::string text = player.text().to_string();
    const auto total = player.total();
    const std::string& author = player.step().author;
    std::string status = "edit " + std::to_string(player.edits()) + (total ? " of " + std::to_string(*total) : "") +
                         "  " + (is_end ? "the end" : (paused ? "paused at " : "") + shown_speed(speed)) +
                         (author.empty() ? "" : "  " + author) +
                         (player.step().time_ms > 0 ? "  " + shown_time(player.step().time_ms) : "");
    film.show({text, changed_at(player, text), std::move(status),
               "space: pause   left, right: seek   +, -: speed   q: quit", player.share()});
  };
  const auto seek = [&](bool forward) {
    const auto edits = static_cast<double>(player.edits());
    const double total = player.total() ? static_cast<double>(*player.total()) : edits / std::max(player.share(), 0.01);
    const auto hop = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(seek_share * std::max(total, edits)));
    const std::uint64_t target = forward ? player.edits() + hop : player.edits() - std::min(hop, player.edits());
    if (!forward && !player.open().empty()) return;
    while (player.edits() < target && player.has_next() && player.play()) {
    }
  };
  show();
  while (player.fault().empty()) {
    const bool more = player.has_next();
    if (!more && !options.follow && !paused) {
      paused = true;
      show();
    }
    auto wait = poll_interval;
    if (!paused && more)
      wait = std::chrono::duration_cast<milliseconds>(std::max(due - Clock::now(), Clock::duration(0)));
    switch (film.wait(wait.count())) {
      case Film::Key::quit:
        return;
      case Film::Key::pause:
        paused = !paused;
        break;
      case Film::Key::faster:
        speed = speed * 2 > fastest ? 0 : speed * 2;
        break;
      case Film::Key::slower:
        speed = speed == 0 ? fastest : std::max(std::min(slowest, speed), speed / 2);
        break;
      case Film::Key::back:
        seek(false);
        break;
      case Film::Key::forward:
        seek(true);
        break;
      case Film::Key::redraw:
        break;
      case Film::Key::none:
        if (paused || !more || Clock::now() < due) continue;
        // At most 60 pictures a second: what is due until the next one is played at once.
        for (auto picture = Clock::now() + milliseconds(16); due < picture && player.has_next();) {
          if (!player.play()) return;
          if (player.has_next()) due += milliseconds(pause_before(player.step().time_ms, player.next_ms(), speed));
          if (Clock::now() > picture) break;
        }
        due = std::max(due, Clock::now() - milliseconds(100));
    }
    show();
  }
}

std::optional<double> parse_speed(const std::string& text, double otherwise) {
  if (text.empty()) return otherwise;
  if (text == "max") return 0;
  char* end = nullptr;
  const double speed = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || std::string_view(end) != "x" || !(speed > 0)) return std::nullopt;
  return speed;
}

int replay(Options options) {
  const bool film = options.print == Print::film && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  if (options.print == Print::film && !film) options.print = Print::delta;
  const auto end = options.to.empty() ? storage::Moment() : parse_moment(options.to);
  if (!end) return complain("--to is neither a sequence nor a time: " + options.to);
  const auto speed = parse_speed(options.speed, film ? 20 : 0);
  if (!speed) return complain("--speed is none of 1x, 20x, ..., max: " + options.speed);
  Player player(options, *end);
  if (const std::string fault = player.open(); !fault.empty()) return complain(fault);
  if (film) {
    play_film(player, options, *speed);
  } else {
    play_lines(player, options, *speed);
    print_end(player, options.print);
  }
  if (!player.fault().empty()) return complain(player.fault());
  if (options.verify) {
    if (const std::string fault = player.verify(); !fault.empty()) return complain(fault);
    std::cerr << "stet: " << player.edits() << " edits, as recorded\n";
  }
  return 0;
}

}  // namespace

void add_replay(CLI::App& program, Run& run) {
  const std::map<std::string, Print> prints = {{"text", Print::text},
                                               {"json", Print::json},
                                               {"update", Print::update},
                                               {"delta", Print::delta},
                                               {"stats", Print::stats}};
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("replay", "Play a history, edit by edit");
  command
      ->add_option("SOURCE", options->source,
                   "an edit log, a Yjs update or an editing trace (.gz or not), or else a document of --data")
      ->required();
  command->add_option("--data", options->data, "Folder of the documents")->capture_default_str();
  command->add_option("--root", options->root, "The root text")->capture_default_str();
  command->add_option("--to", options->to, "Stop there: a sequence, or a time as 2024-05-01T12:00:00Z");
  command->add_option("--speed", options->speed, "1x, 20x, ... or max (20x in a terminal, max in a pipe)");
  command
      ->add_option(
          "--print", options->print,
          "No film: at the end the text, the JSON, the document as a Yjs update (v1) or the statistics, or the "
          "delta of each edit")
      ->transform(CLI::CheckedTransformer(prints));
  command->add_flag("--follow", options->follow, "Wait for further edits of a document");
  command->add_flag("--verify", options->verify, "Fail unless the end is what was recorded");
  command->add_flag("--check", options->check, "Check the document's structure after each edit");
  command->callback([options, &run] { run = [options] { return replay(*options); }; });
}

}  // namespace stet::apps
