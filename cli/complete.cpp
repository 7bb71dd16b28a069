#include "base/text.hpp"
#include "cli/common.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <optional>

/// The protocol: https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md
namespace fedctl::cli {
namespace {

enum Directive : int { use_default = 0, no_space = 2, no_files = 4, folders = 16, keep_order = 32 };

struct Candidates {
  std::vector<std::pair<std::string, std::string>> items;  ///< {word, description}
  int directive = no_files;
};

/// What the words before the last one say: the command, and the options with a value.
struct Context {
  const CLI::App* command = nullptr;
  ClusterFlags clusters;
  const CLI::Option* waiting = nullptr;  ///< The option whose value comes next.
  std::size_t words = 0;                 ///< Words typed that belong to no option.
};

const CLI::Option* find_option(const CLI::App& command, const std::string& word) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->check_name(word)) return option;
  }
  return nullptr;
}

void remember(Context& context, const CLI::Option& option, const std::string& value) {
  if (option.check_name("--fleet")) context.clusters.fleet = value;
  if (option.check_name("--kubeconfig")) context.clusters.kubeconfig = value;
  if (option.check_name("--contexts")) context.clusters.contexts = text::split(value, ',');
}

bool expects_command(const Program& program, const Context& context) {
  return !commands_of(context.command == nullptr ? program.app : *context.command).empty();
}

Context read_words(Program& program, const std::vector<std::string>& words) {
  Context context;
  for (const std::string& word : words) {
    if (context.waiting != nullptr) {
      remember(context, *context.waiting, word);
      context.waiting = nullptr;
    } else if (expects_command(program, context) && !word.starts_with('-')) {
      context.command = find_command(context.command == nullptr ? program.app : *context.command, word);
    } else if (!word.starts_with('-')) {
      ++context.words;
    } else if (context.command != nullptr && word.starts_with('-')) {
      const auto equals = word.find('=');
      const CLI::Option* option = find_option(*context.command, word.substr(0, equals));
      if (option == nullptr || option->get_expected_min() == 0) continue;
      if (equals == std::string::npos) {
        context.waiting = option;
      } else {
        remember(context, *option, word.substr(equals + 1));
      }
    }
  }
  return context;
}

std::vector<std::string> context_names(const ClusterFlags& flags) {
  const auto config = kubeconfig::load(flags.kubeconfig.empty() ? std::nullopt : std::optional<std::filesystem::path>{flags.kubeconfig});
  std::vector<std::string> names;
  if (!config) return names;
  for (const auto& [name, entry] : config->contexts) names.push_back(name);
  return names;
}

std::vector<std::string> cluster_names(const ClusterFlags& flags) {
  const auto fleet = fleet_from(flags);
  return fleet ? fleet->names() : std::vector<std::string>{};
}

/// For values that are lists: completes the part behind the last comma, leaving out what stands before it.
Candidates list_values(const std::vector<std::string>& names, const std::string& typed) {
  const auto comma = typed.rfind(',');
  const std::string before = comma == std::string::npos ? "" : typed.substr(0, comma + 1);
  const std::vector<std::string> taken = text::split(before, ',');
  Candidates result{.directive = no_files | no_space};
  for (const std::string& name : names) {
    if (std::ranges::find(taken, name) == taken.end()) result.items.emplace_back(before + name, "");
  }
  return result;
}

/// Kubernetes' own types, as one types them; a cluster is not asked for a keystroke.
std::vector<std::pair<std::string, std::string>> type_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const char* name : {"clusterrolebindings",
                           "clusterroles",
                           "configmaps",
                           "cronjobs",
                           "daemonsets",
                           "deployments",
                           "horizontalpodautoscalers",
                           "ingresses",
                           "jobs",
                           "limitranges",
                           "namespaces",
                           "networkpolicies",
                           "persistentvolumeclaims",
                           "poddisruptionbudgets",
                           "replicasets",
                           "resourcequotas",
                           "rolebindings",
                           "roles",
                           "secrets",
                           "serviceaccounts",
                           "services",
                           "statefulsets"}) {
    names.emplace_back(name, "");
  }
  return names;
}

Candidates values_of(const Program& program, const Context& context, const CLI::Option& option, const std::string& typed) {
  const auto known = program.values.find(&option);
  if (known == program.values.end()) return {};
  switch (known->second.kind) {
    case ValueKind::file: return {{}, use_default};
    case ValueKind::folder: return {{}, folders};
    case ValueKind::context: return list_values(context_names(context.clusters), typed);
    case ValueKind::cluster: return list_values(cluster_names(context.clusters), typed);
    case ValueKind::choice: {
      Candidates result{.directive = no_files | keep_order};
      for (const std::string& choice : known->second.choices) result.items.emplace_back(choice, "");
      return result;
    }
    case ValueKind::type: return {type_names(), no_files};
    case ValueKind::any: break;
  }
  return {};
}

Candidates options_of(const CLI::App& command) {
  Candidates result;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) result.items.emplace_back("--" + name, option->get_description());
    for (const std::string& name : option->get_snames()) result.items.emplace_back("-" + name, option->get_description());
  }
  return result;
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

Candidates candidates_for(Program& program, const Context& context, const std::string& last) {
  if (context.waiting != nullptr) return values_of(program, context, *context.waiting, last);
  const auto equals = last.find('=');
  if (context.command != nullptr && last.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = find_option(*context.command, last.substr(0, equals));
    if (option == nullptr) return {};
    Candidates result = values_of(program, context, *option, last.substr(equals + 1));
    for (auto& [word, description] : result.items) word = last.substr(0, equals + 1) + word;
    return result;
  }
  if (last.starts_with('-')) return options_of(context.command == nullptr ? program.app : *context.command);
  Candidates result;
  if (expects_command(program, context)) {
    for (const CLI::App* command : commands_of(context.command == nullptr ? program.app : *context.command))
      result.items.emplace_back(command->get_name(), command->get_description());
  } else if (const CLI::Option* option = next_positional(*context.command, context.words)) {
    return values_of(program, context, *option, last);
  }
  return result;
}

}  // namespace

int complete(Program& program, const std::vector<std::string>& words, bool with_descriptions) {
  if (words.empty()) return exit_error;
  const std::string& last = words.back();
  const Context context = read_words(program, {words.begin(), words.end() - 1});
  const char* setting = std::getenv("FEDCTL_COMPLETION_DESCRIPTIONS");
  const bool describes = with_descriptions && (setting == nullptr || std::string_view{setting} != "false");
  const Candidates candidates = candidates_for(program, context, last);
  for (const auto& [word, description] : candidates.items) {
    if (!word.starts_with(last)) continue;
    print(describes && !description.empty() ? fmt::format("{}\t{}\n", word, description) : word + "\n");
  }
  print(fmt::format(":{}\n", candidates.directive));
  return exit_done;
}

}  // namespace fedctl::cli
