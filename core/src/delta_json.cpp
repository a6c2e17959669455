// Deltas as JSON and back.
#include "stet/lib0.hpp"
#include "stet/types.hpp"

namespace stet {

namespace {

Any shown(const Value& value) {
  if (const Any* plain = std::get_if<Any>(&value)) return *plain;
  if (const SharedType* type = std::get_if<SharedType>(&value)) return type->to_json();
  return AnyObject{};
}

Any inserted(const DeltaOp& op, bool of_array) {
  if (!of_array) return op.values.empty() ? Any(op.text) : shown(op.values[0]);
  AnyArray elements;
  for (const Value& value : op.values) elements.push_back(shown(value));
  return elements;
}

AnyObject shown(const DeltaOp& op, bool of_array) {
  AnyObject members;
  if (op.kind == DeltaOp::Kind::insert) {
    members.emplace_back("insert", inserted(op, of_array));
  } else {
    members.emplace_back(op.kind == DeltaOp::Kind::retain ? "retain" : "delete", static_cast<double>(op.length));
  }
  if (!op.attributes.empty()) members.emplace_back("attributes", op.attributes);
  return members;
}

// Reads one member of an operation; false if that is nothing an operation has.
bool read_member(DeltaOp& op, const std::string& name, const Any& value) {
  if (name == "attributes") {
    const AnyObject* attributes = value.get<AnyObject>();
    if (attributes) op.attributes = *attributes;
    return attributes || value.is_null();
  }
  if (name == "insert") {
    if (const std::string* text = value.get<std::string>()) {
      op.text = *text;
      op.length = utf16_length(*text);
    } else {
      op.values.emplace_back(value);
      op.length = 1;
    }
    return true;
  }
  const double* length = value.get<double>();
  if ((name != "retain" && name != "delete") || !length) return false;
  op.kind = name == "retain" ? DeltaOp::Kind::retain : DeltaOp::Kind::erase;
  if (!(*length >= 0) || *length > static_cast<double>(max_safe_integer)) return false;
  op.length = static_cast<std::uint64_t>(*length);
  return static_cast<double>(op.length) == *length;
}

bool read_operation(DeltaOp& op, const Any& json) {
  const AnyObject* members = json.get<AnyObject>();
  if (!members) return false;
  int actions = 0;
  for (const auto& [name, value] : *members) {
    if (!read_member(op, name, value)) return false;
    actions += name != "attributes";
  }
  return actions == 1;
}

}  // namespace

std::string delta_to_json(const Delta& delta, bool of_array) {
  AnyArray operations;
  for (const DeltaOp& op : delta) operations.emplace_back(shown(op, of_array));
  return Any(std::move(operations)).to_json();
}

Result<Delta> delta_from_json(std::string_view json) {
  const Result<Any> parsed = Any::from_json(json);
  if (!parsed) return parsed.error();
  const AnyArray* operations = parsed->get<AnyArray>();
  if (!operations) return Error{ErrorCode::malformed, 0, "a delta is a JSON array of operations"};
  Delta delta;
  for (const Any& operation : *operations) {
    if (!read_operation(delta.emplace_back(), operation)) {
      return Error{ErrorCode::malformed, 0, "an operation of a delta has one of insert, retain and delete"};
    }
  }
  return delta;
}

}  // namespace stet
