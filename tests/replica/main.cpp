// Replicas of documents behind a pipe: one request per line, one JSON answer per line. Tests in JavaScript play the
// same histories on these and on stock Yjs. Binary arguments are base64; "-" is the empty one.
//
//   new ID gc|nogc CLIENT       apply ID v1|v2 UPDATE      state ID v1|v2        diff ID v1|v2 STATE_VECTOR
//   sv ID                       text ID ROOT               insert ID ROOT POSITION TEXT
//   erase ID ROOT POSITION LENGTH                          check ID              drop ID
//   store ID                 (store_lines.hpp)
//   edit ID SCRIPT           json ID ROOTS                 delta ID PATH         (JSON: see edit_script.hpp)
//   fn ID NAME ARGUMENT…      (functions.hpp)
//   events ID ROOTS          from now on answers that change the document tell the events seen at these roots
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "edit_script.hpp"
#include "functions.hpp"
#include "stet/types.hpp"
#include "store_lines.hpp"

namespace {

using replica::Json;
using stet::Bytes;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(stet::ByteView bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                (left > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0) |
                                (left > 2 ? bytes[i + 2] : 0U);
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63];
    out += left > 1 ? alphabet[group >> 6 & 63] : '=';
    out += left > 2 ? alphabet[group & 63] : '=';
  }
  return out;
}

Bytes from_base64(std::string_view text) {
  Bytes out;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == alphabet.npos) continue;
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(group >> bits));
    }
  }
  return out;
}

struct Request {
  std::istringstream line;
  std::string word() {
    std::string value;
    line >> value;
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    line >> value;
    return value;
  }
  Bytes bytes() { return from_base64(word()); }
  Json json() {
    std::string rest;
    std::getline(line, rest);
    return Json::parse(rest);
  }
  stet::Encoding encoding() { return word() == "v2" ? stet::Encoding::v2 : stet::Encoding::v1; }
};

class Replicas {
 public:
  Json answer(const std::string& text) {
    Request request{std::istringstream(text)};
    const std::string verb = request.word();
    const std::string id = request.word();
    if (verb == "new") {
      const bool gc = request.word() == "gc";
      docs_.insert_or_assign(id, stet::Doc({.client_id = request.number(), .gc = gc}));
      return {{"ok", true}};
    }
    const auto found = docs_.find(id);
    if (found == docs_.end()) return {{"ok", false}, {"error", "no such replica: " + id}};
    if (verb == "drop") {
      docs_.erase(found);
      events_.erase(id);
      return {{"ok", true}};
    }
    if (verb == "events") {
      observe(found->second, events_[id], request.json());
      return {{"ok", true}};
    }
    if (verb == "fn") {
      std::string rest;
      std::getline(request.line, rest);
      return replica::answer_function(id, found->second, rest);
    }
    Json answered = ask(verb, found->second, request);
    if (const auto seen = events_.find(id); seen != events_.end() && !seen->second.list.empty()) {
      answered["events"] = std::exchange(seen->second.list, Json::array());
    }
    return answered;
  }

 private:
  struct Events {
    Json list = Json::array();
    std::vector<stet::Subscription> subscriptions;
  };

  static void observe(stet::Doc& doc, Events& events, const Json& roots) {
    for (const Json& root : roots) {
      events.subscriptions.push_back(
          replica::find_type(doc, root).observe_deep([&events, root](std::span<const stet::Event> seen) {
            for (const stet::Event& event : seen) events.list.push_back(replica::show_event(event, root));
          }));
    }
  }

  static Json data(stet::ByteView bytes) { return {{"ok", true}, {"data", to_base64(bytes)}}; }
  static Json failed(const stet::Error& error) {
    return {{"ok", false}, {"error", error.what}, {"offset", error.offset}};
  }

  // Makes the edit, and answers with its update in both encodings.
  static Json edited(stet::Doc& doc, const std::function<void()>& edit) {
    std::string made;
    std::string made_v2;
    const auto into = [](std::string& text) {
      return [&text](stet::ByteView update, const stet::TransactionInfo&) { text = to_base64(update); };
    };
    const stet::Subscription updates = doc.on_update(into(made));
    const stet::Subscription updates_v2 = doc.on_update(into(made_v2), stet::Encoding::v2);
    doc.transact(edit);
    return {{"ok", true}, {"update", made}, {"updateV2", made_v2}};
  }

  static Json ask(const std::string& verb, stet::Doc& doc, Request& request) {
    if (verb == "apply") {
      const stet::Encoding encoding = request.encoding();
      const auto applied = doc.apply_update(request.bytes(), encoding);
      if (!applied) return failed(applied.error());
      return {{"ok", true},
              {"changed", applied->changed},
              {"exact", applied->exact},
              {"pending", applied->pending},
              {"update", to_base64(applied->update)}};
    }
    if (verb == "state") return data(doc.encode_state(request.encoding()));
    if (verb == "diff") {
      const stet::Encoding encoding = request.encoding();
      const auto diff = doc.encode_diff(request.bytes(), encoding);
      return diff ? data(*diff) : failed(diff.error());
    }
    if (verb == "sv") return data(doc.encode_state_vector());
    if (verb == "text") return {{"ok", true}, {"text", doc.text(request.word()).to_string()}};
    if (verb == "insert") {
      stet::Text text = doc.text(request.word());
      const std::uint64_t position = request.number();
      const Bytes inserted = request.bytes();
      return edited(doc, [&] { text.insert(position, stet::as_text(inserted)); });
    }
    if (verb == "erase") {
      stet::Text text = doc.text(request.word());
      const std::uint64_t position = request.number();
      const std::uint64_t length = request.number();
      return edited(doc, [&] { text.erase(position, length); });
    }
    if (verb == "edit") {
      const Json script = request.json();
      return edited(doc, [&] { replica::run_script(doc, script); });
    }
    if (verb == "json") return {{"ok", true}, {"json", replica::show_roots(doc, request.json())}};
    if (verb == "delta") {
      const stet::Text text(replica::find_type(doc, request.json()));
      return {{"ok", true}, {"delta", replica::show_delta(text.to_delta(), true)}};
    }
    if (verb == "store") return {{"ok", true}, {"lines", replica::store_lines(doc)}};
    if (verb == "check") return {{"ok", true}, {"error", doc.check()}};
    return {{"ok", false}, {"error", "no such request: " + verb}};
  }

  std::map<std::string, stet::Doc> docs_;
  std::map<std::string, Events> events_;
};

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  Replicas replicas;
  for (std::string line; std::getline(std::cin, line);) std::cout << replicas.answer(line).dump() << std::endl;
}
