#include "storage/log_row.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "storage/schema.hpp"

namespace stet::storage {
namespace {

constexpr std::int64_t broken_checksum = -1;  // no CRC-32 is negative

template <class Number>
void write(Writer& out, Number number) {
  static_assert(std::endian::native == std::endian::little, "numbers are written from their lowest byte on");
  out.raw({reinterpret_cast<const std::uint8_t*>(&number), sizeof number});
}

template <class Number>
Number read(Reader& in) {
  Number number{};
  const ByteView bytes = in.bytes(sizeof number);
  if (in.ok()) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

bool is_whole(const LogRow& row) {
  return row.checksum == update_checksum(row.doc, row.seq, row.time_ms, row.author, row.session, *row.update, row.tags);
}

LogEntry entry_of(LogRow row) {
  return {row.seq, row.time_ms, std::move(row.author), row.session, *row.update, std::move(row.tags)};
}

LogRow row_of(std::int64_t doc, const LogEntry& entry) {
  const std::int64_t checksum =
      update_checksum(doc, entry.seq, entry.time_ms, entry.author, entry.session, entry.update, entry.tags);
  return {doc,
          entry.seq,
          entry.time_ms,
          entry.author,
          entry.session,
          checksum,
          std::make_shared<const Bytes>(entry.update),
          entry.tags};
}

void write_u64(Writer& out, std::uint64_t number) { write(out, number); }
std::uint64_t read_u64(Reader& in) { return read<std::uint64_t>(in); }

void write_rest(Writer& out, const LogRow& row) {
  write(out, row.session);
  write(out, static_cast<std::uint32_t>(row.checksum));
  out.var_string(row.author);
  out.var_string(row.tags);
  out.raw(*row.update);
}

LogRow read_rest(std::int64_t doc, std::uint64_t seq, std::int64_t time_ms, ByteView bytes) {
  LogRow row;
  row.doc = doc;
  row.seq = seq;
  row.time_ms = time_ms;
  Reader in(bytes);
  row.session = read<std::uint64_t>(in);
  row.checksum = read<std::uint32_t>(in);
  row.author = in.var_string();
  row.tags = in.var_string();
  const ByteView update = in.bytes(in.remaining());
  if (!in.ok()) row.checksum = broken_checksum;
  row.update = std::make_shared<const Bytes>(update.begin(), update.end());
  return row;
}

}  // namespace stet::storage
