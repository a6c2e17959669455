#include "storage/segment.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>
#include <tuple>
#include <utility>

#include "stet/lib0.hpp"

namespace stet::storage {
namespace {

constexpr int segment_level = 12;         // of zstd: in the background, once
constexpr int lump_level = 1;             // while others wait
constexpr std::size_t short_update = 64;  // bytes; updates below it go in columns, with others of their length
constexpr std::size_t time_bytes = 8;
// Of a segment as it is sorted in, at most; but always one update.
constexpr std::size_t loose_updates = 1'024;
constexpr std::size_t loose_bytes = 1 << 18;

Bytes compress(ByteView plain, int level) {
  Bytes packed(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), level);
  if (ZSTD_isError(size)) throw std::bad_alloc();  // the only way in which it fails
  packed.resize(size);
  packed.shrink_to_fit();
  return packed;
}

using ByteRows = std::vector<const std::uint8_t*>;

// Rows of one length, column by column. A column is written as it is, or as differences from the row before:
// whichever repeats itself more. So a counter becomes ones, and an id that stays becomes zeros or repeats.
void write_columns(Writer& out, const ByteRows& rows, std::size_t length) {
  Bytes column(rows.size());
  for (std::size_t at = 0; at < length; ++at) {
    std::size_t plain_repeats = 0;
    std::size_t difference_repeats = 0;
    for (std::size_t i = 2; i < rows.size(); ++i) {
      const auto [a, b, c] = std::array{rows[i - 2][at], rows[i - 1][at], rows[i][at]};
      plain_repeats += c == b ? 1 : 0;
      difference_repeats += static_cast<std::uint8_t>(c - b) == static_cast<std::uint8_t>(b - a) ? 1 : 0;
    }
    const bool differs = difference_repeats > plain_repeats;
    std::uint8_t before = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::uint8_t value = rows[i][at];
      column[i] = differs ? static_cast<std::uint8_t>(value - before) : value;
      before = value;
    }
    out.byte(differs ? 1 : 0);
    out.raw(column);
  }
}

void read_columns(Reader& in, const std::vector<std::uint8_t*>& rows, std::size_t length) {
  for (std::size_t at = 0; at < length; ++at) {
    const bool differs = in.byte() != 0;
    const ByteView column = in.bytes(rows.size());
    if (!in.ok()) return;
    std::uint8_t before = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::uint8_t value = differs ? static_cast<std::uint8_t>(column[i] + before) : column[i];
      rows[i][at] = before = value;
    }
  }
}

std::array<std::uint8_t, time_bytes> bytes_of(std::uint64_t number) {
  std::array<std::uint8_t, time_bytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return bytes;
}

std::uint64_t number_of(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < time_bytes; ++i) number |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return number;
}

// Who made an edit: author, session, tags.
using Who = std::tuple<std::string, std::uint64_t, std::string>;

void write_people(Writer& out, std::span<const LogEntry> entries) {
  std::map<Who, std::size_t> numbers;
  std::vector<const Who*> people;
  std::vector<std::pair<std::size_t, std::size_t>> runs;  // person, and how many edits
  for (const LogEntry& entry : entries) {
    const auto [found, is_new] = numbers.try_emplace({entry.author, entry.session, entry.tags}, people.size());
    if (is_new) people.push_back(&found->first);
    if (runs.empty() || runs.back().first != found->second) runs.emplace_back(found->second, 0);
    ++runs.back().second;
  }
  out.varuint(people.size());
  for (const Who* who : people) {
    out.var_string(std::get<0>(*who));
    out.raw(bytes_of(std::get<1>(*who)));
    out.var_string(std::get<2>(*who));
  }
  for (const auto& [person, edits] : runs) {
    out.varuint(person);
    out.varuint(edits);
  }
}

void read_people(Reader& in, std::vector<LogEntry>& entries) {
  std::vector<Who> people;
  for (std::uint64_t count = in.varuint(); count > 0 && in.ok(); --count) {
    Who& who = people.emplace_back();
    std::get<0>(who) = in.var_string();
    if (const ByteView session = in.bytes(time_bytes); in.ok()) std::get<1>(who) = number_of(session.data());
    std::get<2>(who) = in.var_string();
  }
  for (std::size_t at = 0; at < entries.size() && in.ok();) {
    const std::uint64_t person = in.varuint();
    const std::uint64_t edits = in.varuint();
    if (person >= people.size() || edits == 0 || edits > entries.size() - at) {
      return in.fail(ErrorCode::malformed, "a run of edits by nobody");
    }
    for (const std::size_t end = at + edits; at < end; ++at) {
      std::tie(entries[at].author, entries[at].session, entries[at].tags) = people[person];
    }
  }
}

// Of rows that are sorted by document and sequence, those that the first segment is made of.
std::span<const LogRow* const> first_segment(std::span<const LogRow* const> rows) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < std::min(rows.size(), loose_updates) && bytes < loose_bytes; ++count) {
    if (rows[count]->doc != rows[0]->doc || rows[count]->seq != rows[0]->seq + count) break;
    bytes += rows[count]->update->size();
  }
  return rows.first(count);
}

Segment segment_of(std::span<const LogRow* const> rows) {
  const LogRow& first = *rows.front();
  const LogRow& last = *rows.back();
  return {.doc = first.doc,
          .first_seq = first.seq,
          .last_seq = last.seq,
          .first_ms = first.time_ms,
          .last_ms = last.time_ms};
}

Bytes lay_out(std::span<const LogRow* const> rows) {
  Writer heads;
  Writer rests;
  for (const LogRow* row : rows) {
    const std::size_t begin = rests.size();
    write_rest(rests, *row);
    write_u64(heads, static_cast<std::uint64_t>(row->time_ms));
    heads.varuint(rests.size() - begin);
  }
  heads.raw(rests.view());
  return heads.take();
}

