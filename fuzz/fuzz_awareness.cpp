// Awareness messages, and who is present after them.
#include "stet/awareness.hpp"

#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = decode_awareness(ByteView(data, size));
  if (!entries) return 0;
  const auto again = decode_awareness(encode_awareness(*entries));
  fuzz::require(again.ok() && *again == *entries, "encoded and read again it is another");
  Awareness awareness;
  std::int64_t now_ms = 0;
  for (const AwarenessEntry& entry : *entries) {
    awareness.apply(entry, ++now_ms);
    fuzz::require(!awareness.apply(entry, now_ms), "an entry was news twice");
    fuzz::require(awareness.present_count() == awareness.present().size(), "counted otherwise than listed");
  }
  awareness.expire(now_ms + Awareness::timeout_ms);
  fuzz::require(awareness.present_count() == 0, "somebody is present after the timeout");
  return 0;
}
