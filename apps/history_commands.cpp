// stet log, blame, diff and export: the past of a document of a data folder, which a server may be running on.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.hpp"
#include "apps/document_command.hpp"
#include "apps/history.hpp"
#include "net/history/activity.hpp"
#include "net/history/attribution_map.hpp"
#include "net/history/history_json.hpp"
#include "net/rooms/moment.hpp"
#include "net/rooms/utf16.hpp"
#include "storage/edit_log.hpp"

namespace stet::apps {
namespace {

using nlohmann::json;
using storage::LogEntry;

struct Options {
  std::string doc;
  std::string data = "./stet-data";
  std::string root = "text";
  std::string at;
  std::string from = "0";
  std::string to;
  std::string author;
  std::string tag;
  std::int64_t pause_s = net::default_pause_ms / 1000;
  bool json = false;
  bool yjs14 = false;
};

std::int64_t pause_ms(const Options& options) { return options.pause_s * 1000; }

// Calls `each` with every edit. Nothing, and a line on stderr, where the log cannot be read.
std::optional<net::Ledger> read_ledger(storage::LogReader& reader, const std::string& doc, net::Ledger::Keep keep,
                                       const std::function<void(const net::Ledger&, const net::Edit&)>& each) {
  net::Ledger ledger(keep);
  bool sound = true;
  const bool read = for_each_entry(reader, doc, 0, [&](const LogEntry& entry) {
    const auto added = ledger.add(entry);
    sound = added.ok();
    if (!sound) complain("update " + std::to_string(entry.seq) + ": " + added.error().message());
    if (sound && *added && each) each(ledger, ledger.edits().back());
    return sound;
  });
  if (!read || !sound) return std::nullopt;
  return ledger;
}

// The newest one by default.
std::optional<storage::Moment> moment_of(storage::LogReader& reader, const Options& options, const std::string& text) {
  return text.empty() ? storage::Moment() : find_moment(reader, options.doc, text);
}

std::string name_of(const std::string& author) { return author.empty() ? "(nobody)" : author; }

int show_log(const Options& options) {
  const auto reader = open_data(options.data);
  if (!reader) return 1;
  net::EditFilter filter;
  if (!options.author.empty()) filter.author = options.author;
  if (!options.tag.empty()) filter.tag = options.tag;
  net::ActivityGroups activity(pause_ms(options));
  const auto add_edit = [&](const net::Ledger& ledger, const net::Edit& edit) {
    if (ledger.fits(edit, filter)) activity.add(ledger, edit);
  };
  if (!read_ledger(*reader, options.doc, net::Ledger::Keep::units, add_edit)) return 1;
  const auto groups = activity.take();
  if (options.json) {
    std::cout << net::to_json_array(groups).dump() << '\n';
    return 0;
  }
  for (const net::Activity& group : groups) {
    std::string tags = group.tags;
    std::replace(tags.begin(), tags.end(), '\n', ' ');
    std::cout << shown_time(group.last_ms) << "  " << group.first_seq << "-" << group.last_seq << "  "
              << name_of(group.author) << "  " << group.edits << " edits  +" << group.inserted << " -" << group.deleted
              << (tags.empty() ? "" : "  " + tags) << '\n';
  }
  return 0;
}

int show_blame(const Options& options) {
  const auto reader = open_data(options.data);
  if (!reader) return 1;
  const auto moment = moment_of(*reader, options, options.at);
  if (!moment) return 1;
  auto loaded = load_moment(*reader, options.doc, *moment);
  if (!loaded) return 1;
  const auto ledger = read_ledger(*reader, options.doc, net::Ledger::Keep::edits, nullptr);
  if (!ledger) return 1;
  if (options.yjs14) {
    std::cout << as_text(net::attribution_map(*ledger, loaded->seq));
    return 0;
  }
  const auto parts = net::blame(*ledger, loaded->doc.text(options.root), pause_ms(options));
  if (options.json) {
    std::cout << net::to_json_array(parts).dump() << '\n';
    return 0;
  }
  // A part that has several lines is shown as several, one below the other.
  for (const net::Authorship& part : parts) {
    const std::string who = (part.known ? name_of(part.author) : "?") + "  " +
                            (part.known ? shown_time(part.last_ms) : "before the log") + "  ";
    std::string_view rest = part.text;
    do {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      std::cout << who << '|' << line << '\n';
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    } while (!rest.empty());
  }
  return 0;
}

int show_difference(const Options& options) {
  const auto reader = open_data(options.data);
  if (!reader) return 1;
  const auto from = moment_of(*reader, options, options.from);
  const auto to = from ? moment_of(*reader, options, options.to) : std::nullopt;
  if (!to) return 1;
  auto older = load_moment(*reader, options.doc, *from);
  auto newer = older ? load_moment(*reader, options.doc, *to) : std::nullopt;
  if (!newer) return 1;
  if (older->seq > newer->seq) return complain("A is after B");
  const std::string before = older->doc.text(options.root).to_string();
  const Delta delta = net::difference(older->doc, newer->doc, options.root);
  if (options.json) {
    std::cout << json{{"from", older->seq}, {"to", newer->seq}, {"delta", net::to_json(delta)}}.dump() << '\n';
    return 0;
  }
  const auto show = [](char sign, std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      std::cout << sign << line << '\n';
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
  };
  std::size_t at = 0;  // byte of `before`
  for (const DeltaOp& op : delta) {
    if (op.kind == DeltaOp::Kind::insert) {
      show('+', op.text);
      continue;
    }
    const std::size_t bytes = net::bytes_of_units(std::string_view(before).substr(at), op.length);
    if (op.kind == DeltaOp::Kind::erase) show('-', std::string_view(before).substr(at, bytes));
    at += bytes;
  }
  return 0;
}

int export_log(const Options& options) {
  const auto reader = open_data(options.data);
  if (!reader) return 1;
  storage::EditLogWriter writer(std::cout, options.doc);
  if (!for_each_entry(*reader, options.doc, 0, [&](const LogEntry& entry) {
        writer.add(entry);
        return std::cout.good();
      })) {
    return 1;
  }
  writer.finish();
  return std::cout.flush().good() ? 0 : complain("the edit log cannot be written");
}

}  // namespace

void add_history(CLI::App& program, Run& run) {
  const auto add = [&](const char* name, const char* about, int (*work)(const Options&)) {
    return add_document_command(program, run, name, about, "Folder of the documents", work);
  };
  const auto [log, of_log] = add("log", "Tell who worked on a document, when and how much", show_log);
  log->add_option("--author", of_log->author, "Only of this one");
  log->add_option("--tag", of_log->tag, "Only edits with this tag");
  const auto [blame, of_blame] = add("blame", "Tell who wrote which part of a text", show_blame);
  blame->add_option("--at", of_blame->at,
                    "A sequence, a time as 2024-05-01T12:00:00Z, or a version (the newest by default)");
  const auto [diff, of_diff] = add("diff", "Tell what changed between two moments", show_difference);
  diff->add_option("A", of_diff->from, "A sequence, a time as 2024-05-01T12:00:00Z, or a version")->required();
  diff->add_option("B", of_diff->to, "The same (the newest by default)");
  for (const auto& [command, options] : {std::pair(log, of_log), std::pair(blame, of_blame)}) {
    command->add_option("--pause", options->pause_s, "Seconds without an edit that end a piece of work")
        ->capture_default_str();
  }
  for (const auto& [command, options] : {std::pair(blame, of_blame), std::pair(diff, of_diff)}) {
    command->add_option("--root", options->root, "The root text")->capture_default_str();
  }
  for (const auto& [command, options] :
       {std::pair(log, of_log), std::pair(blame, of_blame), std::pair(diff, of_diff)}) {
    command->add_flag("--json", options->json, "Print JSON");
  }
  blame->add_flag("--yjs14", of_blame->yjs14, "Write the attributions of all roots to stdout, encoded as in Yjs 14");
  add("export", "Write the history of a document as an edit log to stdout", export_log);
}

}  // namespace stet::apps
