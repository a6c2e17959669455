#include "update_columns.hpp"

#include <algorithm>
#include <bit>

#include "utf8.hpp"

namespace stet::core {

namespace {
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

namespace {

// Which of the next bytes have no continuation bit, so that an integer ends there.
constexpr std::uint32_t window = 64;
std::uint64_t ends_of_integers(const std::uint8_t* at) {
  std::uint64_t ends = 0;
  for (unsigned i = 0; i < window; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, at + i, sizeof word);
    // The first bit of each byte is brought into the highest byte.
    ends |= (~word >> 7 & 0x0101010101010101U) * 0x0102040810204080U >> 56 << i;
  }
  return ends;
}

// By how many bytes an integer has behind its first: which bits are of its groups, and what it would be at least if the
// last of several groups were not zero.
constexpr std::uint32_t group_bits[] = {0x7f, 0x7f7f, 0x7f7f7f, 0x7f7f7f7f};
constexpr std::uint32_t superfluous_below[] = {0, 0x100, 0x10000, 0x1000000};

}  // namespace

// Reads values to the end of a window of bytes; returns how many there are then. Where integers end in it is found
// for all at once, so that none waits for the length of the one before. Stops in front of what is longer than four
// bytes, or wrong, and where a run is to go on: `count` is how long.
template <class Runs>
inline std::uint32_t ReadAhead<Runs>::fill_from_window(Reader& in, Runs& runs_now, std::uint32_t filled,
                                                       std::uint32_t& last_run, std::uint64_t& count)
  requires(Runs::mixed_sizes)
{
  Value* const values = values_;
  const std::uint32_t most = most_;
  const std::uint8_t* const from = in.position();
  std::uint64_t ends = ends_of_integers(from);
  Runs runs = runs_now;
  std::uint32_t run = last_run;
  std::uint64_t start = 0;
  while (filled < most && ends) {
    const auto last = static_cast<std::uint64_t>(std::countr_zero(ends));
    const std::uint64_t further = last - start;
    if (further > 3) [[unlikely]]
      break;
    std::uint32_t groups;
    std::memcpy(&groups, from + start, sizeof groups);
    groups &= group_bits[further];
    if (groups < superfluous_below[further]) [[unlikely]]
      break;
    ends &= ends - 1;
    if (runs.take(groups)) {
      const std::uint64_t at = last + 1;
      if (!(ends >> at % window & 1)) break;
      ends &= ends - 1;
      start = at + 1;
      run = filled;
      const std::uint64_t all = from[at] + std::uint64_t{2};
      const auto now = static_cast<std::uint32_t>(std::min<std::uint64_t>(all, most - filled));
      runs.put(values + filled, now);
      filled += now;
      count = all - now;
    } else {
      start = last + 1;
      run = filled;
      values[filled++] = runs.next();
    }
  }
  last_run = run;
  runs_now = runs;
  in.bytes(start);
  return filled;
}

template <class Runs>
void ReadAhead<Runs>::fill() {
  Value* const values = values_;
  const std::uint32_t most = most_;
  std::uint32_t filled = filled_ - next_;
  std::memmove(values, values + next_, filled * sizeof(Value));
  Reader in = in_;
  Runs runs = runs_;
  std::uint64_t count = count_;
  std::uint32_t last_run = last_run_ - std::min(last_run_, next_);
  while (filled < most) {
    if (count == 0) {
      if constexpr (Runs::mixed_sizes) {
        if (in.remaining() >= window + sizeof(std::uint32_t)) {
          const std::uint32_t before = filled;
          filled = fill_from_window(in, runs, filled, last_run, count);
          if (filled != before) continue;
        }
      }
      if (in.at_end() && filled > 0) break;
      last_run = filled;
      count = runs.read(in);
      if (!in.ok()) [[unlikely]] {
        count = 0;
        break;
      }
    }
    if (count == 1) {
      values[filled++] = runs.next();
      count = 0;
    } else {
      const auto now = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, most - filled));
      runs.put(values + filled, now);
      filled += now;
      count -= now;
    }
  }
  if (filled == 0) {  // from now on all are zero
    in_ = in;
    rest_.fail_as(in_);
    values[filled++] = 0;
  }
  in_ = in;
  runs_ = runs;
  count_ = count;
  last_run_ = last_run;
  next_ = 0;
  filled_ = filled;
}

