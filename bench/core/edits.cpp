// Editing: by the one who types, and by those who receive the updates one by one.
#include <cstdlib>

#include "harness.hpp"
#include "input.hpp"
#include "operations.hpp"

namespace stet::bench {

namespace {

Outcome replay(const Trace& trace, Laps& laps, bool keep_updates) {
  Outcome made;
  Doc& doc = made.doc.emplace(DocOptions{.client_id = editor_id});
  Text text = doc.text("text");
  Subscription updates;
  if (keep_updates) {
    made.updates.reserve(trace.transactions.size());
    updates = doc.on_update(
        [&](ByteView update, const TransactionInfo&) { made.updates.emplace_back(update.begin(), update.end()); });
  }
  for (const auto& patches : trace.transactions) {
    doc.transact([&] {
      for (const Patch& patch : patches) {
        if (patch.deleted) text.erase(patch.position, patch.deleted);
        if (!patch.inserted.empty()) text.insert(patch.position, patch.inserted);
      }
    });
  }
  laps.lap("edit");
  made.text = text.to_string();
  laps.lap("text");
  return made;
}

}  // namespace

int local(const Arguments& arguments) {
  const Trace trace = read_trace(arguments.at(0));
  return measure([&](Laps& laps) { return replay(trace, laps, false); },
                 [&](const Outcome& made) { return *made.text == trace.end_text; });
}

// With BENCH_SAVE=PREFIX it also writes what other operations start from: PREFIX.log, PREFIX.v1 and PREFIX.v2.
int record(const Arguments& arguments) {
  const Trace trace = read_trace(arguments.at(0));
  return measure([&](Laps& laps) { return replay(trace, laps, true); },
                 [&](const Outcome& made) {
                   if (const char* prefix = std::getenv("BENCH_SAVE")) {
                     const std::string path = prefix;
                     write_log(path + ".log", made.updates);
                     write_file(path + ".v1", made.doc->encode_state(Encoding::v1));
                     write_file(path + ".v2", made.doc->encode_state(Encoding::v2));
                   }
                   return *made.text == trace.end_text;
                 });
}

int remote(const Arguments& arguments) {
  const Trace trace = read_trace(arguments.at(0));
  const Log log = read_log(arguments.at(1));
  return measure(
      [&](Laps& laps) {
        Outcome made;
        Doc& doc = made.doc.emplace();
        for (const ByteView update : log.updates) {
          if (!doc.apply_update(update)) die("the log holds an update that cannot be applied");
        }
        laps.lap("apply");
        made.text = doc.text("text").to_string();
        laps.lap("text");
        return made;
      },
      [&](const Outcome& made) { return *made.text == trace.end_text && !made.doc->has_pending(); });
}

}  // namespace stet::bench