// The entries from `from` on of a segment that is not packed, up to one that is damaged.
std::vector<LogEntry> read_loose(const Segment& segment, ByteView data, std::uint64_t from) {
  Reader heads(data);
  for (std::uint64_t seq = segment.first_seq; seq <= segment.last_seq && heads.ok(); ++seq) {
    read_u64(heads);
    heads.varuint();
  }
  Reader rests(data.subspan(heads.ok() ? heads.offset() : data.size()));
  heads = Reader(data);
  std::vector<LogEntry> entries;
  for (std::uint64_t seq = segment.first_seq; seq <= segment.last_seq; ++seq) {
    const auto time_ms = static_cast<std::int64_t>(read_u64(heads));
    const ByteView rest = rests.bytes(heads.varuint());
    if (!rests.ok()) break;
    if (seq < from) continue;
    LogRow row = read_rest(segment.doc, seq, time_ms, rest);
    if (!is_whole(row)) break;
    entries.push_back(entry_of(std::move(row)));
  }
  return entries;
}

}  // namespace

std::span<const LogRow* const> write_first_segment(Statement& insert, std::span<const LogRow* const> rows) {
  const auto held = first_segment(rows);
  write_segment(insert, segment_of(held), lay_out(held));
  return held;
}

Bytes pack(std::span<const LogEntry> entries) {
  Writer out;
  write_people(out, entries);
  std::vector<std::array<std::uint8_t, time_bytes>> times;
  times.reserve(entries.size());
  std::uint64_t before = 0;
  for (const LogEntry& entry : entries) {
    const auto time = static_cast<std::uint64_t>(entry.time_ms);
    times.push_back(bytes_of(time - before));
    before = time;
  }
  ByteRows time_rows;
  for (const auto& time : times) time_rows.push_back(time.data());
  write_columns(out, time_rows, time_bytes);
  std::map<std::size_t, ByteRows> short_ones;
  for (const LogEntry& entry : entries) {
    out.varuint(entry.update.size());
    if (entry.update.size() < short_update) short_ones[entry.update.size()].push_back(entry.update.data());
  }
  for (const auto& [length, rows] : short_ones) write_columns(out, rows, length);
  for (const LogEntry& entry : entries) {
    if (entry.update.size() >= short_update) out.raw(entry.update);
  }
  return compress(out.view(), segment_level);
}

std::optional<std::vector<LogEntry>> unpack(ByteView packed, std::uint64_t first_seq, std::uint64_t count) {
  const std::optional<Bytes> plain = unpack(packed);
  if (!plain || count > plain->size()) return std::nullopt;
  Reader in(*plain);
  std::vector<LogEntry> entries(count);
  read_people(in, entries);
  Bytes times(count * time_bytes);
  std::vector<std::uint8_t*> time_rows;
  for (std::size_t i = 0; i < count; ++i) time_rows.push_back(times.data() + i * time_bytes);
  read_columns(in, time_rows, time_bytes);
  std::map<std::size_t, std::vector<std::uint8_t*>> short_ones;
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    LogEntry& entry = entries[i];
    entry.seq = first_seq + i;
    time += number_of(time_rows[i]);
    entry.time_ms = static_cast<std::int64_t>(time);
    const std::uint64_t length = in.varuint();
    if (length > plain->size()) return std::nullopt;
    entry.update.resize(length);
    if (length < short_update) short_ones[length].push_back(entry.update.data());
  }
  for (const auto& [length, rows] : short_ones) read_columns(in, rows, length);
  for (LogEntry& entry : entries) {
    if (entry.update.size() < short_update) continue;
    const ByteView update = in.bytes(entry.update.size());
    if (in.ok()) std::copy(update.begin(), update.end(), entry.update.begin());
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return entries;
}

StoreResult<std::vector<LogEntry>> read_segment(const Segment& segment, std::int64_t checksum, ByteView data,
                                                std::uint64_t from) {
  const auto corrupt = [](const std::string& what) { return StoreError{StoreError::Kind::corrupt, what}; };
  const std::string name =
      "the segment of updates " + std::to_string(segment.first_seq) + " to " + std::to_string(segment.last_seq);
  if (checksum != segment_checksum(segment, data)) return corrupt(name + ": its checksum does not hold");
  if (segment.packed) {
    auto entries = unpack(data, segment.first_seq, segment.updates());
    if (!entries) return corrupt(name + " cannot be unpacked");
    std::erase_if(*entries, [from](const LogEntry& entry) { return entry.seq < from; });
    return std::move(*entries);
  }
  auto entries = read_loose(segment, data, from);
  if (entries.empty()) return corrupt("the checksum of update " + std::to_string(from) + " does not hold");
  return entries;
}

Bytes write_entries(const Segment& segment, std::span<const LogEntry> entries) {
  if (segment.packed) return pack(entries);
  std::vector<LogRow> rows;
  std::vector<const LogRow*> laid_out;
  rows.reserve(entries.size());
  for (const LogEntry& entry : entries) laid_out.push_back(&rows.emplace_back(row_of(segment.doc, entry)));
  return lay_out(laid_out);
}

Bytes pack(ByteView bytes) { return compress(bytes, lump_level); }

std::optional<Bytes> unpack(ByteView packed) {
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return std::nullopt;
  if (size / 1024 / 64 > packed.size()) return std::nullopt;  // more than zstd can make of so few bytes
  Bytes plain(size);
  const std::size_t written = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(written) || written != plain.size()) return std::nullopt;
  return plain;
}

}  // namespace stet::storage
