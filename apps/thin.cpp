// `stet tail` and `stet edit`: a document on a running server, from the command line.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "apps/commands.hpp"
#include "net/protocols/thin_client.hpp"
#include "stet/lib0.hpp"

namespace stet::apps {
namespace {

using net::Accepted;
using net::Changed;
using net::ClientError;
using net::Durable;
using net::Known;
using net::Opened;
using net::Refused;
using net::RoomEvent;
using net::TextDelta;
using net::TextEdit;
using net::ThinClient;
using net::WholeText;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{5'000};
constexpr int most_tries = 10;

struct Address {
  std::string server = "http://127.0.0.1:8080";
  std::string doc;
  std::string root = "text";
  std::string user;
};

void add_address(CLI::App* command, Address& address) {
  command->add_option("DOC", address.doc, "the document's name")->required();
  command->add_option("--server", address.server, "where the server is")->capture_default_str();
  command->add_option("--root", address.root, "the root of the document")->capture_default_str();
  command->add_option("--user", address.user, "what the log names as the author");
}

// The text of a document on a server, over as many connections as it takes.
class Follower {
 public:
  explicit Follower(const Address& address) : address_(address) {}

  // The next event, applied; after a reconnection that is another Opened. An error is final.
  std::variant<RoomEvent, ClientError> next() {
    while (true) {
      if (!client_) {
        if (auto error = connect()) return std::move(*error);
      }
      auto event = client_->read();
      if (auto* happened = std::get_if<RoomEvent>(&event)) {
        apply(*happened);
        return event;
      }
      const auto& error = std::get<ClientError>(event);
      if (error.is_permanent) return error;
      std::cerr << "stet: " << error.what << "; connecting again\n";
      client_.reset();
    }
  }

  // Of the edits that are sent, none may be taken for durable. The server looks for them in the log behind what was
  // durable before the first.
  void send(const net::thin::RequestKind& request) {
    if (!durable_before_) durable_before_ = durable_;
    client_->send(request);
  }

  std::string text;
  std::uint64_t version = 0;
  TextDelta change;  // by the last event

 private:
  std::optional<ClientError> connect() {
    net::thin::Open open{address_.root, std::nullopt, session_};
    if (session_ != 0) open.known = Known{version, epoch_, durable_before_.value_or(durable_)};
    milliseconds pause = first_pause;
    for (int tries = 1;; ++tries) {
      auto connected = ThinClient::connect(address_.server, address_.user, address_.doc, open);
      if (auto* client = std::get_if<std::unique_ptr<ThinClient>>(&connected)) {
        client_ = std::move(*client);
        return std::nullopt;
      }
      auto& error = std::get<ClientError>(connected);
      // Who never was there is told at once.
      if (error.is_permanent || session_ == 0 || tries == most_tries) return std::move(error);
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, longest_pause);
    }
  }

  void apply(const RoomEvent& event) {
    change.clear();
    if (const auto* opened = std::get_if<Opened>(&event)) {
      session_ = opened->session;
      epoch_ = opened->epoch;
      durable_ = opened->durable;
      take(opened->version, opened->text ? net::difference(text, *opened->text) : opened->delta);
    } else if (const auto* whole = std::get_if<WholeText>(&event)) {
      epoch_ = whole->epoch;
      take(whole->version, net::difference(text, whole->text));
    } else if (const auto* changed = std::get_if<Changed>(&event)) {
      take(changed->version, changed->delta);
    } else if (const auto* accepted = std::get_if<Accepted>(&event)) {
      take(accepted->version, accepted->delta);
    } else if (const auto* durable = std::get_if<Durable>(&event)) {
      durable_ = durable->version;
    }
  }
  void take(std::uint64_t new_version, TextDelta delta) {
    version = new_version;
    text = net::spliced(text, delta);
    change = std::move(delta);
  }

  const Address& address_;
  std::unique_ptr<ThinClient> client_;
  net::MemberId session_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t durable_ = 0;
  std::optional<std::uint64_t> durable_before_;  // before the first edit
};

int fail(const std::string& what) {
  std::cerr << "stet: " << what << '\n';
  return 1;
}

// --- tail ----------------------------------------------------------------------------------------------------------

struct TailOptions {
  Address address;
  bool edits = false;
  bool once = false;
};

void print_change(std::uint64_t version, const TextDelta& change) {
  nlohmann::json splices = nlohmann::json::array();
  for (const net::Splice& splice : change) splices.push_back({splice.position, splice.erased, splice.inserted});
  std::cout << nlohmann::json{{"version", version}, {"splices", splices}}.dump() << std::endl;
}

// As `tail -f` where the text has only grown; else all of it again.
void print_text(const std::string& before, const Follower& follower) {
  if (follower.text.starts_with(before)) {
    std::cout << std::string_view(follower.text).substr(before.size()) << std::flush;
  } else {
    std::cout << "\n--- version " << follower.version << " ---\n" << follower.text << std::flush;
  }
}

int tail(const TailOptions& options) {
  Follower follower(options.address);
  std::string before;
  while (true) {
    const auto event = follower.next();
    if (const auto* error = std::get_if<ClientError>(&event)) return fail(error->what);
    if (!follower.change.empty()) {
      if (options.edits) {
        print_change(follower.version, follower.change);
      } else {
        print_text(before, follower);
        before = follower.text;
      }
    }
    if (options.once) return 0;
    if (!std::cout) return 0;  // nobody reads
  }
}

// --- edit ----------------------------------------------------------------------------------------------------------

struct EditOptions {
  Address address;
  std::vector<std::string> insert;
  std::vector<std::uint64_t> erase;
  std::optional<std::string> append;
  bool replace = false;
  std::string input;  // to replace the text
  std::string agent;
  std::string asked_by;
};

// What is to be done with this text, or why it cannot be.
std::variant<TextDelta, std::string> wanted(const EditOptions& options, const std::string& text) {
  const std::uint64_t length = utf16_length(text);
  if (options.replace) return net::difference(text, options.input);
  TextDelta delta;
  if (!options.insert.empty()) {
    std::uint64_t position = 0;
    if (!CLI::detail::lexical_cast(options.insert[0], position)) return "--insert takes a position and a text";
    delta = {{position, 0, options.insert[1]}};
  } else if (!options.erase.empty()) {
    delta = {{options.erase[0], options.erase[1], ""}};
  } else {
    delta = {{length, 0, *options.append}};
  }
  if (!valid_utf8(delta[0].inserted)) return "the text is not UTF-8";
  if (!net::is_text_delta(delta, length)) return "the text has " + std::to_string(length) + " UTF-16 code units only";
  return delta;
}

// Sends the edit, and again after a cut that has swallowed it, until it is durable.
int edit(EditOptions& options) {
  if (options.replace) options.input.assign(std::istreambuf_iterator<char>(std::cin), {});
  if (!valid_utf8(options.input)) return fail("the input is not UTF-8");
  constexpr std::uint64_t id = 1;
  Follower follower(options.address);
  std::optional<TextDelta> delta;  // for the present text, until it is accepted
  bool is_accepted = false;
  std::uint64_t version = 0;  // that it has made
  while (true) {
    const auto event = follower.next();
    if (const auto* error = std::get_if<ClientError>(&event)) return fail(error->what);
    const RoomEvent& happened = std::get<RoomEvent>(event);
    const auto* opened = std::get_if<Opened>(&happened);
    std::uint64_t durable = 0;
    if (const auto* accepted = std::get_if<Accepted>(&happened); accepted && !is_accepted) {
      is_accepted = true;
      version = accepted->version;
    } else if (delta && !is_accepted) {
      delta = net::transform(*delta, follower.change);
    }
    if (const auto* refused = std::get_if<Refused>(&happened)) {
      return fail(std::string("the server refuses the edit: ") + net::thin::reason(refused->code));
    }
    if (const auto* reached = std::get_if<Durable>(&happened)) durable = reached->version;
    if (opened) {
      durable = opened->durable;
      const bool is_there = delta && opened->applied == id;
      if (is_there) {
        if (!is_accepted) version = opened->version;
        is_accepted = true;
      } else if (!delta || is_accepted) {  // the first time; or a server that was killed has lost what it accepted
        is_accepted = false;
        auto first = wanted(options, follower.text);
        if (const auto* fault = std::get_if<std::string>(&first)) return fail(*fault);
        delta = std::get<TextDelta>(std::move(first));
      }
      if (!is_accepted) follower.send(TextEdit{id, follower.version, *delta, options.agent, options.asked_by});
    }
    if (is_accepted && durable >= version) {
      std::cout << "version " << version << '\n';
      return 0;
    }
  }
}

}  // namespace

void add_tail(CLI::App& program, Run& run) {
  const auto options = std::make_shared<TailOptions>();
  CLI::App* command = program.add_subcommand("tail", "Print a document's text, and what becomes of it");
  add_address(command, options->address);
  command->add_flag("--edits", options->edits, "print each change as one line of JSON, with its version and splices");
  command->add_flag("--once", options->once, "print the text and end");
  command->callback([options, &run] { run = [options] { return tail(*options); }; });
}

void add_edit(CLI::App& program, Run& run) {
  const auto options = std::make_shared<EditOptions>();
  CLI::App* command = program.add_subcommand("edit", "Edit a document; returns when the edit is on the server's disk");
  add_address(command, options->address);
  auto* what = command->add_option_group("what", "What is done; positions count UTF-16 code units");
  what->add_option("--insert", options->insert, "POSITION TEXT")->expected(2);
  what->add_option("--delete", options->erase, "POSITION LENGTH")->expected(2);
  what->add_option("--append", options->append, "TEXT");
  what->add_flag("--replace", options->replace, "make the text what comes on the standard input");
  what->require_option(1);
  command->add_option("--agent", options->agent, "what program makes the edit");
  command->add_option("--asked-by", options->asked_by, "for whom it does");
  command->callback([options, &run] { run = [options] { return edit(*options); }; });
}

}  // namespace stet::apps
