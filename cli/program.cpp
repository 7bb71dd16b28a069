#include "cli/program.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/common.hpp"
#include "cli/help.hpp"
#include "cli/usage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>

namespace fedctl::cli {
namespace {

bool takes_value(const CLI::App& app, const std::string& flag) {
  return std::ranges::any_of(all_commands_of(app), [&](const CLI::App* command) {
    const CLI::Option* option = command->get_option_no_throw(flag);
    return option != nullptr && option->get_expected_min() > 0;
  });
}

/// kubectl takes its flags before the command too; CLI11 wants them behind it.
void move_leading_flags(std::vector<std::string>& arguments, const CLI::App& app) {
  if (arguments.empty() || !arguments.front().starts_with('-')) return;
  auto first = arguments.begin();
  while (first != arguments.end() && *first != "--" && find_command(app, *first) == nullptr) {
    const bool has_value = first->starts_with('-') && takes_value(app, *first);
    first += has_value && first + 1 != arguments.end() ? 2 : 1;
  }
  if (first == arguments.end() || *first == "--") return;
  auto end = first;
  const CLI::App* command = &app;
  while (end != arguments.end() && (command = find_command(*command, *end)) != nullptr) ++end;
  std::rotate(arguments.begin(), first, end);
}

/// kubefedctl takes `_` for `-` in the names of flags, with a word about it.
void mend_underscores(std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    if (argument == "--") return;
    const auto end = argument.find('=');
    const std::string name = argument.substr(0, end);
    if (!argument.starts_with("--") || name.find('_') == std::string::npos) continue;
    std::string mended = name;
    std::ranges::replace(mended, '_', '-');
    warn(fmt::format("{} is spelled {}", name, mended));
    argument.replace(0, name.size(), mended);
  }
}

int usage_error(const Program& program, const CLI::App* command, const std::string& message) {
  const std::string called = command == nullptr ? program.name : program.name + " " + path_of(*command);
  say_line(message.ends_with('?') ? fmt::format("error: {}", message) : fmt::format("error: {}; see '{} --help'", message, called));
  return exit_error;
}

/// The command that a line begins with.
const CLI::App* command_at(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* command = nullptr;
  for (const std::string& word : arguments) {
    const CLI::App* next = find_command(command == nullptr ? app : *command, word);
    if (next == nullptr) break;
    command = next;
  }
  return command;
}

/// `help`, `help COMMAND` or `help TOPIC`.
int help_about(const Program& program, std::vector<std::string> words) {
  std::erase_if(words, [](const std::string& word) { return word.starts_with('-'); });
  const CLI::App* command = command_at(program.app, words);
  const auto is_known = command == nullptr ? words.empty() : path_of(*command) == text::join(words, " ");
  const Topic* topic = words.size() == 1 ? find_topic(words.front()) : nullptr;
  if (is_known || topic != nullptr) {
    print(is_known ? help_of(program, command) : help_of(*topic));
    return exit_done;
  }
  std::vector<std::string> names;
  for (const CLI::App* known : all_commands_of(program.app)) names.push_back(path_of(*known));
  for (const Topic& known : topics()) names.push_back(known.name);
  const std::string word = text::join(words, " ");
  return usage_error(program, nullptr, fmt::format("no help for '{}'{}", text::shortened(word, 80), text::did_you_mean(word, names)));
}

}  // namespace

Program::Program(std::string_view called_as) : app("fedctl: one plan for Kubernetes in many regions") {
  const std::string base = std::filesystem::path{called_as}.filename().string();
  if (base.starts_with("kubectl-")) name = "kubectl " + base.substr(8);
  if (base == "kubefedctl") name = base;
  app.name(name);
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Show help with examples and leave");
  add_clusters(*this);
  add_render(*this);
  add_plan(*this);
  add_show(*this);
  add_apply(*this);
  add_delete(*this);
  add_status(*this);
  add_schedule(*this);
  add_explain(*this);
  add_failover(*this);
  add_init(*this);
  add_deinit(*this);
  add_join(*this);
  add_unjoin(*this);
  add_enable(*this);
  add_disable(*this);
  add_federate(*this);
  add_orphaning_deletion(*this);
  add_version(*this);
  add_completion(*this);
}

CLI::App* add_command(Program& program, const std::string& path, const std::string& summary, CommandText text, std::function<int()> run) {
  CLI::App* parent = &program.app;
  const std::vector<std::string> words = text::split(path, ' ');
  for (std::size_t i = 0; i + 1 < words.size(); ++i) parent = parent->get_subcommand(words[i]);
  CLI::App* command = parent->add_subcommand(words.back(), summary);
  program.texts[path] = std::move(text);
  if (run) {
    command->callback([&program, run = std::move(run)] { program.action = run; });
  } else {
    command->require_subcommand(0, 1);
  }
  return command;
}

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "";
  const std::string before = path_of(*parent);
  return before.empty() ? command.get_name() : before + " " + command.get_name();
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::App*> all_commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : commands_of(app)) {
    commands.push_back(command);
    for (const CLI::App* inner : all_commands_of(*command)) commands.push_back(inner);
  }
  return commands;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : commands_of(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

int run(std::vector<std::string> arguments, std::string_view called_as) {
  Program program{called_as};
  if (!arguments.empty() && (arguments.front() == "__complete" || arguments.front() == "__completeNoDesc")) {
    return complete(program, {arguments.begin() + 1, arguments.end()}, arguments.front() == "__complete");
  }
  if (arguments.size() == 3 && arguments.front() == "__completeLine") return complete_line(program, arguments[1], arguments[2]);
  if (arguments.size() == 2 && arguments.front() == "__man") return write_man_pages(program, arguments[1]);
  if (!arguments.empty() && arguments.front() == "help") return help_about(program, {arguments.begin() + 1, arguments.end()});
  if (arguments.size() == 1 && arguments.front() == "--version") arguments = {"version"};
  mend_underscores(arguments);
  move_leading_flags(arguments, program.app);
  if (const auto problem = find_usage_error(program, arguments)) {
    return usage_error(program, command_at(program.app, arguments), *problem);
  }
  std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
  try {
    program.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print(help_of(program, chosen_command(program.app)));
    return exit_done;
  } catch (const CLI::ParseError& error) {
    return usage_error(program, chosen_command(program.app), explain_usage_error(program, error));
  }
  if (!program.action) {
    print(help_of(program, chosen_command(program.app)));
    return arguments.empty() || chosen_command(program.app) != nullptr ? exit_done : exit_error;
  }
  return program.action();
}

}  // namespace fedctl::cli
