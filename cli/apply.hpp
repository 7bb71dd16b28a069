#pragma once

#include "cli/planning.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::cli {

/// The flags of the commands that carry a plan out.
struct ApplyFlags {
  PlanFlags plan;
  bool yes = false;
  bool yes_delete = false;          ///< However much is deleted.
  std::string saved;                ///< A saved plan to apply.
  std::string if_stale = "refuse";  ///< What then: refuse, skip-moved, replan.
  bool wait = true;
  std::string timeout = "5m";
  std::string on_failure = "stop";
  std::vector<std::string> waves;  ///< Each a list of clusters with commas.
  std::string pause;
  std::optional<std::size_t> max_failing;
  bool resume = false;
  std::vector<manifest::Manifest> manifests;  ///< The files' objects as they were read, where waves may have to be resumed.
  bool lock = true;
  std::string lock_timeout = "1m";
};

void add_apply_flags(Program& program, CLI::App& command, ApplyFlags& flags);

/// Plans, shows, asks, applies, tells; the exit code.
int apply_plan(ApplyFlags& flags);

}  // namespace fedctl::cli
