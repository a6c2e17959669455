// Updates converted from one encoding to the other and back. The first byte says from which.
#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding from = data[0] & 1 ? Encoding::v2 : Encoding::v1;
  const Encoding to = from == Encoding::v1 ? Encoding::v2 : Encoding::v1;
  const ByteView update(data + 1, size - 1);
  const Result<UpdateInfo> before = inspect_update(update, from);
  const Result<Bytes> there = core::convert_update(update, from, to);
  fuzz::require(there.ok() == before.ok(), "converted though it is bad, or not though it is good");
  if (!there) return 0;
  const Result<UpdateInfo> after = inspect_update(*there, to);
  fuzz::require(after.ok(), "converted into a bad update:", after.ok() ? "" : after.error().message());
  fuzz::require(after->gc == before->gc && after->deleted <= before->deleted && after->roots == before->roots,
                "it holds something else");
  // The first time JSON may take another form, and skips in front go; then nothing changes any more.
  const Result<Bytes> back = core::convert_update(*there, to, from);
  fuzz::require(back.ok(), "it does not convert back");
  const Result<Bytes> again = core::convert_update(*back, from, to);
  fuzz::require(again.ok() && *core::convert_update(*again, to, from) == *back, "there and back it is another");
  return 0;
}
