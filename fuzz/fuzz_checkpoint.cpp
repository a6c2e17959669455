// Checkpoints: the bytes as they come, and as the texts and the state of a frame whose checksums hold. The first byte
// says where the texts end.
#include "stet/checkpoint.hpp"

#include "core/src/xxh64.hpp"
#include "stet/lib0.hpp"
#include "support.hpp"

using namespace stet;

namespace {

void open(ByteView bytes) {
  const Result<Checkpoint> checkpoint = Checkpoint::open(bytes);
  if (!checkpoint) return;
  const Result<Doc> doc = checkpoint->load();
  if (!doc) return;
  fuzz::verify(*doc);
  const Bytes written = write_checkpoint(*doc);
  const Result<Checkpoint> again = Checkpoint::open(written);
  fuzz::require(again.ok() && again->load().ok(), "what was written cannot be read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  open({data, size});
  if (size == 0) return 0;
  const ByteView parts(data + 1, size - 1);
  const std::size_t texts_size = std::min<std::size_t>(data[0], parts.size());
  Writer out;
  out.raw(as_bytes("stetckp\x01"));
  for (const ByteView part : {parts.first(texts_size), parts.subspan(texts_size)}) {
    const std::uint64_t checksum = core::xxh64(part);
    for (unsigned shift = 0; shift < 64; shift += 8) out.byte(static_cast<std::uint8_t>(checksum >> shift));
  }
  out.var_bytes(parts.first(texts_size));
  out.raw(parts.subspan(texts_size));
  open(out.view());
  return 0;
}
