// JSON texts, and the Any values that they become.
#include "core/src/any.hpp"
#include "stet/any.hpp"
#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  if (!valid_utf8(text) || !valid_json(text, core::max_nesting)) return 0;
  const Bytes value = core::json_to_any(text);
  Reader in(value);
  core::read_any(in);
  fuzz::require(in.ok() && in.at_end(), "became a bad value");
  const std::string json = core::any_to_json(value);
  fuzz::require(valid_json(json, core::max_nesting) && valid_utf8(json), "came back as bad JSON:", json);
  fuzz::require(core::any_to_json(core::json_to_any(json)) == json, "not the same the second time:", json);
  return 0;
}
