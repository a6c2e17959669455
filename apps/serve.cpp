// `stet serve`: the store and the server, from start to SIGTERM.
#include <sched.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "apps/commands.hpp"
#include "net/clock.hpp"
#include "net/http/origin.hpp"
#include "net/limit_names.hpp"
#include "net/server.hpp"
#include "storage/sqlite_store.hpp"

namespace stet::apps {
namespace {

struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  std::string data = "./stet-data";
  std::vector<std::string> allowed_origins;
  bool no_auth = false;
  net::Limits limits;
};

// After the drain, in which commits have had their time.
constexpr std::int64_t last_commit_ms = 300;
// What was relayed and is lost in a crash is at most so old, and what its commit takes.
constexpr std::int64_t commit_interval_ms = 12;

int fail(const std::string& line) {
  std::fprintf(stderr, "stet: %s\n", line.c_str());
  return 1;
}

// Blocked in every thread, so that only wait_for_end() takes them.
sigset_t block_end_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  return ends;
}

void wait_for_end(const sigset_t& ends) {
  int received = 0;
  sigwait(&ends, &received);
  spdlog::info("shutting down: {}", received == SIGTERM ? "SIGTERM" : "SIGINT");
}

// One descriptor a connection: as many as the system grants.
void raise_open_files() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// Those that this process may run on, which may be fewer than the machine has: a thread more would only take turns.
unsigned usable_processors() {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return std::thread::hardware_concurrency();
  return static_cast<unsigned>(CPU_COUNT(&usable));
}

int serve(const ServeOptions& options) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("stet"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");

  net::ServerOptions server_options;
  const auto listen = net::parse_listen_address(options.listen);
  if (!listen) return fail("--listen is not ADDRESS:PORT: " + options.listen);
  if (!listen->is_loopback() && !options.no_auth) {
    return fail("there are no accounts yet: to listen on " + options.listen + ", where others reach it, add --no-auth");
  }
  server_options.listen = *listen;
  for (const std::string& text : options.allowed_origins) {
    const auto origin = net::parse_origin(text);
    if (!origin) return fail("--allow-origin is not http(s)://HOST[:PORT]: " + text);
    server_options.allowed_origins.push_back(*origin);
  }
  server_options.limits = options.limits;
  server_options.threads = usable_processors();

  const sigset_t ends = block_end_signals();
  raise_open_files();
  storage::SqliteOptions store_options;
  store_options.close_timeout_ms = last_commit_ms;
  store_options.commit_interval_ms = commit_interval_ms;
  store_options.upkeep_interval_ms = options.limits.upkeep_interval_ms;
  store_options.deleted_keep_ms = net::days_in_ms(options.limits.keep_deleted_days);
  store_options.say = [](const std::string& line) { spdlog::info("{}", line); };
  store_options.warn = [](const std::string& line) { spdlog::warn("{}", line); };
  auto opened = storage::SqliteStore::open(options.data, store_options);
  if (const auto* error = std::get_if<storage::StoreError>(&opened)) return fail(error->what);
  const auto& store = std::get<std::unique_ptr<storage::Store>>(opened);

  net::Server server(*store, server_options);
  if (const std::string fault = server.start(); !fault.empty()) {
    store->close();
    return fail(fault);
  }
  std::printf("stet: listening on %s\n", server.url().c_str());
  std::fflush(stdout);
  wait_for_end(ends);
  if (!server.stop()) return fail("some edits could not be committed in time; none of them was acknowledged");
  return 0;
}

// What the file says, where the command line says nothing. Throws CLI::Error.
void read_config(CLI::App& command, const std::string& path) {
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(path)) {
    CLI::Option* option = command.get_option_no_throw("--" + item.fullname());
    if (!option || !option->get_configurable()) {
      throw CLI::ConfigError(path + ": there is no option " + item.fullname(), CLI::ExitCodes::ConfigError);
    }
    if (option->count() > 0) continue;
    try {
      option->add_result(item.inputs);
      option->run_callback();
    } catch (const CLI::Error&) {
      throw CLI::ConfigError(path + ": the value of " + item.fullname() + " is not one that it can have",
                             CLI::ExitCodes::ConfigError);
    }
  }
}

}  // namespace

void add_serve(CLI::App& program, Run& run) {
  const auto options = std::make_shared<ServeOptions>();
  CLI::App* command = program.add_subcommand("serve", "Serve documents to Yjs clients and the web app to browsers");
  command->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 is any free one")->capture_default_str();
  command->add_option("--data", options->data, "Folder of the documents")->capture_default_str();
  command->add_option("--allow-origin", options->allowed_origins,
                      "Origin of foreign pages that may connect; repeatable");
  command->add_flag("--no-auth", options->no_auth, "Listen beyond loopback although anyone may then read and write");
  net::for_each_limit(options->limits, [command](const std::string& name, auto& limit) {
    command->add_option("--" + name, limit)->group("")->capture_default_str();  // too many for --help
  });
  const auto config = std::make_shared<std::string>();
  command->add_option("--config", *config, "File of these options and of all limits (TOML)")->configurable(false);
  const auto prints = std::make_shared<bool>(false);
  command->add_flag("--print-config", *prints, "Print all options and limits as such a file")->configurable(false);
  command->callback([options, command, config, prints, &run] {
    if (!config->empty()) read_config(*command, *config);
    if (*prints) {
      run = [text = command->config_to_str(true)] { return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0; };
    } else {
      run = [options] { return serve(*options); };
    }
  });
}

}  // namespace stet::apps
