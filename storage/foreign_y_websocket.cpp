// The LevelDB folder of y-leveldb. Its keys are sequences of strings (byte 0, then length and text) and of numbers
// (byte 1, then 32 bits, the highest first): ("v1", DOC, "update", n) holds the n-th update of a document; beside it
// ("v1", DOC, "meta", KEY) and ("v1_sv", DOC).
#include <leveldb/db.h>

#include <memory>
#include <string_view>
#include <utility>

#include "stet/lib0.hpp"
#include "storage/foreign_readers.hpp"

namespace stet::storage {

namespace {

constexpr std::string_view first_key("\0\2v1", 4);

struct Key {
  std::string_view doc;
  bool update = false;
};

// Of a key that begins with first_key.
std::optional<Key> read_key(std::string_view bytes) {
  Reader in(as_bytes(bytes.substr(first_key.size())));
  Key key;
  if (in.byte() != 0) return std::nullopt;
  key.doc = in.var_string();
  if (in.byte() != 0) return std::nullopt;
  key.update = in.var_string() == "update";
  if (key.update && (in.byte() != 1 || in.bytes(4).size() != 4 || !in.at_end())) return std::nullopt;
  if (!in.ok()) return std::nullopt;
  return key;
}

std::string_view view(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

ReadError read_y_websocket(const std::filesystem::path& path, const EachDoc& each) {
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::DB* opened = nullptr;
  if (const leveldb::Status status = leveldb::DB::Open(options, path.string(), &opened); !status.ok()) {
    return "not readable as a LevelDB folder, or in use by a server that runs: " + status.ToString();
  }
  const std::unique_ptr<leveldb::DB> database(opened);
  leveldb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  const std::unique_ptr<leveldb::Iterator> at(database->NewIterator(read));
  ForeignDoc doc;  // the one whose updates are being collected: the keys go by document, and its updates by number
  const auto finish = [&] {
    if (!doc.updates.empty()) each(std::exchange(doc, {}));
  };
  for (at->Seek(leveldb::Slice(first_key.data(), first_key.size()));
       at->Valid() && view(at->key()).starts_with(first_key); at->Next()) {
    const std::optional<Key> key = read_key(view(at->key()));
    if (!key) return "holds a key that y-leveldb does not write";
    if (!key->update) continue;
    if (key->doc != doc.name) {
      finish();
      doc.name = key->doc;
    }
    const ByteView update = as_bytes(view(at->value()));
    doc.updates.emplace_back(update.begin(), update.end());
  }
  if (!at->status().ok()) return at->status().ToString();
  finish();
  return std::nullopt;
}

}  // namespace stet::storage
