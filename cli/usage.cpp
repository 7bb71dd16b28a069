#include "cli/usage.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <map>

namespace fedctl::cli {
namespace {

/// Of what was typed that a message says back.
constexpr std::size_t longest_word = 80;

using Words = std::vector<std::string>;

/// What kubectl, terraform, helm, git and others call it.
const std::map<std::string, std::string>& pointers() {
  static const std::map<std::string, std::string> all{{"create", "apply"},
                                                      {"deploy", "apply"},
                                                      {"describe", "explain"},
                                                      {"destroy", "delete"},
                                                      {"diff", "plan --diff=unified"},
                                                      {"drift", "plan --drift-only"},
                                                      {"get", "status"},
                                                      {"install", "apply"},
                                                      {"list", "status"},
                                                      {"ls", "status"},
                                                      {"preview", "plan"},
                                                      {"remove", "delete"},
                                                      {"rm", "delete"},
                                                      {"sync", "apply"},
                                                      {"template", "render"},
                                                      {"uninstall", "delete"},
                                                      {"upgrade", "apply"},
                                                      {"validate", "render"}};
  return all;
}

/// Flags that other tools have, and the flag of ours that does the same.
const std::map<std::string, std::string>& flag_pointers() {
  static const std::map<std::string, std::string> all{{"--auto-approve", "--yes"},
                                                      {"--cluster", "--clusters"},
                                                      {"--clusters", "--contexts"},
                                                      {"--context", "--contexts"},
                                                      {"--detailed-exit-code", "--detailed-exitcode"},
                                                      {"--file", "--filename"},
                                                      {"--format", "--output"},
                                                      {"--host-context", "--host-cluster-context"},
                                                      {"--verbose", "--v"},
                                                      {"-detailed-exitcode", "--detailed-exitcode"}};
  return all;
}

/// Flags that nothing stands for, and what does instead.
const std::map<std::string, std::string>& flag_substitutes() {
  static const std::map<std::string, std::string> all{
      {"--dry-run", "'fedctl plan' shows what apply would do, and writes nothing"},
      {"--kustomize", "build the manifests first: kubectl kustomize . | fedctl render -f -"},
      {"-k", "build the manifests first: kubectl kustomize . | fedctl render -f -"}};
  return all;
}

const CLI::Option* find_flag(const CLI::App& command, const std::string& name) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() && option->check_name(name)) return option;
  }
  return nullptr;
}

Words flags_of(const CLI::App& command) {
  Words names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (!option->get_group().empty()) names.push_back("--" + name);
    }
  }
  return names;
}

/// The commands that have a flag, other than this one.
Words commands_with(const CLI::App& app, const std::string& flag) {
  Words names;
  for (const CLI::App* command : all_commands_of(app)) {
    if (commands_of(*command).empty() && find_flag(*command, flag) != nullptr) names.push_back(path_of(*command));
  }
  return names;
}

/// Behind "unknown flag --x".
std::string advice(const Program& program, const CLI::App& command, const std::string& flag) {
  if (const auto instead = flag_substitutes().find(flag); instead != flag_substitutes().end()) return "; " + instead->second;
  const auto known = flag_pointers().find(flag);
  if (known != flag_pointers().end() && find_flag(command, known->second) != nullptr)
    return fmt::format(", did you mean {}?", known->second);
  if (!flag.starts_with("--") && flag.size() > 2 && find_flag(command, "-" + flag) != nullptr)
    return fmt::format(", did you mean -{}?", flag);
  const Words names = flags_of(command);
  const std::optional<std::string> near = flag.size() > 2 ? text::nearest(flag, names) : std::nullopt;
  const bool is_part = near && (near->starts_with(flag) || flag.starts_with(*near));
  const Words others = commands_with(program.app, flag);
  if (is_part || others.empty()) return near ? fmt::format(", did you mean {}?", *near) : "";
  if (command.get_parent() == nullptr) return "; it belongs behind a command, such as " + others.front();
  if (others.size() == 1) return fmt::format("; {} has it", others.front());
  return fmt::format("; {}, {}{} have it", others[0], others[1], others.size() == 2 ? "" : " and others");
}