template class ReadAhead<UintOptRle>;
template class ReadAhead<IntDiffOptRle>;
template class ReadAhead<ByteRle>;

ColumnsV2::ColumnsV2(ByteView update)
    : rest(update),
      size_(update.size()),
      ahead_(static_cast<std::uint32_t>(std::clamp<std::size_t>(size_ / 64 & ~std::size_t{15}, 32, 1024))),
      memory_(std::make_unique_for_overwrite<std::uint64_t[]>(columns * std::size_t{ahead_ + put_at_once})),
      max_structs_(std::min<std::uint64_t>(update.size() * 16 + 65'536, 1U << 24)),
      key_bytes_allowed_(update.size() * 16 + 65'536),
      key_clock_(read_ahead<IntDiffOptRle>((rest.varuint(), column()))),  // a feature flag comes first, always 0
      client_(read_ahead<UintOptRle>(column())),
      left_clock_(read_ahead<IntDiffOptRle>(column())),
      right_clock_(read_ahead<IntDiffOptRle>(column())),
      info_(read_ahead<ByteRle>(column())),
      strings_(column()),
      joined_(strings_.var_string()),
      string_length_(read_ahead<UintOptRle>(strings_)),
      parent_info_(read_ahead<ByteRle>(column())),
      type_ref_(read_ahead<UintOptRle>(column())),
      length_(read_ahead<UintOptRle>(column())) {
  rest.fail_as(strings_);
  ascii_end_ = ascii_prefix(joined_);
  if (ascii_end_ < joined_.size() && !valid_utf8(joined_)) rest.fail(ErrorCode::malformed, "invalid UTF-8");
}

// Each has an info byte. The last run of them has no count.
std::uint64_t ColumnsV2::likely_structs(std::uint64_t of_client) const {
  Reader infos = info_.undecoded();
  std::uint64_t count = info_.decoded();
  while (!infos.at_end() && count < size_) {
    infos.byte();
    count += infos.at_end() ? 1 : infos.varuint() + 1;
  }
  return std::min<std::uint64_t>(std::max(count, of_client), size_);
}

// How many of the next structs are plain, at most `most`; their values are there.
std::uint32_t ColumnsV2::plain_ahead(std::uint64_t most) {
  const std::uint32_t ahead = ahead_ / 2;  // a struct names two clients
  const auto structs = static_cast<std::uint32_t>(std::min<std::uint64_t>({most, info_.ready(), ahead}));
  constexpr std::uint64_t each = PlainStruct::each;
  const std::uint8_t* const info = info_.values();
  std::uint32_t plain = 0;
  std::uint32_t lefts = 0;
  std::uint32_t rights = 0;
  std::uint32_t texts = 0;
  const auto ones = [](std::uint64_t bits) { return static_cast<std::uint32_t>((bits & each) * each >> 56); };
  for (; plain + 8 <= structs; plain += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, info + plain, sizeof eight);
    if (!PlainStruct::are(eight)) break;
    lefts += ones(eight >> 7);
    rights += ones(eight >> 6);
    texts += ones(eight >> 2);
  }
  for (; plain < structs && PlainStruct::is(info[plain]); ++plain) {
    lefts += info[plain] >> 7;
    rights += info[plain] >> 6 & 1;
    texts += info[plain] >> 2 & 1;
  }
  const bool there = client_.has(lefts + rights) && left_clock_.has(lefts) && right_clock_.has(rights) &&
                     string_length_.has(texts) && length_.has(plain - texts);
  return there ? plain : 0;
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
  if (inside_pair_) {
    ascii_end_ = string_at_;
  } else if (string_at_ >= ascii_end_) {
    ascii_end_ = string_at_ + ascii_prefix(joined_.substr(string_at_));
  }
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

}  // namespace stet::core
