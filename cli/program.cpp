#include "cli/program.hpp"

#include "base/text.hpp"
#include "cli/common.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>

namespace fedctl::cli {
namespace {

std::string footer_of(const CommandText& text) {
  std::string footer = "EXAMPLES";
  for (const auto& [what, line] : text.examples) footer += fmt::format("\n  # {}\n  {}\n", what, line);
  return footer;
}

/// Paragraphs broken into lines of at most 100 columns.
std::string wrapped(const std::string& paragraphs) {
  std::string result;
  for (const std::string& paragraph : text::split(paragraphs, '\n')) {
    std::size_t column = 0;
    for (const std::string& word : text::split(paragraph, ' ')) {
      if (column > 0) result += column + word.size() >= 100 ? "\n" : " ";
      column = result.ends_with('\n') ? word.size() : column + 1 + word.size();
      result += word;
    }
    result += '\n';
  }
  return result;
}

/// The command that was given, of a group the one of its commands; null: none.
const CLI::App* chosen_command(const CLI::App& app) {
  const CLI::App* command = nullptr;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = command->get_subcommands()) command = chosen.front();
  return command;
}

/// CLI11's help, with the whole description in place of the summary.
std::string help_of(const Program& program) {
  const CLI::App* command = chosen_command(program.app);
  if (command == nullptr) return program.app.help();
  const std::string help = program.app.get_subcommands().front()->help(program.name);
  return wrapped(program.texts.at(path_of(*command)).description) + "\n" + help.substr(help.find("Usage:"));
}

/// kubectl takes its flags before the command too; CLI11 wants them behind it.
void move_leading_flags(std::vector<std::string>& arguments, const CLI::App& app) {
  const auto is_command = [&](const std::string& word) { return find_command(app, word) != nullptr; };
  const auto command = std::ranges::find_if(arguments, is_command);
  if (command == arguments.begin() || command == arguments.end() || !arguments.front().starts_with('-')) return;
  std::rotate(arguments.begin(), command, command + 1);
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

int usage_error(const Program& program, const std::string& message) {
  const CLI::App* chosen = chosen_command(program.app);
  const std::string command = chosen == nullptr ? program.name : program.name + " " + path_of(*chosen);
  say(fmt::format("error: {}; see '{} --help'\n", message, command));
  return exit_error;
}

std::string explain(const CLI::ParseError& error, const std::vector<std::string>& arguments, const CLI::App& app) {
  const CLI::App* group = chosen_command(app);
  const std::vector<const CLI::App*> commands = commands_of(group == nullptr ? app : *group);
  const std::size_t at = group == nullptr ? 0 : text::split(path_of(*group), ' ').size();
  const std::string word = arguments.size() <= at ? "" : arguments[at];
  if (commands.empty() || word.empty() || word.starts_with('-')) return error.what();
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return fmt::format("unknown command '{}'{}", word, text::did_you_mean(word, names));
}

}  // namespace

Program::Program(std::string_view called_as) : app("fedctl: one plan for Kubernetes in many regions") {
  const std::string base = std::filesystem::path{called_as}.filename().string();
  if (base.starts_with("kubectl-")) name = "kubectl " + base.substr(8);
  if (base == "kubefedctl") name = base;
  app.name(name);
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Show help with examples and leave");
  app.get_formatter()->column_width(34);
  app.footer(
      "Each command has its own --help. Exit codes: 0 done or nothing to do, 1 error, 2 changes are pending\n"
      "(plan --detailed-exitcode), 3 some clusters failed or are unknown, 4 refused.");
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
  command->footer(footer_of(text));
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
  if (arguments.size() == 2 && arguments.front() == "__man") return write_man_pages(program, arguments[1]);
  if (!arguments.empty() && arguments.front() == "help")
    arguments = {arguments.begin() + 1, arguments.end()}, arguments.emplace_back("--help");
  if (arguments.size() == 1 && arguments.front() == "--version") arguments = {"version"};
  mend_underscores(arguments);
  move_leading_flags(arguments, program.app);
  std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
  try {
    program.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_of(program));
    return exit_done;
  } catch (const CLI::ParseError& error) {
    return usage_error(program, explain(error, arguments, program.app));
  }
  if (!program.action) {
    fmt::print("{}", help_of(program));
    return arguments.empty() || chosen_command(program.app) != nullptr ? exit_done : exit_error;
  }
  return program.action();
}

}  // namespace fedctl::cli
