// Edits at random places of a formatted text.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness.hpp"
#include "input.hpp"
#include "operations.hpp"

namespace stet::bench {

namespace {

// Inserts `inserted`; or else changes these attributes of `length` units; or else deletes them.
struct RichEdit {
  std::uint64_t position = 0;
  std::uint64_t length = 0;
  std::string inserted;
  Attributes attributes;
};

// [[position, length, text, attributes], …]
std::vector<RichEdit> read_edits(const std::string& path) {
  const nlohmann::json json = nlohmann::json::parse(read_file(path), nullptr, false);
  if (!json.is_array()) die(path + " holds no edits");
  std::vector<RichEdit> edits;
  for (const auto& edit : json) {
    RichEdit& made = edits.emplace_back(RichEdit{edit[0], edit[1], edit[2], {}});
    for (const auto& [key, value] : edit[3].items()) made.attributes.emplace_back(key, *Any::from_json(value.dump()));
  }
  return edits;
}

}  // namespace

// With BENCH_SAVE=PREFIX it also writes PREFIX.v1, a text to go on from.
int rich(const Arguments& arguments) {
  const std::vector<RichEdit> edits = read_edits(arguments.at(0));
  const Bytes base = arguments.size() > 1 ? read_file(arguments[1]) : Bytes{0, 0};
  return measure(
      [&](Laps& laps) {
        Outcome made;
        Doc& doc = made.doc.emplace(DocOptions{.client_id = editor_id});
        if (!doc.apply_update(base)) die("not an update");
        laps.lap("load");
        Text text = doc.text("text");
        for (const RichEdit& edit : edits) {
          if (!edit.inserted.empty()) {
            text.insert(edit.position, edit.inserted);
          } else if (!edit.attributes.empty()) {
            text.format(edit.position, edit.length, edit.attributes);
          } else {
            text.erase(edit.position, edit.length);
          }
        }
        laps.lap("edit");
        made.text = text.to_string();
        made.out = doc.encode_state();
        laps.lap("encode");
        return made;
      },
      [&](const Outcome& made) {
        if (const char* prefix = std::getenv("BENCH_SAVE")) write_file(std::string(prefix) + ".v1", *made.out);
        return made.doc->check().empty();
      });
}

}  // namespace stet::bench
