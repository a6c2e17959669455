#include "storage/edit_log.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <istream>
#include <msgpack.hpp>
#include <ostream>
#include <stdexcept>
#include <vector>

namespace stet::storage {
namespace {

constexpr std::string_view magic = "stet-edit-log";
constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::size_t frame_bytes = 32;  // what a record has around its payload, at most

// msgpack-c reserves an array by the count that it reads. Nothing here has so many elements, or is a map.
const msgpack::unpack_limit limits(1 << 16, 0, edit_log_record_bytes, edit_log_record_bytes, 0, 4);

class Fault : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Packer = msgpack::packer<msgpack::sbuffer>;

void pack_bytes(Packer& packer, ByteView bytes) {
  packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  packer.pack_bin_body(reinterpret_cast<const char*>(bytes.data()), static_cast<std::uint32_t>(bytes.size()));
}

ByteView view(const msgpack::sbuffer& buffer) { return as_bytes({buffer.data(), buffer.size()}); }

std::uint32_t crc(ByteView bytes) { return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size())); }

// Fields of a value that came from a file: each of the kind that is expected, or a Fault.
const msgpack::object_array& array_of(const msgpack::object& object, std::size_t least, const char* what) {
  if (object.type != msgpack::type::ARRAY || object.via.array.size < least) {
    throw Fault(std::string(what) + " is not an array of " + std::to_string(least));
  }
  return object.via.array;
}
std::uint64_t natural(const msgpack::object& object, const char* what) {
  if (object.type != msgpack::type::POSITIVE_INTEGER) throw Fault(std::string(what) + " is not a natural number");
  return object.via.u64;
}
std::int64_t integer(const msgpack::object& object, const char* what) {
  if (object.type == msgpack::type::NEGATIVE_INTEGER) return object.via.i64;
  return static_cast<std::int64_t>(natural(object, what));
}
std::string_view text(const msgpack::object& object, const char* what) {
  if (object.type != msgpack::type::STR) throw Fault(std::string(what) + " is not a string");
  return {object.via.str.ptr, object.via.str.size};
}
ByteView binary(const msgpack::object& object, const char* what) {
  if (object.type != msgpack::type::BIN) throw Fault(std::string(what) + " is not binary");
  return as_bytes({object.via.bin.ptr, object.via.bin.size});
}

LogEntry entry_of(const msgpack::object& payload) {
  const msgpack::object_array& fields = array_of(payload, 6, "its payload");
  LogEntry entry;
  entry.seq = natural(fields.ptr[0], "its sequence");
  entry.time_ms = integer(fields.ptr[1], "its time");
  entry.author = text(fields.ptr[2], "its author");
  entry.session = natural(fields.ptr[3], "its session");
  const ByteView update = binary(fields.ptr[4], "its update");
  entry.update.assign(update.begin(), update.end());
  const msgpack::object_array& tags = array_of(fields.ptr[5], 0, "its list of tags");
  for (std::uint32_t i = 0; i < tags.size; ++i) {
    const std::string_view tag = text(tags.ptr[i], "a tag");
    if (tag.empty() || tag.find('\n') != std::string_view::npos) throw Fault("a tag is empty or has a line break");
    entry.tags.append(i == 0 ? "" : "\n").append(tag);
  }
  return entry;
}

}  // namespace

bool begins_as_edit_log(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.size() > magic.size() + 2 && text.substr(2, magic.size()) == magic;
}

EditLogWriter::EditLogWriter(std::ostream& out, const std::string& doc) : out_(out) {
  msgpack::sbuffer buffer;
  Packer(buffer).pack_array(3).pack(magic).pack(edit_log_version).pack(doc);
  out_.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
}

void EditLogWriter::add(const LogEntry& entry) {
  std::vector<std::string_view> tags;
  for (std::string_view rest = entry.tags; !rest.empty();) {
    tags.push_back(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), tags.back().size() + 1));
  }
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  packer.pack_array(6).pack(entry.seq).pack(entry.time_ms).pack(entry.author).pack(entry.session);
  pack_bytes(packer, entry.update);
  packer.pack(tags);
  write(view(buffer));
  ++records_;
}

void EditLogWriter::finish() {
  msgpack::sbuffer buffer;
  Packer(buffer).pack_array(1).pack(records_);
  write(view(buffer));
}

void EditLogWriter::write(ByteView payload) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  packer.pack_array(2).pack(crc(payload));
  pack_bytes(packer, payload);
  out_.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
}

