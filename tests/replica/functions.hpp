// Requests `fn ID NAME ARGUMENT…` of stet-replica: functions on encoded updates, snapshots, relative positions, undo.
// Binary arguments are hexadecimal; ENC is v1 or v2; "-" is the empty one.
//
//   merge ENC UPDATE…       diff ENC UPDATE STATE_VECTOR    convert ENC ENC UPDATE
//   state_vector ENC UPDATE  meta ENC UPDATE
//   snapshot ENC             recode ENC ENC SNAPSHOT         restore gc|nogc SNAPSHOT      contains ENC SNAPSHOT UPDATE
//   position TYPE INDEX ASSOC  (TYPE: a relative position that names a type)               absolute POSITION 0|1
//   apply ENC ORIGIN UPDATE  undo_manager JSON  {roots, joined, origins, ignore}           undo  redo  stop  clear
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "stet/doc.hpp"

namespace replica {

// `arguments` begin with the name.
nlohmann::ordered_json answer_function(const std::string& id, stet::Doc& doc, const std::string& arguments);

}  // namespace replica
