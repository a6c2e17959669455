// The subcommands of `stet`. Each adds its options to the program and, where it is the one called, sets `run` to its
// work, which returns the exit status.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace stet::apps {

using Run = std::function<int()>;

void add_serve(CLI::App& program, Run& run);
void add_inspect(CLI::App& program, Run& run);
void add_import(CLI::App& program, Run& run);
void add_history(CLI::App& program, Run& run);
void add_retention(CLI::App& program, Run& run);
void add_replay(CLI::App& program, Run& run);
void add_tail(CLI::App& program, Run& run);
void add_edit(CLI::App& program, Run& run);

}  // namespace stet::apps
