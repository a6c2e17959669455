// Any values, and the JSON that they become.
#include "core/src/any.hpp"
#include "stet/any.hpp"
#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(ByteView(data, size));
  const ByteView value = core::read_any(in);
  if (!in.ok()) return 0;
  fuzz::require(value.size() == in.offset() && core::any_size(value, 1) == value.size(), "read to another end");
  const std::string json = core::any_to_json(value);
  fuzz::require(valid_json(json, core::max_nesting), "became bad JSON:", json);
  const Bytes again = core::json_to_any(json);
  Reader whole(again);
  core::read_any(whole);
  fuzz::require(whole.ok() && whole.at_end(), "JSON became a bad value:", json);
  // JSON knows only one kind of number, so a bigint is another one the first time; then nothing changes any more.
  const std::string once = core::any_to_json(again);
  fuzz::require(core::any_to_json(core::json_to_any(once)) == once, "not the same the second time:", once);
  return 0;
}
