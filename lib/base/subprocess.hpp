#pragma once

#include <chrono>

#include "base/error.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace fedctl::subprocess {

/// The number of bytes that are kept of each output of a program. The rest is read and dropped, so that the program can go on.
inline constexpr std::size_t most_output = std::size_t{1} << 20;

struct Command {
  std::string program;  ///< Looked up in PATH unless it holds a slash.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  ///< On top of our own.
  /// Give it our standard input and standard error, so that it can ask a person. All others have a session of their own and no terminal:
  /// what they start ends with them when they are ended, and Ctrl-C does not reach them.
  bool shares_terminal = false;
  time::Duration timeout{60'000};
  std::string standard_input = {};  ///< What it reads, where it does not share the terminal.
  std::stop_token stop = {};        ///< Ends it before its time.
};

struct Output {
  int exit_status = 0;  ///< 128 + signal when a signal ended it.
  std::string standard_output;
  std::string standard_error;  ///< Empty when it shared the terminal.
  std::size_t dropped = 0;     ///< Bytes beyond `most_output`, of both.
};

/// Is there such a program, and may we run it? Looked for as `run` does.
bool can_run(const std::string& program);

/// Between SIGTERM and SIGKILL.
inline constexpr std::chrono::seconds grace{2};

/// Runs a program to its end; what it leaves running with our pipe in hand is not waited for. Errors: not_found when it cannot be started;
/// timeout, and cancelled by `stop`: with all that it started it is told to end by SIGTERM, and two seconds later by SIGKILL.
Result<Output> run(const Command& command);

/// Ends all that runs apart, with what it started, by SIGKILL. May be called by a signal handler, before the process ends.
void kill_all() noexcept;

}  // namespace fedctl::subprocess
