// stet inspect FILE: what a Yjs update holds.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/commands.hpp"
#include "stet/types.hpp"
#include "stet/update.hpp"

namespace stet::apps {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file;
  bool v1 = false;
  bool v2 = false;
  bool json = false;
};

std::optional<Bytes> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  Bytes bytes{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return std::nullopt;
  return bytes;
}

Json describe(const UpdateInfo& info, Doc& doc, Encoding encoding, std::size_t bytes) {
  Json clients = Json::array();
  for (const UpdateInfo::Client& client : info.clients) {
    clients.push_back({{"id", client.id},
                       {"structs", client.structs},
                       {"first_clock", client.first_clock},
                       {"end_clock", client.end_clock}});
  }
  return {{"encoding", encoding == Encoding::v1 ? "v1" : "v2"},
          {"bytes", bytes},
          {"structs", info.structs},
          {"gc", info.gc},
          {"skip", info.skip},
          {"clients", clients},
          {"delete_ranges", info.delete_ranges},
          {"deleted", info.deleted},
          {"roots", info.roots},
          {"text_length", doc.text("text").length()},
          {"pending", doc.has_pending()}};
}

void print(const Json& facts) {
  const auto line = [](const char* name, const auto& value) { std::cout << name << value << '\n'; };
  line("encoding       ", facts["encoding"].get<std::string>());
  line("bytes          ", facts["bytes"]);
  line("structs        ", facts["structs"]);
  line("  GC           ", facts["gc"]);
  line("  Skip         ", facts["skip"]);
  line("delete ranges  ", facts["delete_ranges"]);
  line("deleted units  ", facts["deleted"]);
  line("text length    ", facts["text_length"]);
  line("pending parts  ", facts["pending"].get<bool>() ? "yes" : "no");
  std::cout << "roots         ";
  for (const Json& root : facts["roots"]) std::cout << ' ' << root;
  std::cout << "\nclients        " << facts["clients"].size() << '\n';
  for (const Json& client : facts["clients"]) {
    std::cout << "  " << client["id"] << "  clocks " << client["first_clock"] << " to " << client["end_clock"] << ", "
              << client["structs"] << " structs\n";
  }
}

// The encoding is not told by the bytes. A v2 update begins with a zero, and so does a v1 update without structs.
Result<UpdateInfo> inspect(const Options& options, const Bytes& bytes, Encoding& encoding) {
  encoding = options.v2 ? Encoding::v2 : Encoding::v1;
  Result<UpdateInfo> info = inspect_update(bytes, encoding);
  if (info.ok() || options.v1 || options.v2) return info;
  const Result<UpdateInfo> other = inspect_update(bytes, Encoding::v2);
  if (!other.ok()) return info;
  encoding = Encoding::v2;
  return other;
}

int run(const Options& options) {
  const std::optional<Bytes> bytes = read_file(options.file);
  if (!bytes) {
    std::cerr << "stet: cannot read " << options.file << '\n';
    return 1;
  }
  Encoding encoding = Encoding::v1;
  const Result<UpdateInfo> info = inspect(options, *bytes, encoding);
  if (!info) {
    std::cerr << "stet: " << options.file << " is not a Yjs update: " << info.error().message() << '\n';
    return 1;
  }
  Doc doc;
  const Result<Applied> applied = doc.apply_update(*bytes, encoding);
  if (!applied) {
    std::cerr << "stet: " << options.file << " cannot be applied: " << applied.error().message() << '\n';
    return 1;
  }
  const Json facts = describe(*info, doc, encoding, bytes->size());
  if (options.json) {
    std::cout << facts.dump() << '\n';
  } else {
    print(facts);
  }
  return 0;
}

}  // namespace

void add_inspect(CLI::App& program, Run& run_command) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("inspect", "Tell what a file with a Yjs update holds");
  command->add_option("FILE", options->file, "the update")->required();
  CLI::Option* v1 = command->add_flag("--v1", options->v1, "the file is in encoding v1 (found out by default)");
  command->add_flag("--v2", options->v2, "the file is in encoding v2")->excludes(v1);
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, &run_command] { run_command = [options] { return run(*options); }; });
}

}  // namespace stet::apps
