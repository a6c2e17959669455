#include "net/rooms/people.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "net/doc_name.hpp"
#include "stet/relative_position.hpp"
#include "stet/types.hpp"

namespace stet::net {
namespace {

using nlohmann::json;

const json* field(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

std::string text_field(const json& object, const char* key, const Limits& limits) {
  const json* found = field(object, key);
  return found && found->is_string() ? clean_author(found->get<std::string>(), limits) : std::string{};
}

std::optional<std::uint64_t> offset(Doc& doc, const std::string& root, const json* position) {
  if (!position || !position->is_object()) return std::nullopt;
  const Result<RelativePosition> relative = relative_position_from_json(position->dump());
  // Looked up, a foreign root would be made.
  if (!relative || (relative->root && *relative->root != root)) return std::nullopt;
  const std::optional<AbsolutePosition> absolute = absolute_position(doc, *relative, false);
  if (!absolute || absolute->type != doc.text(root)) return std::nullopt;
  return absolute->index;
}

}  // namespace

std::vector<Person> people_of(Doc& doc, const std::string& root, const std::vector<AwarenessEntry>& present,
                              const Limits& limits) {
  std::vector<Person> people;
  for (const AwarenessEntry& entry : present) {
    const json state = json::parse(entry.state, nullptr, false);
    const json* user = field(state, "user");
    if (!user || !user->is_object()) continue;
    Person person{entry.client, text_field(*user, "name", limits), text_field(*user, "color", limits), std::nullopt};
    if (const json* cursor = field(state, "cursor")) {
      const auto anchor = offset(doc, root, field(*cursor, "anchor"));
      const auto head = offset(doc, root, field(*cursor, "head"));
      if (anchor && head) person.cursor = Cursor{*anchor, *head};
    }
    people.push_back(std::move(person));
  }
  std::sort(people.begin(), people.end(), [](const Person& a, const Person& b) { return a.id < b.id; });
  return people;
}

std::string awareness_state(Doc& doc, const std::string& root, const Person& person) {
  json state{{"user", {{"name", person.name}, {"color", person.color}}}};
  if (person.cursor) {
    const Text text = doc.text(root);
    const auto position = [&](std::uint64_t index) {
      return json::parse(relative_position_to_json(relative_position(text, std::min(index, text.length()))));
    };
    state["cursor"] = {{"anchor", position(person.cursor->anchor)}, {"head", position(person.cursor->head)}};
  }
  return state.dump();
}

}  // namespace stet::net
