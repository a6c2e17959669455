#include "update_encoder.hpp"

#include <algorithm>
#include <cstring>

#include "utf8.hpp"

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

// Each value is written as if it ended a run, and stays where it does: there is nothing to guess for the processor.
template <class Runs>
bool Column<Runs>::encode_full() {
  if (repeated_ >= Runs::small || bits() >= Runs::small || count_ == 0 || count_ + most >= short_run) return false;
  std::uint8_t* at = out_.room(most * 3);
  Value repeated = repeated_;
  std::uint64_t count = count_;
  for (std::uint32_t i = 0; i < most; ++i) {
    const Value value = values_[i];
    std::uint8_t* const behind = Runs::put_short(at, repeated, count);
    at = value == repeated ? at : behind;
    count = value == repeated ? count + 1 : 1;
    repeated = value;
  }
  out_.wrote(at);
  repeated_ = repeated;
  count_ = count;
  return true;
}

// Differences: what a run takes is known of each value beforehand, as if it ended one: where the same difference stands
// before it, the run has a count, and where the same one stands behind it, nothing is written yet. So the loops have
// neither branches nor a length that the compiler would not know; all but the last become vector instructions.
template <>
bool Column<IntDiffOptRuns>::encode_full() {
  constexpr std::uint64_t small = 1 << 26;  // twice that is 27 bits: a sign and groups of 6, 7, 7 and 7 bits
  if ((bits() | before_) >= small || repeated_ + small >= 2 * small) return false;
  if (count_ == 0 || count_ + most >= short_run) return false;
  std::int32_t values[most + 1];  // with the one before
  values[0] = static_cast<std::int32_t>(before_);
  for (std::uint32_t i = 0; i < most; ++i) values[i + 1] = static_cast<std::int32_t>(values_[i]);
  std::int32_t diffs[most + 2];  // with what the run that is not written yet repeats, and what stands before that
  diffs[1] = static_cast<std::int32_t>(repeated_);
  diffs[0] = count_ > 1 ? diffs[1] : ~diffs[1];
  for (std::uint32_t i = 0; i < most; ++i) diffs[i + 2] = values[i + 1] - values[i];

  std::int32_t groups[most];
  std::int32_t sizes[most];    // bytes of the groups
  std::int32_t steps[most];    // and of the count, where a run ends
  std::int32_t goes_on[most];  // all ones where it does not
  for (std::uint32_t i = 0; i < most; ++i) {
    const std::int32_t counted = diffs[i] == diffs[i + 1] ? 1 : 0;
    const std::int32_t same = diffs[i + 2] == diffs[i + 1] ? -1 : 0;
    const std::int32_t encoded = diffs[i + 1] * 2 + counted;
    const std::int32_t sign = encoded >> 31;
    const std::int32_t value = (encoded ^ sign) - sign;
    const std::int32_t second = value > 0x3f ? -1 : 0;  // are there so many groups?
    const std::int32_t third = value > 0x1fff ? -1 : 0;
    const std::int32_t fourth = value > 0xfffff ? -1 : 0;
    groups[i] = (value & 0x3f) | (sign & 0x40) | (value & 0x1fc0) << 2 | (value & 0xfe000) << 3 |
                (value & 0x7f00000) << 4 | (second & 0x80) | (third & 0x8000) | (fourth & 0x800000);
    sizes[i] = 1 - second - third - fourth;
    steps[i] = (sizes[i] + counted) & ~same;
    goes_on[i] = same;
  }
  std::uint8_t* at = out_.room(most * (sizeof groups[0] + 1));
  auto count = static_cast<std::int32_t>(count_);
#pragma GCC unroll 4
  for (std::uint32_t i = 0; i < most; ++i) {
    std::memcpy(at, &groups[i], sizeof groups[i]);
    at[sizes[i]] = static_cast<std::uint8_t>(count - 2);
    at += steps[i];
    count = (count & goes_on[i]) + 1;
  }
  out_.wrote(at);
  repeated_ = values_[most - 1] - values_[most - 2];
  before_ = values_[most - 1];
  count_ = static_cast<std::uint64_t>(count);
  return true;
}

template <class Runs>
void Column<Runs>::encode_each(std::uint32_t values) {
  std::uint8_t* at = out_.room(most * 2 * Writer::max_varuint);
  Value before = before_;
  Value repeated = repeated_;
  std::uint64_t count = count_;
  for (const Value *value = values_, *const end = values_ + values; value != end; ++value) {
    const Value next = Runs::next(*value, before);
    before = *value;
    if (next != repeated) {
      if (count > 0) [[likely]]
        at = Runs::put(at, repeated, count, false);
      count = 0;
    }
    repeated = next;
    ++count;
  }
  out_.wrote(at);
  before_ = before;
  repeated_ = repeated;
  count_ = count;
}

template <class Runs>
void Column<Runs>::encode() {
  const std::uint32_t values = std::min(filled_, most);
  if (values < most || !encode_full()) encode_each(values);
  filled_ -= values;
  std::memcpy(values_, values_ + values, filled_ * sizeof(Value));
}

template <class Runs>
ByteView Column<Runs>::finish() {
  encode();
  if (count_ > 0) out_.wrote(Runs::put(out_.room(2 * Writer::max_varuint), repeated_, count_, true));
  return out_.view();
}

template class Column<UintOptRuns>;
template class Column<IntDiffOptRuns>;
template class Column<ByteRuns>;

void EncoderV2::json_texts(ByteView texts) {
  Reader in(texts);
  while (!in.at_end()) {
    const std::string_view text = in.var_string();
    string_length_.write(utf16_length(text));
    strings_.copy(text);
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
  // All is copied once, into memory of the right size.
  std::size_t size = strings_.size() + string_lengths.size() + rest.size() + 12 * Writer::max_varuint;
  for (const ByteView column : before_strings) size += column.size();
  for (const ByteView column : behind_strings) size += column.size();
  Bytes out;
  out.reserve(size);
  const auto raw = [&](ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  const auto varuint = [&](std::uint64_t value) {
    std::uint8_t groups[Writer::max_varuint];
    raw({groups, Writer::put_varuint(groups, value)});
  };
  const auto var_bytes = [&](ByteView bytes) {
    varuint(bytes.size());
    raw(bytes);
  };
  varuint(0);  // feature flag
  for (const ByteView column : before_strings) var_bytes(column);
  varuint(strings_size.size() + strings_.size() + string_lengths.size());
  varuint(strings_.size());
  strings_.append_to(out);
  raw(string_lengths);
  for (const ByteView column : behind_strings) var_bytes(column);
  raw(rest.view());
  return out;
}

// --- the grammar -----------------------------------------------------------------------------------------------------

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
        const Cut cut = find_unit(s.text, offset);
        const std::string_view front = cut.inside_character ? replacement : std::string_view{};
        const std::string_view rest = s.text.substr(cut.bytes + (cut.inside_character ? 4 : 0));
        out.begin_string(front.size() + rest.size(), length);
        out.string_part(front);
        out.string_part(rest);
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
    out.begin_deletes();
    out.rest.varuint(ranges[i].client);
    out.rest.varuint(end - i);
    for (; i < end; ++i) out.deletes(ranges[i].clock, ranges[i].length);
  }
}

template void write_struct(EncoderV1&, const WireStruct&, std::uint64_t);
template void write_struct(EncoderV2&, const WireStruct&, std::uint64_t);
template void write_deletes(EncoderV1&, const std::vector<DeleteRange>&);
template void write_deletes(EncoderV2&, const std::vector<DeleteRange>&);

}  // namespace stet::core
