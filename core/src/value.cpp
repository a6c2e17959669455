// Values of the public interface from the bytes of contents, and back.
#include <algorithm>
#include <bit>
#include <cmath>

#include "any.hpp"
#include "edit.hpp"
#include "utf8.hpp"

namespace stet {

bool Any::operator==(const Any& other) const {
  const AnyObject* mine = get<AnyObject>();
  const AnyObject* theirs = other.get<AnyObject>();
  if (!mine || !theirs) return value_ == other.value_;
  return mine->size() == theirs->size() && std::all_of(mine->begin(), mine->end(), [&](const auto& member) {
           return std::find(theirs->begin(), theirs->end(), member) != theirs->end();
         });
}

std::string Any::to_json() const {
  Writer out;
  core::write_any_value(out, *this);
  return core::any_to_json(out.view());
}

Result<Any> Any::from_json(std::string_view json) {
  if (!valid_utf8(json) || !valid_json(json, core::max_nesting)) return Error{ErrorCode::malformed, 0, "invalid JSON"};
  const Bytes any = core::json_to_any(json);
  Reader in(any);
  return core::read_any_value(in);
}

}  // namespace stet

namespace stet::core {

namespace {

std::uint64_t read_big_endian(Reader& in, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | in.byte();
  return value;
}

void write_big_endian(Writer& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.byte(static_cast<std::uint8_t>(value >> (8 * i)));
}

struct AnyWriter {
  Writer& out;

  void operator()(Undefined) { out.byte(any_undefined); }
  void operator()(Null) { out.byte(any_null); }
  void operator()(bool value) { out.byte(value ? any_true : any_false); }
  void operator()(double value) { write_number(out, value); }
  void operator()(BigInt value) {
    out.byte(any_bigint);
    write_big_endian(out, static_cast<std::uint64_t>(value.value), 8);
  }
  void operator()(const std::string& value) {
    out.byte(any_string);
    out.var_string(value);
  }
  void operator()(const Bytes& value) {
    out.byte(any_bytes);
    out.var_bytes(value);
  }
  void operator()(const AnyArray& value) {
    out.byte(any_array);
    out.varuint(value.size());
    for (const Any& element : value) std::visit(*this, element.variant());
  }
  void operator()(const AnyObject& value) {
    out.byte(any_object);
    out.varuint(value.size());
    for (const auto& [key, member] : value) {
      out.var_string(key);
      std::visit(*this, member.variant());
    }
  }
};

}  // namespace

void write_any_value(Writer& out, const Any& value) { std::visit(AnyWriter{out}, value.variant()); }

// Verified before, and nested no deeper than max_nesting: recursion is bounded.
Any read_any_value(Reader& in) {
  switch (in.byte()) {
    case any_null:
      return Null{};
    case any_true:
      return true;
    case any_false:
      return false;
    case any_integer: {
      const Reader::SignedInteger value = in.varint();
      const auto magnitude = static_cast<double>(value.magnitude);
      return value.negative ? -magnitude : magnitude;
    }
    case any_float32:
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(read_big_endian(in, 4))));
    case any_float64:
      return std::bit_cast<double>(read_big_endian(in, 8));
    case any_bigint:
      return BigInt{static_cast<std::int64_t>(read_big_endian(in, 8))};
    case any_string:
      return in.var_string();
    case any_bytes: {
      const ByteView bytes = in.var_bytes();
      return Bytes(bytes.begin(), bytes.end());
    }
    case any_array: {
      AnyArray array;
      for (std::uint64_t left = in.varuint(); left > 0; --left) array.push_back(read_any_value(in));
      return array;
    }
    case any_object: {
      AnyObject object;
      for (std::uint64_t left = in.varuint(); left > 0; --left) {
        std::string key(in.var_string());
        Any value = read_any_value(in);
        const auto same = std::find_if(object.begin(), object.end(), [&](const auto& m) { return m.first == key; });
        if (same == object.end()) {
          object.emplace_back(std::move(key), std::move(value));
        } else {
          same->second = std::move(value);
        }
      }
      return object;
    }
    default:
      return {};
  }
}

Any embedded_value(const Store& store, const Item& item) {
  Reader in(store.content_from(item));
  if (item.kind == Kind::format) in.varuint();
  if (item.flags & flag_any_value) return read_any_value(in);
  return *Any::from_json(in.var_string());
}

KeyIndex format_key(const Store& store, const Item& item) {
  return static_cast<KeyIndex>(Reader(store.content_from(item)).varuint());
}

Value value_at(Doc::Impl& doc, const Item& item, std::uint32_t offset) {
  const Store& store = doc.store;
  Reader in(store.content_from(item));
  switch (item.kind) {
    case Kind::any:
      in.bytes(any_size(store.content_from(item), offset));
      return read_any_value(in);
    case Kind::json: {
      in.bytes(strings_size(store.content_from(item), offset));
      const std::string_view text = in.var_string();
      return text == "undefined" ? Any() : *Any::from_json(text);
    }
    case Kind::binary: {
      const ByteView bytes = in.var_bytes();
      return Any(Bytes(bytes.begin(), bytes.end()));
    }
    case Kind::string: {
      // One unit of a text, as Yjs gives it where a text is read as an array; half a pair is U+FFFD.
      Item unit = item;
      const std::string_view text = store.string(unit);
      const Cut cut = find_unit(text, offset);
      if (cut.inside_character) return Any(std::string(replacement));
      const std::string_view rest = text.substr(cut.bytes);
      const auto lead = static_cast<unsigned char>(rest[0]);
      return Any(lead < 0x80   ? std::string(rest.substr(0, 1))
                 : lead < 0xe0 ? std::string(rest.substr(0, 2))
                 : lead < 0xf0 ? std::string(rest.substr(0, 3))
                               : std::string(replacement));
    }
    case Kind::embed:
      return embedded_value(store, item);
    case Kind::type:
      return SharedType(&doc, item.content);
    case Kind::doc: {
      SubDoc sub;
      sub.guid = in.var_string();
      sub.options = read_any_value(in);
      return sub;
    }
    default:
      return Any();
  }
}

}  // namespace stet::core
