#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// A line that is being typed in a shell, as the shell reads it.
namespace fedctl::cli {

struct CommandLine {
  std::vector<std::string> words;  ///< Without quotes and backslashes; the last is the one under the cursor, maybe empty.
  char open_quote = '\0';          ///< The quote that the last word is in.
  std::size_t kept = 0;            ///< Bytes at the start of the last word that readline leaves as they are when it replaces the rest.
};

/// Reads what stands before the cursor. `word_breaks` are the characters at which readline begins a new word (COMP_WORDBREAKS), such
/// as ':' and '='.
CommandLine read_command_line(std::string_view line, std::string_view word_breaks);

/// What to put into the line for `word`, quoted so that the shell reads it as the rest of one word and runs nothing that is in it.
std::string insertion_of(const CommandLine& line, std::string_view word);

}  // namespace fedctl::cli
