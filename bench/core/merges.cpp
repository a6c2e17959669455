// Encoded updates, without a document.
#include <algorithm>

#include "harness.hpp"
#include "input.hpp"
#include "operations.hpp"
#include "stet/update.hpp"

namespace stet::bench {

namespace {

Outcome bytes_made(Result<Bytes> bytes) {
  if (!bytes) die("not an update: " + bytes.error().message());
  Outcome made;
  made.out = std::move(*bytes);
  return made;
}

std::string text_of(std::span<const ByteView> updates) {
  Doc doc;
  for (const ByteView update : updates) {
    if (!doc.apply_update(update)) die("not an update");
  }
  return doc.text("text").to_string();
}

}  // namespace

int mergeupdates(const Arguments& arguments) {
  const Log log = read_log(arguments.at(0));
  const std::size_t count = std::min<std::size_t>(std::stoul(arguments.at(1)), log.updates.size());
  const std::span<const ByteView> updates(log.updates.data(), count);
  return measure([&](Laps&) { return bytes_made(merge_updates(updates)); },
                 [&](const Outcome& made) {
                   const ByteView merged = *made.out;
                   return text_of({&merged, 1}) == text_of(updates);
                 });
}

int diff(const Arguments& arguments) {
  const Bytes update = read_file(arguments.at(0));
  const Bytes state_vector = read_file(arguments.at(1));
  return measure([&](Laps&) { return bytes_made(diff_update(update, state_vector)); });
}

int svfrom(const Arguments& arguments) {
  const Bytes update = read_file(arguments.at(0));
  return measure([&](Laps&) { return bytes_made(state_vector_from_update(update)); });
}

}  // namespace stet::bench
