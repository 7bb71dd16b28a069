#pragma once

#include "cli/program.hpp"
#include "cli/topics.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// What --help says, and the parts that the man pages share with it.
namespace fedctl::cli {

/// Options under one heading, in the order in which they were added.
struct OptionGroup {
  std::string heading;
  std::vector<const CLI::Option*> options;
};

/// Without positional arguments and hidden options; the command's own come first.
std::vector<OptionGroup> option_groups_of(const CLI::App& command);
/// The positional arguments.
std::vector<const CLI::Option*> arguments_of(const CLI::App& command);
/// Flags that are accepted, do nothing and are not shown with the others: "--logtostderr".
std::vector<std::string> ignored_flags_of(const CLI::App& command);
constexpr const char* about_ignored_flags = "These flags of kubefedctl are accepted and ignored, so that its scripts run as they are";

/// "[OPTIONS] CLUSTER_NAME"
std::string synopsis_of(const CLI::App& command);
/// {"-f", "--filename"}
std::vector<std::string> names_of(const CLI::Option& option);
/// "PATH"; empty for a flag.
std::string value_name_of(const CLI::Option& option);
/// Its description with its default.
std::string description_of(const CLI::Option& option);

/// Paragraphs broken at blanks into lines of at most `columns`, each behind `indent` blanks.
std::string wrapped(const std::string& paragraphs, std::size_t columns, std::size_t indent = 0);

/// The help of a command; of the program where it is null.
std::string help_of(const Program& program, const CLI::App* command);
std::string help_of(const Topic& topic);

}  // namespace fedctl::cli
