#pragma once

#include <string>
#include <utility>
#include <vector>

/// What concerns all commands and is written once: for `fedctl help TOPIC`, for --help and for the man pages.
namespace fedctl::cli {

struct Topic {
  std::string name;     ///< As in `fedctl help exit-codes`.
  std::string summary;  ///< What it is about.
  std::vector<std::pair<std::string, std::string>> entries;
  std::string closing = {};
};

const std::vector<Topic>& topics();
/// Null where there is none.
const Topic* find_topic(const std::string& name);

/// The exit codes that a command can end with, each with its meaning; of all commands where the path is "".
Topic exit_codes_of(const std::string& path);

}  // namespace fedctl::cli