// One value at a time; what a length promises is not reserved before its bytes are there.
struct EditLogReader::Unpacker {
  msgpack::unpacker unpacker{nullptr, nullptr, read_bytes, limits};
  msgpack::object_handle value;
  std::uint64_t fed = 0;
};

EditLogReader::EditLogReader(std::istream& in, std::int64_t latest_ms)
    : in_(in), latest_ms_(latest_ms), unpacker_(std::make_unique<Unpacker>()) {}

EditLogReader::~EditLogReader() = default;

// The bytes that a record carries, verified; nothing at the end of the file. For the header the value is left in the
// unpacker: it has no checksum.
std::optional<Bytes> EditLogReader::payload() {
  msgpack::unpacker& unpacker = unpacker_->unpacker;
  offset_ = unpacker_->fed - unpacker.nonparsed_size();
  while (!unpacker.next(unpacker_->value)) {
    if (unpacker_->fed - offset_ > edit_log_record_bytes + frame_bytes) throw Fault("it is larger than 64 MiB");
    unpacker.reserve_buffer(read_bytes);
    in_.read(unpacker.buffer(), static_cast<std::streamsize>(read_bytes));
    const auto count = static_cast<std::size_t>(in_.gcount());
    if (count == 0) {
      if (in_.bad()) throw Fault("the file cannot be read");
      if (unpacker_->fed == offset_) return std::nullopt;
      throw Fault("the file ends within it");
    }
    unpacker.buffer_consumed(count);
    unpacker_->fed += count;
  }
  const msgpack::object& value = unpacker_->value.get();
  if (offset_ == 0) return Bytes();
  const msgpack::object_array& record = array_of(value, 2, "it");
  const ByteView bytes = binary(record.ptr[1], "its payload");
  if (natural(record.ptr[0], "its checksum") != crc(bytes)) throw Fault("its checksum does not hold");
  return Bytes(bytes.begin(), bytes.end());
}

StoreResult<std::string> EditLogReader::open() {
  try {
    if (!payload()) throw Fault("the file is empty");
    const msgpack::object_array& header = array_of(unpacker_->value.get(), 3, "the header");
    if (text(header.ptr[0], "its first field") != magic) throw Fault("it is no edit log");
    const std::uint64_t version = natural(header.ptr[1], "the version");
    if (version > edit_log_version) {
      throw Fault("version " + std::to_string(version) + " was made by a newer Stet; this one knows version " +
                  std::to_string(edit_log_version));
    }
    return std::string(text(header.ptr[2], "the name of the document"));
  } catch (const std::exception& error) {
    return StoreError{StoreError::Kind::corrupt, std::string("header at byte 0: ") + error.what()};
  }
}

StoreResult<std::optional<LogEntry>> EditLogReader::next() {
  if (ended_) return std::nullopt;
  try {
    const std::optional<Bytes> bytes = payload();
    if (!bytes) throw Fault("the file ends without its end");
    const msgpack::object_handle handle =
        msgpack::unpack(reinterpret_cast<const char*>(bytes->data()), bytes->size(), nullptr, nullptr, limits);
    const msgpack::object_array& fields = array_of(handle.get(), 1, "its payload");
    if (fields.size == 1) {
      if (const std::uint64_t count = natural(fields.ptr[0], "the number of records"); count != records_) {
        throw Fault("the end tells of " + std::to_string(count) + " records");
      }
      offset_ = unpacker_->fed - unpacker_->unpacker.nonparsed_size();
      if (unpacker_->unpacker.nonparsed_size() > 0 || in_.peek() != std::istream::traits_type::eof()) {
        throw Fault("something follows the end");
      }
      ended_ = true;
      return std::nullopt;
    }
    LogEntry entry = entry_of(handle.get());
    check(entry);
    last_seq_ = entry.seq;
    ++records_;
    return entry;
  } catch (const std::exception& error) {
    ended_ = true;
    return StoreError{StoreError::Kind::corrupt, "record " + std::to_string(records_ + 1) + " at byte " +
                                                     std::to_string(offset_) + ": " + error.what()};
  }
}

// What stands in the way of its being the next one.
void EditLogReader::check(const LogEntry& entry) const {
  if (entry.seq == 0) throw Fault("its sequence is 0");
  if (records_ > 0 && entry.seq != last_seq_ + 1) {
    throw Fault(entry.seq > last_seq_ ? "the record with sequence " + std::to_string(last_seq_ + 1) + " is missing"
                                      : "sequence " + std::to_string(entry.seq) + " comes again");
  }
  if (entry.time_ms > latest_ms_) throw Fault("its time lies in the future: " + std::to_string(entry.time_ms));
}

}  // namespace stet::storage
