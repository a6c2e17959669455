#include "functions.hpp"

#include <map>
#include <memory>
#include <sstream>

#include "edit_script.hpp"
#include "stet/relative_position.hpp"
#include "stet/snapshot.hpp"
#include "stet/undo.hpp"
#include "stet/update.hpp"

namespace replica {

namespace {

using Json = nlohmann::ordered_json;
using stet::Bytes;
using stet::Encoding;

constexpr std::uint64_t max_index = ~std::uint64_t{0};

std::string to_hex(stet::ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

class Arguments {
 public:
  explicit Arguments(const std::string& text) : line_(text) {}
  std::string word() {
    std::string value;
    line_ >> value;
    return value;
  }
  std::int64_t number() { return std::stoll(word()); }
  Encoding encoding() { return word() == "v2" ? Encoding::v2 : Encoding::v1; }
  Bytes bytes() { return from_hex(word()); }
  bool more() { return !(line_ >> std::ws).eof(); }
  Json json() {
    std::string rest;
    std::getline(line_, rest);
    return Json::parse(rest);
  }

 private:
  static Bytes from_hex(const std::string& hex) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
  }

  std::istringstream line_;
};

Json failed(const stet::Error& error) { return {{"ok", false}, {"error", error.what}, {"offset", error.offset}}; }
Json as_data(const Bytes& bytes) { return {{"ok", true}, {"data", to_hex(bytes)}}; }
Json as_data(const stet::Result<Bytes>& bytes) { return bytes ? as_data(*bytes) : failed(bytes.error()); }

Json on_updates(const std::string& name, Arguments& in) {
  const Encoding encoding = in.encoding();
  if (name == "convert") {
    const Encoding to = in.encoding();
    return as_data(stet::convert_update(in.bytes(), encoding, to));
  }
  if (name == "merge") {
    std::vector<Bytes> updates;
    while (in.more()) updates.push_back(in.bytes());
    const std::vector<stet::ByteView> views(updates.begin(), updates.end());
    return as_data(stet::merge_updates(views, encoding));
  }
  const Bytes update = in.bytes();
  if (name == "diff") return as_data(stet::diff_update(update, in.bytes(), encoding));
  if (name == "state_vector") return as_data(stet::state_vector_from_update(update, encoding));
  const auto spans = stet::parse_update_meta(update, encoding);
  if (!spans) return failed(spans.error());
  Json meta = Json::array();
  for (const stet::UpdateSpan& span : *spans) meta.push_back({span.client, span.from, span.to});
  return {{"ok", true}, {"meta", meta}};
}

Json on_snapshots(const std::string& name, stet::Doc& doc, Arguments& in) {
  if (name == "snapshot") return as_data(stet::encode_snapshot(stet::take_snapshot(doc), in.encoding()));
  if (name == "restore") {
    const bool gc = in.word() == "gc";
    const auto snapshot = stet::decode_snapshot(in.bytes());
    if (!snapshot) return failed(snapshot.error());
    const auto restored = stet::create_doc_from_snapshot(doc, *snapshot, {.gc = gc});
    return restored ? as_data(restored->encode_state()) : failed(restored.error());
  }
  const Encoding encoding = in.encoding();
  const Encoding to = name == "recode" ? in.encoding() : encoding;
  const auto snapshot = stet::decode_snapshot(in.bytes(), name == "recode" ? encoding : Encoding::v1);
  if (!snapshot) return failed(snapshot.error());
  if (name == "recode") return as_data(stet::encode_snapshot(*snapshot, to));
  const auto contains = stet::snapshot_contains_update(*snapshot, in.bytes(), encoding);
  return contains ? Json{{"ok", true}, {"contains", *contains}} : failed(contains.error());
}

Json on_positions(const std::string& name, stet::Doc& doc, Arguments& in) {
  const auto position = stet::decode_relative_position(in.bytes());
  if (!position) return failed(position.error());
  if (name == "absolute") {
    const auto found = stet::absolute_position(doc, *position, in.word() == "1");
    if (!found) return {{"ok", true}, {"found", false}};
    const auto type = stet::relative_position(found->type, max_index);
    return {
        {"ok", true}, {"found", true}, {"index", found->index}, {"type", to_hex(stet::encode_relative_position(type))}};
  }
  const auto type = stet::absolute_position(doc, *position, false);
  if (!type) return {{"ok", false}, {"error", "no such type"}};
  const auto index = static_cast<std::uint64_t>(in.number());
  const auto made = stet::relative_position(type->type, index, in.number());
  const std::string json = stet::relative_position_to_json(made);
  const auto back = stet::relative_position_from_json(json);
  if (!back || *back != made) return {{"ok", false}, {"error", "its JSON is read as something else"}};
  return {{"ok", true}, {"data", to_hex(stet::encode_relative_position(made))}, {"json", json}};
}

struct Undo {
  std::unique_ptr<stet::UndoManager> manager;
  std::string events;  // since the last answer
  std::vector<stet::Subscription> subscriptions;
};

void manage(Undo& undo, stet::Doc& doc, const Json& options) {
  stet::UndoOptions how;
  how.tracked_origins.clear();
  for (const Json& origin : options["origins"]) how.tracked_origins.insert(origin.get<std::string>());
  how.ignore_remote_map_changes = options["ignore"];
  if (options["joined"]) how.clock_ms = [] { return std::int64_t{1}; };
  std::vector<stet::SharedType> scope;
  for (const Json& root : options["roots"]) scope.push_back(find_type(doc, root));
  undo.subscriptions.clear();
  undo.manager = std::make_unique<stet::UndoManager>(doc, scope, how);
  const auto note = [&undo](char what) {
    return [&undo, what](const stet::UndoEvent& event) {
      undo.events += what;
      undo.events += event.stack == stet::UndoStack::undo ? 'u' : 'r';
    };
  };
  undo.subscriptions.push_back(undo.manager->on_added(note('+')));
  undo.subscriptions.push_back(undo.manager->on_updated(note('=')));
  undo.subscriptions.push_back(undo.manager->on_popped(note('-')));
  undo.subscriptions.push_back(undo.manager->on_cleared([&undo](bool u, bool r) {
    undo.events += u && r ? "!ur" : u ? "!u" : "!r";
  }));
}

Json on_undo(const std::string& name, Undo& undo, stet::Doc& doc, Arguments& in) {
  Bytes made;
  const stet::Subscription updates = doc.on_update(
      [&](stet::ByteView update, const stet::TransactionInfo&) { made.assign(update.begin(), update.end()); });
  bool done = false;
  if (name == "undo_manager") manage(undo, doc, in.json());
  if (name == "apply") {
    const Encoding encoding = in.encoding();
    const std::string origin = in.word();
    const auto applied = doc.apply_update(in.bytes(), encoding, origin);
    if (!applied) return failed(applied.error());
  }
  if (name == "edit") {
    const std::string origin = in.word();
    const Json script = in.json();
    doc.transact([&] { run_script(doc, script); }, origin);
  }
  if (name == "undo") done = undo.manager->undo();
  if (name == "redo") done = undo.manager->redo();
  if (name == "stop") undo.manager->stop_capturing();
  if (name == "clear") undo.manager->clear();
  Json answer{{"ok", true}, {"data", to_hex(made)}, {"done", done}, {"events", std::exchange(undo.events, {})}};
  if (undo.manager) {
    answer["can_undo"] = undo.manager->can_undo();
    answer["can_redo"] = undo.manager->can_redo();
  }
  return answer;
}

}  // namespace

Json answer_function(const std::string& id, stet::Doc& doc, const std::string& arguments) {
  static std::map<std::string, Undo> undos;
  Arguments in(arguments);
  const std::string name = in.word();
  if (name == "merge" || name == "diff" || name == "convert" || name == "state_vector" || name == "meta") {
    return on_updates(name, in);
  }
  if (name == "snapshot" || name == "recode" || name == "restore" || name == "contains")
    return on_snapshots(name, doc, in);
  if (name == "position" || name == "absolute") return on_positions(name, doc, in);
  return on_undo(name, undos[id], doc, in);
}

}  // namespace replica
