#include "base/text.hpp"
#include "cli/candidates.hpp"
#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>

namespace fedctl::cli {
namespace {

const CLI::Option* find_option(const CLI::App& command, const std::string& word) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->check_name(word)) return option;
  }
  return nullptr;
}

/// The positional argument that the next word is for; of a list, only its first word can be guessed.
const CLI::Option* next_positional(const CLI::App& command, std::size_t words) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    if (words == 0) return option;
    if (option->get_expected_max() > 1 && (command.get_name() == "enable" || command.get_name() == "disable")) return option;
    if (option->get_expected_max() > 1) return nullptr;
    --words;
  }
  return nullptr;
}

void remember(Typed& typed, const CLI::Option& option, const std::string& value) {
  if (option.check_name("--fleet")) typed.clusters.fleet = value;
  if (option.check_name("--kubeconfig")) typed.clusters.kubeconfig = value;
  if (option.check_name("--contexts")) typed.clusters.contexts = text::split(value, ',');
  if (option.check_name("--host-cluster-context")) typed.clusters.host_context = value;
  if (option.check_name("--kubefed-namespace")) typed.clusters.kubefed_namespace = value;
  if (option.check_name("--filename") || option.check_name("POLICY")) typed.input.paths.push_back(value);
}

const CLI::App& command_of(const Program& program, const Typed& typed) { return typed.command == nullptr ? program.app : *typed.command; }

bool expects_command(const Program& program, const Typed& typed) { return !commands_of(command_of(program, typed)).empty(); }

void read_flag(const Program& program, Typed& typed, const std::string& word) {
  const auto equals = word.find('=');
  const CLI::Option* option = find_option(command_of(program, typed), word.substr(0, equals));
  if (option == nullptr) return;
  if (option->check_name("--recursive")) typed.input.recursive = true;
  if (option->get_expected_min() == 0) return;
  if (equals == std::string::npos) {
    typed.waiting = option;
  } else {
    remember(typed, *option, word.substr(equals + 1));
  }
}

void read_argument(Typed& typed, const std::string& word) {
  const CLI::Option* option = next_positional(*typed.command, typed.words++);
  if (option != nullptr) remember(typed, *option, word);
}

Typed read_words(const Program& program, const std::vector<std::string>& words) {
  Typed typed;
  for (const std::string& word : words) {
    if (typed.waiting != nullptr) {
      remember(typed, *typed.waiting, word);
      typed.waiting = nullptr;
    } else if (word.starts_with('-')) {
      read_flag(program, typed, word);
    } else if (!expects_command(program, typed)) {
      read_argument(typed, word);
    } else if (&word != &words.front() || word != "help") {
      typed.command = find_command(command_of(program, typed), word);
      typed.knows_command = typed.command != nullptr;
      if (!typed.knows_command) return typed;
    }
  }
  return typed;
}

Candidates options_of(const CLI::App& command) {
  Candidates result;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) result.items.emplace_back("--" + name, option->get_description());
    for (const std::string& name : option->get_snames()) result.items.emplace_back("-" + name, option->get_description());
  }
  if (command.get_parent() == nullptr) result.items.emplace_back("--version", "Print the version");
  return result;
}

Candidates commands_in(const CLI::App& app) {
  Candidates result;
  for (const CLI::App* command : commands_of(app)) result.items.emplace_back(command->get_name(), command->get_description());
  if (app.get_parent() == nullptr) result.items.emplace_back("help", "Show the help of a command or a topic");
  return result;
}

Candidates candidates_for(const Program& program, const Typed& typed, const std::string& last) {
  if (!typed.knows_command) return {};
  if (typed.waiting != nullptr) return values_of(program, typed, *typed.waiting, last);
  const CLI::App& command = command_of(program, typed);
  const auto equals = last.find('=');
  if (last.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = find_option(command, last.substr(0, equals));
    if (option == nullptr) return {};
    Candidates result = values_of(program, typed, *option, last.substr(equals + 1));
    for (auto& [word, description] : result.items) word = last.substr(0, equals + 1) + word;
    return result;
  }
  if (last.starts_with('-')) return options_of(command);
  if (expects_command(program, typed)) return commands_in(command);
  const CLI::Option* option = next_positional(command, typed.words);
  return option == nullptr ? Candidates{} : values_of(program, typed, *option, last);
}

/// A word with a control character (a context may have any name) fits neither the protocol nor a terminal.
bool is_printable(const std::string& word) {
  return std::ranges::none_of(word, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// What fits behind `words`; the last is the one under the cursor.
Candidates matching(const Program& program, const std::vector<std::string>& words) {
  const std::string& last = words.back();
  Candidates candidates = candidates_for(program, read_words(program, {words.begin(), words.end() - 1}), last);
  std::erase_if(candidates.items, [&](const auto& item) { return !item.first.starts_with(last) || !is_printable(item.first); });
  return candidates;
}

}  // namespace

int complete(const Program& program, const std::vector<std::string>& words, bool with_descriptions) {
  if (words.empty()) return exit_error;
  const char* setting = std::getenv("FEDCTL_COMPLETION_DESCRIPTIONS");
  const bool describes = with_descriptions && (setting == nullptr || std::string_view{setting} != "false");
  const Candidates candidates = matching(program, words);
  for (const auto& [word, description] : candidates.items) {
    print(describes && !description.empty() ? fmt::format("{}\t{}\n", word, description) : word + "\n");
  }
  print_line(fmt::format(":{}", candidates.directive));
  return exit_done;
}

int complete_line(const Program& program, const std::string& line, const std::string& word_breaks) {
  CommandLine typed = read_command_line(line, word_breaks);
  typed.words.erase(typed.words.begin());
  if (typed.words.empty()) return exit_error;
  const Candidates candidates = matching(program, typed.words);
  for (const auto& [word, description] : candidates.items) print(insertion_of(typed, word) + "\n");
  print_line(fmt::format(":{}", candidates.directive));
  return exit_done;
}

}  // namespace fedctl::cli