std::string unknown_flag(const Program& program, const CLI::App& command, const std::string& flag) {
  return fmt::format("unknown flag {}{}", text::shortened(flag, longest_word), advice(program, command, flag));
}

/// What an option's value is called: "FILE".
std::string value_name(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.empty() || name == "TEXT" ? "VALUE" : name;
}

bool looks_like_file(const std::string& word) {
  std::error_code ignored;
  return word == "-" || word.ends_with(".yaml") || word.ends_with(".yml") || word.ends_with(".json") ||
         std::filesystem::exists(word, ignored);
}

std::string too_much(const CLI::App& command, const std::string& word) {
  const std::string message = fmt::format("unexpected argument '{}'", text::shortened(word, longest_word));
  if (find_flag(command, "--filename") != nullptr && looks_like_file(word))
    return fmt::format("{}, did you mean -f {}?", message, text::shortened(word, longest_word));
  return message;
}

/// Reads one line. What CLI11 would take for a value is one here too.
class Reader {
 public:
  Reader(const Program& program, const Words& arguments) : program_(program), arguments_(arguments) {}

  std::optional<std::string> read() {
    const bool wants_help = std::ranges::any_of(arguments_, [](const std::string& word) { return word == "--help" || word == "-h"; });
    std::optional<std::string> flag_error;
    for (; at_ < arguments_.size() && arguments_[at_] != "--"; ++at_) {
      const std::string& word = arguments_[at_];
      const bool is_flag = word.size() > 1 && word.front() == '-';
      if (!is_flag && commands_of(*command_).empty()) {
        if (is_stray_manifest(word) && !flag_error) flag_error = too_much(*command_, word);
        continue;
      }
      if (!is_flag) {
        const CLI::App* next = find_command(*command_, word);
        if (next == nullptr) return flag_error ? flag_error : unknown_command(*command_, word);
        command_ = next;
        continue;
      }
      const auto problem = word.starts_with("--") ? read_long(word) : read_short(word);
      if (problem && !flag_error) flag_error = problem;
    }
    return wants_help ? std::nullopt : flag_error;
  }

 private:
  std::optional<std::string> read_long(const std::string& word) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = find_flag(*command_, name);
    if (option == nullptr) return unknown_flag(program_, *command_, name);
    return equals == std::string::npos ? read_value(*option, name) : std::nullopt;
  }

  std::optional<std::string> read_short(const std::string& word) {
    // "-out" can be read as "-o ut"; nobody means that.
    if (word.size() > 2 && find_flag(*command_, "-" + word.substr(0, word.find('='))) != nullptr)
      return unknown_flag(program_, *command_, word.substr(0, word.find('=')));
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name{'-', word[i]};
      const CLI::Option* option = find_flag(*command_, name);
      if (option == nullptr) return unknown_flag(program_, *command_, i == 1 ? word.substr(0, word.find('=')) : name);
      if (option->get_expected_min() == 0) continue;
      return i + 1 == word.size() ? read_value(*option, name) : std::nullopt;
    }
    return std::nullopt;
  }

  /// A manifest where the command takes something else, such as TYPE/NAME or a saved plan.
  bool is_stray_manifest(const std::string& word) const {
    if (find_flag(*command_, "--filename") == nullptr || !(word.ends_with(".yaml") || word.ends_with(".yml"))) return false;
    return command_->get_name() == "apply" || std::ranges::none_of(command_->get_options(), [&](const CLI::Option* option) {
             const auto value = program_.values.find(option);
             return option->get_positional() && value != program_.values.end() && value->second.kind == ValueKind::file;
           });
  }

  /// The next word, unless it is a flag itself.
  std::optional<std::string> read_value(const CLI::Option& option, const std::string& name) {
    if (option.get_expected_min() == 0) return std::nullopt;
    if (at_ + 1 < arguments_.size()) {
      const std::string& next = arguments_[at_ + 1];
      if (!next.starts_with("--") || find_flag(*command_, next.substr(0, next.find('='))) == nullptr) {
        ++at_;
        return std::nullopt;
      }
    }
    return fmt::format("{} needs a value: {} {}", name, name, value_name(option));
  }

  const Program& program_;
  const Words& arguments_;
  const CLI::App* command_ = &program_.app;
  std::size_t at_ = 0;
};

