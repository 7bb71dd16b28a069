#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Reads failover scripts of the kind that people write around kubectl and aws, as far as it takes to say what they amount to.
namespace fedctl::import {

/// One command of a script, its quotes taken off and the variables that the script sets put in.
struct Command {
  std::vector<std::string> words;
  std::size_t line = 0;  ///< Of its first word, from 1.
};

/// The simple commands of a shell script, in order: those in conditions and loops too, each once. Assignments are not among them.
/// Redirections and here-documents are left out; `$(...)` stays as it is written.
std::vector<Command> commands_of(std::string_view script);

}  // namespace fedctl::import
