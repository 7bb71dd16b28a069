#include "cli/help.hpp"

#include "base/text.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

constexpr std::size_t left_column = 30;

/// As wide as the terminal, but for lines that are too long to read.
std::size_t columns() { return is_terminal(STDOUT_FILENO) ? std::clamp<std::size_t>(terminal_width(), 50, 100) : 80; }

/// "  --flag VALUE   What it does", what it does being wrapped in its own column.
std::string row(const std::string& left, const std::string& right) {
  const std::string text = wrapped(right, columns(), left_column);
  if (text::width(left) + 4 > left_column) return fmt::format("  {}\n{}", left, text);
  return fmt::format("  {:<{}}{}", left, left_column - 2, text.substr(left_column));
}

std::string rows_of(const OptionGroup& group) {
  std::string result = fmt::format("\n{}:\n", group.heading);
  for (const CLI::Option* option : group.options) {
    std::string left = text::join(names_of(*option), ", ");
    if (!left.starts_with("-") || left.starts_with("--")) left.insert(0, "    ");
    if (const std::string value = value_name_of(*option); !value.empty()) left += " " + value;
    result += row(left, description_of(*option));
  }
  return result;
}

std::string rows_of(const std::string& heading, const std::vector<const CLI::App*>& commands) {
  std::string result = fmt::format("\n{}:\n", heading);
  for (const CLI::App* command : commands) result += row(command->get_name(), command->get_description());
  return result;
}

struct CommandGroup {
  std::string heading;
  std::vector<std::string> names;
};

const std::vector<CommandGroup>& command_groups() {
  static const std::vector<CommandGroup> all{
      {"Clusters", {"clusters", "render", "plan", "show", "apply", "delete", "status", "explain", "schedule"}},
      {"Failover", {"failover"}},
      {"A host and its members", {"init", "deinit", "join", "unjoin", "enable", "disable", "federate", "orphaning-deletion"}}};
  return all;
}

std::string help_of_program(const Program& program) {
  std::string help = wrapped(
      "One plan for Kubernetes in many regions: renders federated manifests for each cluster, shows what every "
      "cluster will get, and applies it to all of them at once.",
      columns());
  help += fmt::format("\nUsage: {} COMMAND [OPTIONS]\n", program.name);
  std::vector<const CLI::App*> left = commands_of(program.app);
  for (const auto& [heading, names] : command_groups()) {
    std::vector<const CLI::App*> commands;
    for (const std::string& name : names) commands.push_back(find_command(program.app, name));
    std::erase_if(left, [&](const CLI::App* command) { return std::ranges::find(commands, command) != commands.end(); });
    help += rows_of(heading, commands);
  }
  help += rows_of("Others", left);
  help += row("help", "Show the help of a command or a topic");
  help += "\nTopics, for 'help':\n";
  for (const Topic& topic : topics()) help += row(topic.name, topic.summary);
  return help + fmt::format("\n'{} COMMAND --help' tells more of a command.\n", program.name);
}

std::string examples_of(const Program& program, const CommandText& text) {
  std::string result = "\nEXAMPLES\n";
  for (const auto& [what, line] : text.examples) {
    const bool is_ours = line.starts_with("fedctl ");
    result += fmt::format("  # {}\n  {}\n\n", what, is_ours ? program.name + line.substr(6) : line);
  }
  result.pop_back();
  return result;
}

}  // namespace

std::vector<OptionGroup> option_groups_of(const CLI::App& command) {
  std::vector<OptionGroup> groups{{"Options", {}}};
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    auto group = std::ranges::find(groups, option->get_group(), &OptionGroup::heading);
    if (group == groups.end()) group = groups.insert(group, {option->get_group(), {}});
    group->options.push_back(option);
  }
  return groups;
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& command) {
  std::vector<const CLI::Option*> arguments;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) arguments.push_back(option);
  }
  return arguments;
}

std::vector<std::string> ignored_flags_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() && option->get_group().empty()) names.push_back(names_of(*option).back());
  }
  return names;
}

std::string synopsis_of(const CLI::App& command) {
  std::string result = commands_of(command).empty() ? "[OPTIONS]" : "COMMAND";
  for (const CLI::Option* option : arguments_of(command)) {
    const std::string name = text::join(names_of(*option), " ") + (option->get_expected_max() > 1 ? "..." : "");
    result += option->get_required() ? " " + name : fmt::format(" [{}]", name);
  }
  return result;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  if (option.get_positional()) return {option.get_name(true)};
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string value_name_of(const CLI::Option& option) {
  if (option.get_positional() || option.get_expected_min() == 0) return "";
  return option.get_type_name();
}

std::string description_of(const CLI::Option& option) {
  std::string result = option.get_description();
  const std::string otherwise = option.get_default_str();
  // What a switch is without being given needs no word, unless it is on.
  if (!otherwise.empty() && otherwise != "false") result += fmt::format(" (default {})", otherwise);
  return result;
}

std::string wrapped(const std::string& paragraphs, std::size_t columns, std::size_t indent) {
  std::string result;
  for (const std::string& paragraph : text::split(paragraphs, '\n')) {
    std::string line(paragraph.empty() ? 0 : indent, ' ');
    bool is_empty = true;
    for (const std::string& word : text::split(paragraph, ' ')) {
      if (!is_empty && text::width(line) + 1 + text::width(word) > columns) {
        result += line + "\n";
        line.assign(indent, ' ');
        is_empty = true;
      }
      line += is_empty ? word : " " + word;
      is_empty = false;
    }
    result += line + "\n";
  }
  return result;
}

std::string help_of(const Program& program, const CLI::App* command) {
  if (command == nullptr) return help_of_program(program);
  const CommandText& text = program.texts.at(path_of(*command));
  std::string help = wrapped(text.description, columns());
  help += fmt::format("\nUsage: {} {} {}\n", program.name, path_of(*command), synopsis_of(*command));
  if (!arguments_of(*command).empty()) help += "\nArguments:\n";
  for (const CLI::Option* option : arguments_of(*command)) help += row(names_of(*option).front(), description_of(*option));
  if (const auto inner = commands_of(*command); !inner.empty()) return help + rows_of("Commands", inner) + examples_of(program, text);
  for (const OptionGroup& group : option_groups_of(*command)) help += rows_of(group);
  return help + examples_of(program, text);
}

std::string help_of(const Topic& topic) {
  std::string help = topic.summary + ":\n\n";
  for (const auto& [name, meaning] : topic.entries) help += row(name, meaning);
  return topic.closing.empty() ? help : help + "\n" + wrapped(topic.closing, columns());
}

}  // namespace fedctl::cli