/// The first flag or argument that must be given and was not.
std::optional<std::string> what_is_missing(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    if (option->get_positional()) return option->get_name() + " is missing";
    return fmt::format("{} {} is missing", option->get_name(false, false), value_name(*option));
  }
  return std::nullopt;
}

/// "Value 0 not in range 1 to 9" after a name reads better in lower case.
std::string in_plain_words(std::string message) {
  const auto colon = message.find(": ");
  if (colon == std::string::npos) return message;
  if (std::string_view{message}.substr(colon + 2).starts_with("unknown ")) return message.substr(colon + 2);
  if (message.starts_with("Could not convert: ")) {
    const auto equals = message.find(" = ");
    if (equals == std::string::npos) return message;
    return fmt::format("{}: '{}' is not what it takes", message.substr(19, equals - 19),
                       text::shortened(message.substr(equals + 3), longest_word));
  }
  message[colon + 2] = text::lower(message.substr(colon + 2, 1)).front();
  return message;
}

}  // namespace

const CLI::App* chosen_command(const CLI::App& app) {
  const CLI::App* command = nullptr;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = command->get_subcommands()) command = chosen.front();
  return command;
}

CLI::Validator one_of(const std::string& what, const std::vector<std::string>& choices) {
  const auto check = [what, choices](const std::string& typed) -> std::string {
    if (std::ranges::find(choices, typed) != choices.end()) return "";
    const auto near = text::nearest(typed, choices);
    const std::string list = text::join(choices, ", ");
    if (near) return fmt::format("unknown {} '{}', did you mean {}? One of: {}", what, text::shortened(typed, longest_word), *near, list);
    return fmt::format("unknown {} '{}'; one of: {}", what, text::shortened(typed, longest_word), list);
  };
  return {check, ""};
}

std::string unknown_command(const CLI::App& group, const std::string& word) {
  Words names;
  for (const CLI::App* command : commands_of(group)) names.push_back(command->get_name());
  if (group.get_parent() == nullptr) {
    for (const auto& [other, ours] : pointers()) names.push_back(other);
  }
  const auto near = text::nearest(word, names);
  const std::string message = fmt::format("unknown command '{}'", text::shortened(word, longest_word));
  if (!near) return message;
  const auto known = pointers().find(*near);
  const bool is_ours = find_command(group, *near) != nullptr || known == pointers().end();
  return fmt::format("{}, did you mean '{}'?", message, is_ours ? *near : known->second);
}

std::optional<std::string> find_usage_error(const Program& program, const Words& arguments) { return Reader{program, arguments}.read(); }

std::string explain_usage_error(const Program& program, const CLI::ParseError& error) {
  const CLI::App* chosen = chosen_command(program.app);
  const CLI::App& command = chosen == nullptr ? program.app : *chosen;
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    const Words left = program.app.remaining(true);
    const auto first = std::ranges::find_if(left, [](const std::string& word) { return word != "--"; });
    if (first != left.end()) return too_much(command, *first);
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
    if (const auto missing = what_is_missing(command)) return *missing;
  }
  // CLI11's own texts repeat what was typed.
  Words words = text::split(in_plain_words(error.what()), ' ');
  for (std::string& word : words) word = text::shortened(word, longest_word);
  return text::join(words, " ");
}

}  // namespace fedctl::cli
