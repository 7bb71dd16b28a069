#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The command line: flags in, a call of the library, its result printed. No decisions about clusters are made here.
namespace fedctl::cli {

/// Exit codes, documented in fedctl(1).
enum Exit : int {
  exit_done = 0,           ///< Done, or nothing to do.
  exit_error = 1,          ///< An error, of usage too; nothing was written.
  exit_changes = 2,        ///< `plan --detailed-exitcode`: changes are pending.
  exit_partial = 3,        ///< Something was written or shown, but not everything: a cluster failed, is unknown or not ready.
  exit_refused = 4,        ///< Refused: a conflict, a missing confirmation.
  exit_interrupted = 130,  ///< Ctrl-C.
};

/// What the value of an option is, for completion.
enum class ValueKind { any, file, folder, choice, context, cluster, member, type };

/// The words of one command that CLI11 does not keep. `--help`, the man page and completion are all made from these and from
/// the command's options.
struct CommandText {
  std::string description;                                    ///< A paragraph or two.
  std::vector<std::pair<std::string, std::string>> examples;  ///< {what it does, the command line}
};

struct Value {
  ValueKind kind = ValueKind::any;
  std::vector<std::string> choices = {};
};

/// The tree of commands and what belongs to it.
struct Program {
  std::string name = "fedctl";  ///< "kubectl fed" when called as a kubectl plugin.
  CLI::App app;
  std::map<std::string, CommandText> texts;    ///< By path_of().
  std::map<const CLI::Option*, Value> values;  ///< Of options that take one of a kind.
  std::function<int()> action;                 ///< Set by the parsed command.

  explicit Program(std::string_view called_as);
};

/// Adds a command with its help; `run` is called after parsing. A command of a group has the group's name before its own: "failover plan".
/// Without `run` it is a group.
CLI::App* add_command(Program& program, const std::string& path, const std::string& summary, CommandText text, std::function<int()> run);

/// "failover plan": a command's words without the program's.
std::string path_of(const CLI::App& command);

/// Its commands in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& app);
/// The same with those of groups behind each group.
std::vector<const CLI::App*> all_commands_of(const CLI::App& app);
/// Null where there is none.
const CLI::App* find_command(const CLI::App& app, const std::string& name);

/// Runs a command line (without the program's name) and returns the exit code.
int run(std::vector<std::string> arguments, std::string_view called_as);

// Each of these adds one command; see the files named after them.
void add_version(Program& program);
void add_clusters(Program& program);
void add_render(Program& program);
void add_plan(Program& program);
void add_show(Program& program);
void add_apply(Program& program);
void add_delete(Program& program);
void add_status(Program& program);
void add_schedule(Program& program);
void add_explain(Program& program);
void add_failover(Program& program);
void add_init(Program& program);
void add_deinit(Program& program);
void add_join(Program& program);
void add_unjoin(Program& program);
void add_enable(Program& program);
void add_disable(Program& program);
void add_federate(Program& program);
void add_orphaning_deletion(Program& program);
void add_completion(Program& program);

/// cobra's hidden `__complete` protocol: prints candidates for the last of `words`, then ":DIRECTIVE".
int complete(const Program& program, const std::vector<std::string>& words, bool with_descriptions);

/// The same for bash: takes the line before the cursor and COMP_WORDBREAKS, and prints what is to be put into the line.
int complete_line(const Program& program, const std::string& line, const std::string& word_breaks);

/// Writes a man page for the program and one for each command into `folder`.
int write_man_pages(const Program& program, const std::string& folder);

}  // namespace fedctl::cli
