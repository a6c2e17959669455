// Messages of stet.v1, from clients and from servers; and what a client's splices do to a text.
#include "net/protocols/thin_protocol.hpp"
#include "stet/lib0.hpp"
#include "support.hpp"

using namespace stet;
using namespace stet::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView frame(data, size);
  static const Limits limits;
  if (const auto request = thin::decode_request(frame, limits)) {
    const auto again = thin::decode_request(thin::encode(*request), limits);
    fuzz::require(again.ok() && again->what.index() == request->what.index(), "encoded and read again it is another");
    if (const auto* edit = std::get_if<TextEdit>(&request->what)) {
      const std::string text = "a\xf0\x9f\x98\x80 text";
      if (is_text_delta(edit->delta, utf16_length(text))) {
        const TextDelta other{{1, 2, "x"}, {5, 1, ""}};
        const TextDelta carried = transform(edit->delta, other);
        const std::string after = spliced(text, other);
        fuzz::require(is_text_delta(carried, utf16_length(after)), "what is carried over does not fit");
        fuzz::require(spliced(text, compose(other, carried)) == spliced(after, carried), "composed it is another");
      }
    }
  }
  if (const auto message = thin::decode_event(frame)) {
    const auto again = thin::decode_event(*thin::encode(message->first, message->second));
    fuzz::require(again.ok() && again->second.index() == message->second.index(), "encoded and read again: another");
  }
  return 0;
}
