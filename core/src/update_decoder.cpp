#include "update_decoder.hpp"

#include <algorithm>

namespace stet::core {

template <class Columns>
void UpdateDecoder<Columns>::read_parent() {
  WireStruct& s = current_;
  if (in.parent_is_root()) {
    s.parent_info = ParentInfo::root;
    s.root = in.string();
  } else {
    s.parent_info = ParentInfo::id;
    s.parent = in.left_id();
  }
  if (s.info & info_key) s.key = in.string();
}

template <class Columns>
void UpdateDecoder<Columns>::fail_length() {
  const WireStruct& s = current_;
  if (s.length == 0) return in.rest.fail(ErrorCode::malformed, "struct of length zero");
  if (s.length > max_length && s.kind != Kind::skip)
    return in.rest.fail(ErrorCode::too_large, "struct longer than 2^31");
  in.rest.fail(ErrorCode::too_large, "clock over 2^52");
}

template <class Columns>
void UpdateDecoder<Columns>::fail_reference(const WireId& id) {
  if (id.clock > max_wire_clock) return in.rest.fail(ErrorCode::too_large, "clock over 2^52");
  in.rest.fail(ErrorCode::conflict, "struct refers to itself or to a later one of its client");
}

template <class Columns>
void UpdateDecoder<Columns>::read_content() {
  WireStruct& s = current_;
  s.length = 1;
  switch (s.kind) {
    case Kind::json:
      s.length = in.length();
      s.bytes = in.json_texts(s.length);
      return;
    case Kind::binary: {
      const std::uint8_t* start = in.rest.position();
      in.rest.var_bytes();
      if (in.ok()) s.bytes = {start, static_cast<std::size_t>(in.rest.position() - start)};
      return;
    }
    case Kind::embed:
      s.bytes = in.json_value(s.any_value);
      return;
    case Kind::format:
      s.text = in.key();
      s.bytes = in.json_value(s.any_value);
      return;
    case Kind::type: {
      const std::uint64_t ref = in.type_ref();
      if (ref > 6) return in.rest.fail(ErrorCode::unsupported, "unknown type");
      s.type_ref = static_cast<std::uint8_t>(ref);
      const bool named = ref == 3 || ref == 5;  // XmlElement, XmlHook
      s.text = named ? in.key() : std::string_view{};
      return;
    }
    case Kind::any: {
      s.length = in.length();
      const std::uint8_t* start = in.rest.position();
      for (std::uint64_t i = 0; i < s.length && in.ok(); ++i) read_any(in.rest);
      if (in.ok()) s.bytes = {start, static_cast<std::size_t>(in.rest.position() - start)};
      return;
    }
    case Kind::doc:
      s.text = in.string();
      s.bytes = read_any(in.rest);
      return;
    default:
      return in.rest.fail(ErrorCode::unsupported, "unknown content");
  }
}

void read_delete_set(Reader& in, Encoding encoding, std::vector<DeleteRange>& ranges) {
  const std::uint64_t clients = in.varuint();
  for (std::uint64_t i = 0; i < clients && in.ok(); ++i) {
    const std::uint64_t client = in.varuint();
    const std::uint64_t count = in.varuint();
    std::uint64_t end = 0;  // v2 writes what lies between, and one less than the length
    for (std::uint64_t j = 0; j < count && in.ok(); ++j) {
      const std::uint64_t clock = in.varuint() + (encoding == Encoding::v1 ? 0 : end);
      const std::uint64_t length = in.varuint() + (encoding == Encoding::v1 ? 0 : 1);
      end = clock + length;
      if (end > max_safe_integer) in.fail(ErrorCode::too_large, "deleted clock over 2^53 - 1");
      if (in.ok() && length > 0) ranges.push_back({client, clock, length});
    }
  }
}

template <class Columns>
void UpdateDecoder<Columns>::read_deletes(std::vector<DeleteRange>& ranges) {
  read_delete_set(in.rest, Columns::encoding, ranges);
  if (in.ok() && !in.rest.at_end()) in.rest.fail(ErrorCode::malformed, "trailing bytes");
}

template class UpdateDecoder<ColumnsV1>;
template class UpdateDecoder<ColumnsV2>;

void normalize(std::vector<DeleteRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const DeleteRange& a, const DeleteRange& b) {
    return a.client != b.client ? a.client > b.client : a.clock < b.clock;
  });
  std::size_t kept = 0;
  for (const DeleteRange& range : ranges) {
    if (kept > 0 && ranges[kept - 1].client == range.client && ranges[kept - 1].end() >= range.clock) {
      DeleteRange& before = ranges[kept - 1];
      before.length = std::max(before.end(), range.end()) - before.clock;
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

void arrange(std::vector<DeleteRange>& ranges) {
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const DeleteRange& a, const DeleteRange& b) { return a.client > b.client; });
  const auto out_of_order = [](const DeleteRange& a, const DeleteRange& b) {
    return a.client == b.client && a.end() > b.clock;
  };
  if (std::adjacent_find(ranges.begin(), ranges.end(), out_of_order) != ranges.end()) normalize(ranges);
}

}  // namespace stet::core
