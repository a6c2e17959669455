#include "update_encoder.hpp"

#include <algorithm>

namespace stet::core {

// --- v1 --------------------------------------------------------------------------------------------------------------

void EncoderV1::json_value(ByteView value, bool any_value) {
  if (any_value) {
    rest.var_string(any_to_json(value));
  } else {
    rest.raw(value);
  }
}

// --- v2 --------------------------------------------------------------------------------------------------------------

void EncoderV2::json_texts(ByteView texts) {
  Reader in(texts);
  while (!in.at_end()) {
    const std::string_view text = in.var_string();
    string(text, utf16_length(text));
  }
}

void EncoderV2::json_value(ByteView value, bool any_value) {
  if (any_value) {
    rest.raw(value);
  } else {
    rest.raw(json_to_any(Reader(value).var_string()));
  }
}

Bytes EncoderV2::finish() {
  const ByteView string_lengths = string_length_.finish();
  Writer strings_size;
  strings_size.varuint(strings_.size());
  const ByteView before_strings[] = {key_clock_.finish(), client_.finish(), left_clock_.finish(), right_clock_.finish(),
                                     info_.finish()};
  const ByteView behind_strings[] = {parent_info_.finish(), type_ref_.finish(), length_.finish()};
  // Texts may be long: they are copied once.
  std::size_t size = strings_.size() + string_lengths.size() + rest.size() + 64;
  for (const ByteView column : before_strings) size += column.size();
  for (const ByteView column : behind_strings) size += column.size();
  Writer out;
  out.reserve(size);
  out.varuint(0);  // feature flag
  for (const ByteView column : before_strings) out.var_bytes(column);
  out.varuint(strings_size.size() + strings_.size() + string_lengths.size());
  out.var_bytes(strings_.view());
  out.raw(string_lengths);
  for (const ByteView column : behind_strings) out.var_bytes(column);
  out.raw(rest.view());
  return out.take();
}

// --- the grammar -----------------------------------------------------------------------------------------------------

std::string_view text_from(std::string_view text, std::uint64_t units, std::string& cut) {
  std::size_t at = 0;
  while (units > 0) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead >= 0xf0 && units == 1) {
      cut = "\xef\xbf\xbd";
      cut += text.substr(at + 4);
      return cut;
    }
    units -= lead >= 0xf0 ? 2 : 1;
    at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  }
  return text.substr(at);
}

template <class Encoder>
void write_struct(Encoder& out, const WireStruct& s, std::uint64_t offset) {
  const std::uint64_t length = s.length - offset;
  if (s.kind == Kind::gc) {
    out.info(0);
    out.length(length);
    return;
  }
  if (s.kind == Kind::skip) {
    out.info(static_cast<std::uint8_t>(Kind::skip));
    out.rest.varuint(length);
    return;
  }
  out.info(static_cast<std::uint8_t>(s.info | (offset > 0 ? info_origin : 0)));
  if (offset > 0) {
    out.left_id({s.client, s.clock + offset - 1});
  } else if (s.has_origin()) {
    out.left_id(s.origin);
  }
  if (s.has_right_origin()) out.right_id(s.right_origin);
  if (offset == 0 && !s.has_origin() && !s.has_right_origin()) {
    out.parent_info(s.parent_info == ParentInfo::root);
    if (s.parent_info == ParentInfo::root) {
      out.string(s.root, utf16_length(s.root));
    } else {
      out.left_id(s.parent);
    }
    if (s.info & info_key) out.string(s.key, utf16_length(s.key));
  }
  switch (s.kind) {
    case Kind::deleted:
      out.length(length);
      return;
    case Kind::json:
      out.length(length);
      out.json_texts(s.bytes.subspan(strings_size(s.bytes, offset)));
      return;
    case Kind::binary:
      out.rest.raw(s.bytes);
      return;
    case Kind::string:
      if (offset == 0) {
        out.string(s.text, s.length);
      } else {
        std::string cut;
        out.string(text_from(s.text, offset, cut), length);
      }
      return;
    case Kind::embed:
      out.json_value(s.bytes, s.any_value);
      return;
    case Kind::format:
      out.key(s.text);
      out.json_value(s.bytes, s.any_value);
      return;
    case Kind::type:
      out.type_ref(s.type_ref);
      if (s.type_ref == 3 || s.type_ref == 5) out.key(s.text);
      return;
    case Kind::any:
      out.length(length);
      out.rest.raw(s.bytes.subspan(any_size(s.bytes, offset)));
      return;
    case Kind::doc:
      out.string(s.text, utf16_length(s.text));
      out.rest.raw(s.bytes);
      return;
    default:
      return;
  }
}

template <class Encoder>
void write_deletes(Encoder& out, const std::vector<DeleteRange>& ranges) {
  std::size_t clients = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) clients += i == 0 || ranges[i].client != ranges[i - 1].client;
  out.rest.varuint(clients);
  for (std::size_t i = 0; i < ranges.size();) {
    std::size_t end = i;
    while (end < ranges.size() && ranges[end].client == ranges[i].client) ++end;
    out.reset_delete_clock();
    out.rest.varuint(ranges[i].client);
    out.rest.varuint(end - i);
    for (; i < end; ++i) {
      out.delete_clock(ranges[i].clock);
      out.delete_length(ranges[i].length);
    }
  }
}

template void write_struct(EncoderV1&, const WireStruct&, std::uint64_t);
template void write_struct(EncoderV2&, const WireStruct&, std::uint64_t);
template void write_deletes(EncoderV1&, const std::vector<DeleteRange>&);
template void write_deletes(EncoderV2&, const std::vector<DeleteRange>&);

}  // namespace stet::core
