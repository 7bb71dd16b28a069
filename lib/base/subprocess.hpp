#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fedctl::subprocess {

struct Command {
  std::string program;  ///< Looked up in PATH unless it holds a slash.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  ///< On top of our own.
  bool shares_terminal = false;                    ///< Give it our standard input and standard error, so that it can ask.
  time::Duration timeout{60'000};
  std::string standard_input = {};  ///< What it reads, where it does not share the terminal.
};

struct Output {
  int exit_status = 0;  ///< 128 + signal when a signal ended it.
  std::string standard_output;
  std::string standard_error;  ///< Empty when it shared the terminal.
};

/// Runs a program to its end. Errors: not_found when it cannot be started; timeout (it is killed then).
Result<Output> run(const Command& command);

}  // namespace fedctl::subprocess
