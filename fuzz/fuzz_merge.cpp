// Several updates merged without a document. The first byte says in which encoding.
#include <algorithm>

#include "support.hpp"

using namespace stet;

namespace {

// Writers put clients in descending order; merging relies on it.
bool in_order(const UpdateInfo& info) {
  return std::is_sorted(info.clients.begin(), info.clients.end(),
                        [](const auto& a, const auto& b) { return a.id > b.id; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encoding = data[0] & 1 ? Encoding::v2 : Encoding::v1;
  const std::vector<ByteView> updates = fuzz::parts(Reader({data + 1, size - 1}), 4);
  bool all_ok = true;
  bool all_in_order = true;
  for (const ByteView update : updates) {
    const Result<UpdateInfo> info = inspect_update(update, encoding);
    all_ok &= info.ok();
    all_in_order &= info.ok() && in_order(*info);
  }
  const Result<Bytes> merged = core::merge_updates(updates, encoding);
  fuzz::require(merged.ok() == all_ok, "merged though one is bad, or not though all are good");
  if (!all_in_order) return 0;
  const Result<UpdateInfo> info = inspect_update(*merged, encoding);
  fuzz::require(info.ok() && in_order(*info), "merged into a bad update:", info.ok() ? "" : info.error().message());
  const ByteView twice[] = {*merged, *merged};
  const Result<Bytes> again = core::merge_updates(twice, encoding);
  fuzz::require(again.ok() && *again == *merged, "merged with itself it is another");
  Doc doc;
  fuzz::require(fuzz::apply(doc, *merged, encoding), "the merged update was refused");
  return 0;
}
