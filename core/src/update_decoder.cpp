#include "update_decoder.hpp"

#include <algorithm>

#include "utf8.hpp"

namespace stet::core {

namespace {
constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::uint64_t endless = ~std::uint64_t{0};

bool valid_json_text(std::string_view text) { return valid_utf8(text) && valid_json(text, max_nesting); }
}  // namespace

// --- v1 --------------------------------------------------------------------------------------------------------------

std::string_view ColumnsV1::string(std::uint64_t& units) {
  const std::string_view text = rest.var_string();
  if (is_ascii(text)) {
    units = text.size();
    return text;
  }
  if (!valid_utf8(text)) rest.fail(ErrorCode::malformed, "invalid UTF-8");
  units = rest.ok() ? utf16_length(text) : 0;
  return text;
}

ByteView ColumnsV1::json_texts(std::uint64_t count) {
  const std::uint8_t* start = rest.position();
  for (std::uint64_t i = 0; i < count && rest.ok(); ++i) {
    const std::string_view text = rest.var_string();
    if (text != "undefined" && !valid_json_text(text)) rest.fail(ErrorCode::malformed, "invalid JSON");
  }
  if (!rest.ok()) return {};
  return {start, static_cast<std::size_t>(rest.position() - start)};
}

ByteView ColumnsV1::json_value(bool& any_value) {
  any_value = false;
  return json_texts(1);
}

// --- v2 --------------------------------------------------------------------------------------------------------------

void UintOptRle::fill() {
  next_ = filled_ = 0;
  while (filled_ < ahead) {
    if (count_ == 0) {
      if (in_.at_end() && filled_ > 0) return;
      const Reader::SignedInteger head = in_.varint();
      value_ = head.magnitude;
      count_ = head.negative ? in_.varuint() + 2 : 1;
      if (!in_.ok()) [[unlikely]] {
        count_ = 0;
        break;
      }
    }
    --count_;
    values_[filled_++] = value_;
  }
  if (filled_ == 0) fail();
}

void IntDiffOptRle::fill() {
  next_ = filled_ = 0;
  std::uint64_t value = value_;
  std::uint64_t count = count_;
  std::uint32_t filled = 0;
  while (filled < ahead) {
    if (count == 0) {
      if (in_.at_end() && filled > 0) break;
      const Reader::SignedInteger head = in_.varint_of_any_size();
      // The lowest bit says whether a count follows; the rest, rounded down, is the difference.
      const std::uint64_t negative = head.negative ? 1 : 0;
      diff_ = (((head.magnitude + negative) / 2) ^ (0 - negative)) + negative;
      count = head.magnitude & 1 ? in_.varuint() + 2 : 1;
      if (!in_.ok()) [[unlikely]] {
        count = 0;
        break;
      }
    }
    --count;
    value += diff_;
    values_[filled++] = value & max_safe_integer;
  }
  value_ = value;
  count_ = count;
  filled_ = filled;
  if (filled == 0) fail();
}

void ByteRle::fill() {
  next_ = filled_ = 0;
  while (filled_ < ahead) {
    if (count_ == 0) {
      if (in_.at_end() && filled_ > 0) return;
      value_ = in_.byte();
      count_ = in_.at_end() ? endless : in_.varuint() + 1;
      if (!in_.ok()) [[unlikely]] {
        count_ = 0;
        break;
      }
    }
    --count_;
    values_[filled_++] = value_;
  }
  if (filled_ == 0) fail();
}

ColumnsV2::ColumnsV2(ByteView update)
    : rest(update),
      max_structs_(std::min<std::uint64_t>(update.size() * 16 + 65'536, 1U << 24)),
      key_bytes_allowed_(update.size() * 16 + 65'536),
      key_clock_((rest.varuint(), column()), rest),  // a feature flag comes first, always 0
      client_(column(), rest),
      left_clock_(column(), rest),
      right_clock_(column(), rest),
      info_(column(), rest),
      strings_(column()),
      joined_(strings_.var_string()),
      string_length_(strings_, rest),
      parent_info_(column(), rest),
      type_ref_(column(), rest),
      length_(column(), rest) {
  rest.fail_as(strings_);
  ascii_ = is_ascii(joined_);
  if (!ascii_ && !valid_utf8(joined_)) rest.fail(ErrorCode::malformed, "invalid UTF-8");
}

// All strings are joined before they are encoded, so halves of a surrogate pair that stood in two strings come as one
// character: such a half reads as U+FFFD, as it does in v1.
std::string_view ColumnsV2::string_beyond_ascii(std::uint64_t& units) {
  if (units == 0) return {};
  const bool starts_inside = inside_pair_;
  std::uint64_t left = units - (starts_inside ? 1 : 0);
  if (starts_inside) inside_pair_ = false;
  std::size_t at = string_at_ + pass_blocks(joined_.substr(string_at_), left);
  while (left > 0 && at < joined_.size()) {
    const auto lead = static_cast<unsigned char>(joined_[at]);
    if (lead >= 0xf0 && left == 1) {
      inside_pair_ = true;
      left = 0;
      break;
    }
    left -= lead >= 0xf0 ? 2 : 1;
    at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  }
  if (left > 0) {
    rest.fail(ErrorCode::truncated, "string length exceeds input");
    units = 0;
    return {};
  }
  const std::string_view whole = joined_.substr(string_at_, at - string_at_);
  string_at_ = inside_pair_ ? at + 4 : at;
  if (!starts_inside && !inside_pair_) return whole;
  std::string& text = cut_.emplace_back(starts_inside ? replacement : "");
  text += whole;
  if (inside_pair_) text += replacement;
  return text;
}

std::string_view ColumnsV2::key() {
  const std::uint64_t clock = key_clock_.next();
  if (clock < keys_.size()) {
    const std::string& key = keys_[clock];
    if (key.size() > key_bytes_allowed_) rest.fail(ErrorCode::too_large, "keys too long for so few bytes");
    key_bytes_allowed_ -= std::min(key_bytes_allowed_, key.size());
    return key;
  }
  return keys_.emplace_back(string());
}

ByteView ColumnsV2::json_texts(std::uint64_t count) {
  Writer out;
  for (std::uint64_t i = 0; i < count && ok(); ++i) {
    const std::string_view text = string();
    if (text != "undefined" && !valid_json_text(text)) rest.fail(ErrorCode::malformed, "invalid JSON");
    out.var_string(text);
  }
  return texts_.emplace_back(out.take());
}

ByteView ColumnsV2::json_value(bool& any_value) {
  any_value = true;
  return read_any(rest);
}

// --- the grammar -----------------------------------------------------------------------------------------------------

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
