// How cost grows with the document: the same edits again and again behind what is there, and one text of many
// megabytes.
#include <cstdlib>
#include <functional>
#include <map>

#include "harness.hpp"
#include "input.hpp"
#include "operations.hpp"
#include "stet/checkpoint.hpp"
#include "stet/lib0.hpp"
#include "stet/update.hpp"

namespace stet::bench {

namespace {

std::uint64_t number(const std::string& word) { return std::strtoull(word.c_str(), nullptr, 10); }

void type(Doc& doc, const Trace& trace) {
  Text text = doc.text("text");
  const std::uint64_t start = text.length();
  for (const auto& patches : trace.transactions) {
    doc.transact([&] {
      for (const Patch& patch : patches) {
        if (patch.deleted) text.erase(start + patch.position, patch.deleted);
        if (!patch.inserted.empty()) text.insert(start + patch.position, patch.inserted);
      }
    });
  }
}

// A document that holds the trace so many times.
Doc typed(const Trace& trace, std::uint64_t times) {
  Doc doc(DocOptions{.client_id = editor_id});
  for (std::uint64_t i = 0; i < times; ++i) type(doc, trace);
  return doc;
}

Outcome made_of(Doc doc) {
  Outcome made;
  made.doc = std::move(doc);
  return made;
}

Doc loaded(ByteView state, Encoding encoding = Encoding::v1) {
  Doc doc(DocOptions{.client_id = editor_id + 1});
  if (!doc.apply_update(state, encoding)) die("not an update");
  return doc;
}

int grow_local(const Trace& trace, std::uint64_t times) {
  return measure([&](Laps&) { return made_of(typed(trace, times)); });
}

int grow_load(const Trace& trace, std::uint64_t times) {
  const Bytes state = typed(trace, times).encode_state(Encoding::v2);
  return measure([&](Laps&) { return made_of(loaded(state, Encoding::v2)); });
}

// The updates of the last time, one by one; what was there before is loaded inside the clock, as a lap of its own.
int grow_remote(const Trace& trace, std::uint64_t times) {
  Doc doc = typed(trace, times - 1);
  const Bytes before = doc.encode_state();
  std::vector<Bytes> updates;
  const Subscription recorded = doc.on_update(
      [&](ByteView update, const TransactionInfo&) { updates.emplace_back(update.begin(), update.end()); });
  type(doc, trace);
  return measure([&](Laps& laps) {
    Doc copy = loaded(before);
    laps.lap("load");
    for (const Bytes& update : updates) {
      if (!copy.apply_update(update)) die("not an update");
    }
    laps.lap("apply");
    return made_of(std::move(copy));
  });
}

// One update for each time, without a document.
int grow_merge(const Trace& trace, std::uint64_t times) {
  Doc doc(DocOptions{.client_id = editor_id});
  std::vector<Bytes> updates;
  const Subscription recorded = doc.on_update(
      [&](ByteView update, const TransactionInfo&) { updates.emplace_back(update.begin(), update.end()); });
  for (std::uint64_t i = 0; i < times; ++i) doc.transact([&] { type(doc, trace); });
  const std::vector<ByteView> views(updates.begin(), updates.end());
  return measure([&](Laps&) {
    Outcome made;
    made.out = std::move(*merge_updates(views));
    return made;
  });
}

}  // namespace

int growth(const Arguments& arguments) {
  static const std::map<std::string, int (*)(const Trace&, std::uint64_t)> parts = {
      {"local", grow_local}, {"remote", grow_remote}, {"load", grow_load}, {"merge", grow_merge}};
  const auto part = parts.find(arguments.at(0));
  if (part == parts.end()) die("growth of what? local, remote, load, merge");
  return part->second(read_trace(arguments.at(1)), number(arguments.at(2)));
}

// One text of so many megabytes, all of one letter: each part is what a user would wait for.
int huge(const Arguments& arguments) {
  Doc doc(DocOptions{.client_id = editor_id});
  Text text = doc.text("text");
  const std::string& letter = arguments.at(2);
  const std::uint64_t letters = number(arguments.at(1)) * 1'000'000 / letter.size();
  const std::uint64_t middle = letters / 2 * utf16_length(letter);
  std::string letters_in_row;
  letters_in_row.reserve(letters * letter.size());
  for (std::uint64_t i = 0; i < letters; ++i) letters_in_row += letter;
  text.insert(0, letters_in_row);
  const std::string& part = arguments.at(0);
  if (part == "open") {
    const Bytes bytes = write_checkpoint(doc);
    return measure([&](Laps&) {
      const Result<Checkpoint> checkpoint = Checkpoint::open(bytes);
      if (!checkpoint || checkpoint->text("text")->size() != letters_in_row.size()) die("not the checkpoint");
      return Outcome{};
    });
  }
  if (part == "load") {
    const Bytes state = doc.encode_state(Encoding::v2);
    return measure([&](Laps&) { return made_of(loaded(state, Encoding::v2)); });
  }
  if (part == "edit") {
    // Its updates are what is saved; all of them together take less than what would be a stall.
    std::vector<Bytes> updates;
    const Subscription saved = doc.on_update(
        [&](ByteView update, const TransactionInfo&) { updates.emplace_back(update.begin(), update.end()); });
    return measure([&](Laps&) {
      for (std::uint64_t i = 0; i < 1'000; ++i) text.insert(middle + (1 + utf16_length(letter)) * i, "y");
      return Outcome{};
    });
  }
  if (part != "encode") die("what of a huge text? open, load, edit, encode");
  return measure([&](Laps&) {
    Outcome made;
    made.out = doc.encode_state(Encoding::v2);
    return made;
  });
}

}  // namespace stet::bench
