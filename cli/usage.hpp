#pragma once

#include "cli/program.hpp"

#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>
#include <optional>
#include <string>
#include <vector>

/// What is wrong with a command line, each time in one line that names what was typed and what may have been meant.
namespace fedctl::cli {

/// Command names, flags and missing values are judged here, before CLI11 reads the line: a mistyped flag is never taken for a value, nor
/// its value for an argument.
std::optional<std::string> find_usage_error(const Program& program, const std::vector<std::string>& arguments);

/// What CLI11 refused: missing flags and arguments, arguments too many, values that cannot be.
std::string explain_usage_error(const Program& program, const CLI::ParseError& error);

/// "unknown command 'plna', did you mean 'plan'?" What other tools call a command of ours is known too.
std::string unknown_command(const CLI::App& group, const std::string& word);

/// The command that was given, of a group the one of its commands; null: none.
const CLI::App* chosen_command(const CLI::App& app);

/// Refuses what is none of `choices`: "unknown WHAT 'yml', did you mean yaml? One of: text, json, yaml".
CLI::Validator one_of(const std::string& what, const std::vector<std::string>& choices);

}  // namespace fedctl::cli
