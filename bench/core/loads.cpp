// Whole documents: from an update and back.
#include "harness.hpp"
#include "input.hpp"
#include "operations.hpp"
#include "stet/checkpoint.hpp"

namespace stet::bench {

namespace {

Encoding encoding_named(const std::string& name) {
  if (name != "v1" && name != "v2") die("no encoding '" + name + "': v1 or v2");
  return name == "v1" ? Encoding::v1 : Encoding::v2;
}

void apply(Doc& doc, ByteView update, Encoding encoding) {
  const Result<Applied> applied = doc.apply_update(update, encoding);
  if (!applied) die("not an update: " + applied.error().message());
}

}  // namespace

int load(const Arguments& arguments) {
  const Bytes update = read_file(arguments.at(0));
  const Encoding encoding = encoding_named(arguments.at(1));
  return measure(
      [&](Laps& laps) {
        Outcome made;
        Doc& doc = made.doc.emplace();
        apply(doc, update, encoding);
        laps.lap("apply");
        made.text = doc.text("text").to_string();
        laps.lap("text");
        return made;
      },
      [](const Outcome& made) { return !made.doc->has_pending(); });
}

int snapshot(const Arguments& arguments) {
  Doc doc;
  apply(doc, read_file(arguments.at(0)), Encoding::v2);
  const Bytes bytes = write_checkpoint(doc);
  const std::string text = doc.text("text").to_string();
  return measure(
      [&](Laps& laps) {
        Outcome made;
        const Result<Checkpoint> checkpoint = Checkpoint::open(bytes);
        if (!checkpoint) die("not a checkpoint: " + checkpoint.error().message());
        laps.lap("open");
        made.text = std::string(*checkpoint->text("text"));
        laps.lap("text");
        return made;
      },
      [&](const Outcome& made) {
        const Result<Doc> loaded = Checkpoint::open(bytes)->load();
        return *made.text == text && loaded && loaded->encode_state() == doc.encode_state();
      });
}

int encode(const Arguments& arguments) {
  const Encoding encoding = encoding_named(arguments.at(1));
  Doc doc;
  apply(doc, read_file(arguments.at(0)), encoding);
  const std::string text = doc.text("text").to_string();
  return measure(
      [&](Laps&) {
        Outcome made;
        made.out = doc.encode_state(encoding);
        return made;
      },
      [&](const Outcome& made) {
        Doc copy;
        apply(copy, *made.out, encoding);
        return copy.text("text").to_string() == text;
      });
}

int docdiff(const Arguments& arguments) {
  Doc doc;
  apply(doc, read_file(arguments.at(0)), Encoding::v1);
  const Bytes state_vector = read_file(arguments.at(1));
  return measure([&](Laps&) {
    Result<Bytes> lacking = doc.encode_diff(state_vector);
    if (!lacking) die("not a state vector: " + lacking.error().message());
    Outcome made;
    made.out = std::move(*lacking);
    return made;
  });
}

}  // namespace stet::bench
