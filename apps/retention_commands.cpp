// stet prune, delete and undelete: what of a data folder is to be forgotten. No server may run on it meanwhile.
#include <CLI/CLI.hpp>
#include <future>
#include <iostream>
#include <utility>
#include <variant>

#include "apps/commands.hpp"
#include "apps/document_command.hpp"
#include "apps/history.hpp"
#include "net/clock.hpp"
#include "net/rooms/moment.hpp"
#include "storage/sqlite_store.hpp"

namespace stet::apps {
namespace {

using storage::DocInfo;
using storage::PrunePoint;
using storage::Store;
using storage::StoreError;
using storage::StoreResult;

struct Options {
  std::string doc;
  std::string data = "./stet-data";
  std::string before;
};

// The answer to a call with a completion; nothing, and a line on stderr, where it is an error.
template <class T, class Call>
std::optional<T> answer_to(Call call) {
  std::promise<StoreResult<T>> promise;
  call([&promise](StoreResult<T> result) { promise.set_value(std::move(result)); });
  StoreResult<T> result = promise.get_future().get();
  if (const auto* error = std::get_if<StoreError>(&result)) {
    complain(error->what);
    return std::nullopt;
  }
  return std::get<T>(std::move(result));
}

// The store of an existing data folder; nothing, and a line on stderr, where it cannot be opened.
std::unique_ptr<Store> open_store(const Options& options) {
  if (!open_data(options.data)) return nullptr;  // an import makes a folder, these do not
  auto opened = storage::SqliteStore::open(options.data);
  if (const auto* error = std::get_if<StoreError>(&opened)) {
    complain(error->what);
    return nullptr;
  }
  return std::get<std::unique_ptr<Store>>(std::move(opened));
}

int prune(const Options& options) {
  const auto moment = parse_moment(options.before);
  if (!moment) return complain("--before is neither a sequence nor a time: " + options.before);
  const auto store = open_store(options);
  if (!store) return 1;
  const auto loaded =
      answer_to<storage::LoadedDoc>([&](auto done) { store->load_at(options.doc, *moment, std::move(done)); });
  if (!loaded) return 1;
  if (!loaded->exists) return complain("there is no document '" + options.doc + "'");
  if (loaded->seq() == 0) return complain("there is no history before that");
  const auto made = net::base_of(*loaded);
  if (const auto* fault = std::get_if<std::string>(&made)) {
    return complain("document '" + options.doc + "': " + *fault);
  }
  const auto& base = std::get<net::Base>(made);
  const auto pruned = answer_to<PrunePoint>(
      [&](auto done) { store->prune(options.doc, loaded->seq(), base.state, base.state_vector, std::move(done)); });
  if (!pruned) return 1;
  std::cout << options.doc << ": history begins at " << pruned->seq << '\n';
  return 0;
}

int remove(const Options& options) {
  const auto store = open_store(options);
  if (!store) return 1;
  const auto deleted =
      answer_to<DocInfo>([&](auto done) { store->remove(options.doc, net::unix_ms(), std::move(done)); });
  if (!deleted) return 1;
  std::cout << options.doc << ": deleted; `stet undelete` brings it back as long as it is kept\n";
  return 0;
}

int undelete(const Options& options) {
  const auto store = open_store(options);
  if (!store) return 1;
  if (!answer_to<DocInfo>([&](auto done) { store->undelete(options.doc, std::move(done)); })) return 1;
  std::cout << options.doc << ": is back\n";
  return 0;
}

}  // namespace

void add_retention(CLI::App& program, Run& run) {
  const auto add = [&](const char* name, const char* about, int (*work)(const Options&)) {
    return add_document_command(program, run, name, about, "Folder of the documents; no server may run on it", work);
  };
  const auto [command, options] = add("prune", "Forget the history of a document before a moment", prune);
  command->add_option("--before", options->before, "A sequence, or a time as 2024-05-01T12:00:00Z")->required();
  add("delete", "Delete a document; it can be brought back for a while", remove);
  add("undelete", "Bring a deleted document back", undelete);
}

}  // namespace stet::apps
