// Relative positions, and where they are in a document. The first byte says whether as bytes or as JSON.
#include "stet/relative_position.hpp"

#include "support.hpp"

using namespace stet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  const bool json = (data[0] & 1) != 0;
  const Result<RelativePosition> position =
      json ? relative_position_from_json(as_text(input)) : decode_relative_position(input);
  if (!position) return 0;
  // Bytes leave out the type where the item is told, JSON does not; nothing else gets lost.
  const Result<RelativePosition> from_json = relative_position_from_json(relative_position_to_json(*position));
  fuzz::require(from_json.ok() && *from_json == *position, "as JSON it is another");
  const Result<RelativePosition> from_bytes = decode_relative_position(encode_relative_position(*position));
  fuzz::require(from_bytes.ok() && from_bytes->item == position->item, "as bytes it is another");
  Doc doc;
  fuzz::require(doc.apply_update(fuzz::sample_update()).ok(), "the sample was refused");
  for (const bool follow_undone : {false, true}) {
    const auto place = absolute_position(doc, *position, follow_undone);
    fuzz::require(doc.check().empty(), "check:", doc.check());
    if (!place) continue;
    // The value of a key is no element of a list; what it gives is Yjs' number all the same.
    if (place->index > Array(place->type).length()) continue;
    const auto again = absolute_position(doc, relative_position(place->type, place->index, place->association));
    fuzz::require(again && *again == *place, "made anew it is elsewhere");
  }
  return 0;
}
