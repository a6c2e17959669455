// Tags of edits in the log, one a line: words about an edit.
#pragma once

#include <string>

namespace stet::net {

// Begins the tag by which a thin session finds its edit again. It is not for people.
constexpr const char* thin_edit_tag = "thin-edit=";

// What program made the edit, and for whom; none of what is empty. Neither has control characters.
inline std::string agent_tags(const std::string& agent, const std::string& asked_by) {
  std::string tags = agent.empty() ? "" : "agent=" + agent;
  if (!asked_by.empty()) tags += (tags.empty() ? "asked-by=" : "\nasked-by=") + asked_by;
  return tags;
}

}  // namespace stet::net
