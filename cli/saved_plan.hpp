#pragma once

#include "cli/planning.hpp"
#include "plan/saved.hpp"
#include "plan/staleness.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fedctl::cli {

/// Writes what was planned, and what from, to a file that only its owner may read. `manifests` are the files' objects as they were
/// read; `how` is kept for who loads it. Errors: usage where Secrets came from standard input, which cannot be read again; not_found
/// where it cannot be written.
Result<void> save_plan(const std::string& path, const PlanFlags& flags, const Planned& planned, std::vector<manifest::Manifest> manifests,
                       nlohmann::json how = {});

/// Errors: not_found, invalid_input.
Result<plan::SavedPlan> load_plan(const std::string& path);

/// Everything for making the saved plan again, with `flags` set as they were then; what says how to reach clusters stays.
/// Errors: of the source, which is read again where it holds Secrets; usage for flags that the plan has settled.
/// `from` is what the plan is called where it names a kubeconfig that is not trusted; empty for one that nobody but the user can have made.
Result<std::unique_ptr<Planned>> prepare_saved(http::Loop& loop, const plan::SavedPlan& saved, PlanFlags& flags, const std::string& from);

/// What moved, a line each: on standard error.
void say_staleness(const plan::Staleness& staleness);

}  // namespace fedctl::cli
