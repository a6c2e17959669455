// History as JSON: what the HTTP API answers and the commands print with --json. docs/HISTORY.md tells the fields.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "net/history/activity.hpp"
#include "stet/types.hpp"
#include "storage/store.hpp"

namespace stet::net {

nlohmann::json to_json(const Activity& activity);
nlohmann::json to_json(const Authorship& part);
nlohmann::json to_json(const storage::Version& version);
// As in Quill and in Yjs' events.
nlohmann::json to_json(const Delta& delta);
// All roots by name, each as what it looks like.
nlohmann::json to_json(const Doc& doc);

template <class T>
nlohmann::json to_json_array(const std::vector<T>& values) {
  auto array = nlohmann::json::array();
  for (const T& value : values) array.push_back(to_json(value));
  return array;
}

}  // namespace stet::net
