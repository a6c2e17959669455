#include "net/protocols/msgpack.hpp"

#include <cmath>
#include <msgpack.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stet/lib0.hpp"

namespace stet::net {
namespace {

using nlohmann::json;

// Builds the value from what msgpack-c finds. A function that returns false ends the parsing.
class Visitor : public msgpack::null_visitor {
 public:
  explicit Visitor(const MsgpackLimits& limits) : limits_(limits) {}

  std::optional<Error> error;
  json root;

  bool visit_nil() { return add(nullptr); }
  bool visit_boolean(bool value) { return add(value); }
  bool visit_positive_integer(std::uint64_t value) { return add(value); }
  bool visit_negative_integer(std::int64_t value) { return add(value); }
  bool visit_float32(float value) { return visit_float64(value); }
  bool visit_float64(double value) {
    if (!std::isfinite(value)) return fail(ErrorCode::malformed, "a number that is none");
    return add(value);
  }
  bool visit_str(const char* data, std::uint32_t size) {
    const std::string_view text(data, size);
    if (!valid_utf8(text)) return fail(ErrorCode::malformed, "invalid UTF-8");
    if (!is_key_) return add(text);
    key_ = text;
    return open_.back()->contains(key_) ? fail(ErrorCode::malformed, "a key that occurs twice") : true;
  }
  bool visit_bin(const char* /*data*/, std::uint32_t /*size*/) { return fail(ErrorCode::unsupported, "binary data"); }
  bool visit_ext(const char* /*data*/, std::uint32_t /*size*/) {
    return fail(ErrorCode::unsupported, "an extension type");
  }
  bool start_array(std::uint32_t /*size*/) { return enter(json::array()); }
  bool end_array() { return leave(); }
  bool start_map(std::uint32_t /*size*/) { return enter(json::object()); }
  bool start_map_key() { return is_key_ = true; }
  bool end_map_key() {
    is_key_ = false;
    return true;
  }
  bool end_map() { return leave(); }
  void parse_error(std::size_t at, std::size_t /*error_at*/) { set({ErrorCode::malformed, at, "not MessagePack"}); }
  void insufficient_bytes(std::size_t at, std::size_t /*error_at*/) {
    set({ErrorCode::truncated, at, "unexpected end"});
  }

 private:
  bool fail(ErrorCode code, const char* what) {
    set({code, 0, what});
    return false;
  }
  void set(Error failure) {
    if (!error) error = failure;
  }
  // Where the value now is.
  json* place(json value) {
    if (open_.empty()) return &(root = std::move(value));
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }
  bool add(json value) {
    if (is_key_) return fail(ErrorCode::malformed, "a key that is no text");
    if (++values_ > limits_.values) return fail(ErrorCode::too_large, "too many values");
    place(std::move(value));
    return true;
  }
  bool enter(json empty) {
    if (is_key_) return fail(ErrorCode::malformed, "a key that is no text");
    if (open_.size() == limits_.depth) return fail(ErrorCode::too_large, "nested too deeply");
    if (++values_ > limits_.values) return fail(ErrorCode::too_large, "too many values");
    open_.push_back(place(std::move(empty)));
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }

  const MsgpackLimits& limits_;
  std::size_t values_ = 0;
  bool is_key_ = false;
  std::string key_;
  // Only the innermost one grows, so the others stay where they are.
  std::vector<json*> open_;
};

class Sink {
 public:
  void write(const char* data, std::size_t size) { bytes.insert(bytes.end(), data, data + size); }
  Bytes bytes;
};

void write_value(msgpack::packer<Sink>& out, const json& value) {
  switch (value.type()) {
    case json::value_t::boolean:
      out.pack(value.get<bool>());
      break;
    case json::value_t::number_unsigned:
      out.pack(value.get<std::uint64_t>());
      break;
    case json::value_t::number_integer:
      out.pack(value.get<std::int64_t>());
      break;
    case json::value_t::number_float:
      out.pack(value.get<double>());
      break;
    case json::value_t::string: {
      const std::string& text = value.get_ref<const std::string&>();
      out.pack_str(static_cast<std::uint32_t>(text.size()));
      out.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
      break;
    }
    case json::value_t::array:
      out.pack_array(static_cast<std::uint32_t>(value.size()));
      for (const json& element : value) write_value(out, element);
      break;
    case json::value_t::object:
      out.pack_map(static_cast<std::uint32_t>(value.size()));
      for (const auto& [key, element] : value.items()) {
        write_value(out, key);
        write_value(out, element);
      }
      break;
    default:
      out.pack_nil();
  }
}

}  // namespace

Result<json> decode_msgpack(ByteView bytes, const MsgpackLimits& limits) {
  Visitor visitor(limits);
  std::size_t end = 0;
  const std::string_view text = as_text(bytes);
  const bool is_whole = msgpack::parse(text.data(), text.size(), end, visitor);
  if (visitor.error) return Error{visitor.error->code, end, visitor.error->what};
  if (!is_whole) return Error{ErrorCode::truncated, end, "unexpected end"};
  if (end != text.size()) return Error{ErrorCode::malformed, end, "bytes behind the message"};
  return std::move(visitor.root);
}

Bytes encode_msgpack(const json& value) {
  Sink sink;
  msgpack::packer<Sink> packer(sink);
  write_value(packer, value);
  return std::move(sink.bytes);
}

}  // namespace stet::net
