#pragma once

#include "cli/common.hpp"

#include <string>
#include <utility>
#include <vector>

/// What may stand where the cursor is. Nothing here fails: what cannot be read has no candidates.
namespace fedctl::cli {

/// Of cobra's protocol: https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md
enum Directive : int { use_default = 0, no_space = 2, no_files = 4, folders = 16, keep_order = 32 };

struct Candidates {
  std::vector<std::pair<std::string, std::string>> items = {};  ///< {word, description}
  int directive = no_files;
};

/// What the words before the last one say: the command, and the options with a value.
struct Typed {
  const CLI::App* command = nullptr;
  bool knows_command = true;  ///< False: a word stands where a command does, and is none.
  ClusterFlags clusters = {};
  InputFlags input = {};                 ///< A failover policy among its paths.
  const CLI::Option* waiting = nullptr;  ///< The option whose value comes next.
  std::size_t words = 0;                 ///< Words typed that belong to no option.
};

/// The values that an option can have. `value` is what is typed of it so far: behind the last comma where it is a list.
Candidates values_of(const Program& program, const Typed& typed, const CLI::Option& option, const std::string& value);

}  // namespace fedctl::cli
