#include <nlohmann/json.hpp>

#include "net/history/history_json.hpp"

namespace stet::net {
namespace {

using nlohmann::json;

json lines(std::string_view text) {
  json lines = json::array();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.push_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

// What JSON cannot say (half a surrogate pair) was written as the replacement character already.
json plain(const Any& value) { return json::parse(value.to_json(), nullptr, false); }

json plain(const Value& value) {
  if (const Any* any = std::get_if<Any>(&value)) return plain(*any);
  if (const SharedType* type = std::get_if<SharedType>(&value)) return plain(type->to_json());
  return json::object();
}

}  // namespace

json to_json(const Activity& activity) {
  json sessions = json::array();
  for (const std::uint64_t session : activity.sessions) sessions.push_back(std::to_string(session));
  return {{"author", activity.author},       {"tags", lines(activity.tags)},  {"sessions", std::move(sessions)},
          {"first_seq", activity.first_seq}, {"last_seq", activity.last_seq}, {"first_ms", activity.first_ms},
          {"last_ms", activity.last_ms},     {"edits", activity.edits},       {"inserted", activity.inserted},
          {"deleted", activity.deleted}};
}

json to_json(const Authorship& part) {
  json object = {{"text", part.text}, {"length", part.length}};
  if (!part.known) return object;
  object.update({{"author", part.author},
                 {"tags", lines(part.tags)},
                 {"session", std::to_string(part.session)},
                 {"first_seq", part.first_seq},
                 {"last_seq", part.last_seq},
                 {"first_ms", part.first_ms},
                 {"last_ms", part.last_ms}});
  return object;
}

json to_json(const storage::Version& version) {
  return {{"name", version.name}, {"seq", version.seq}, {"time_ms", version.time_ms}, {"author", version.author}};
}

json to_json(const Delta& delta) {
  json ops = json::array();
  for (const DeltaOp& op : delta) {
    json object;
    switch (op.kind) {
      case DeltaOp::Kind::retain:
        object["retain"] = op.length;
        break;
      case DeltaOp::Kind::erase:
        object["delete"] = op.length;
        break;
      case DeltaOp::Kind::insert:
        if (op.values.empty()) {
          object["insert"] = op.text;
        } else if (op.values.size() == 1) {
          object["insert"] = plain(op.values.front());
        } else {
          for (const Value& value : op.values) object["insert"].push_back(plain(value));
        }
        break;
    }
    for (const auto& [name, value] : op.attributes) object["attributes"][name] = plain(value);
    ops.push_back(std::move(object));
  }
  return ops;
}

json to_json(const Doc& doc) { return plain(doc.to_json()); }

}  // namespace stet::net
