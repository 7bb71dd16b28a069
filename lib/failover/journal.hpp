#pragma once

#include "failover/assess.hpp"

#include <optional>
#include <string>
#include <vector>

/// The steps of a run as they are written down before and after each, so that a killed run is gone on with.
namespace fedctl::failover {

/// All steps of a run with the policy's hooks between them, none begun yet.
std::vector<StepRecord> records_of(const Policy& policy, RunKind kind);

/// "hook 2 before promote" -> 2; nothing for what is no hook.
std::optional<std::size_t> hook_number(const std::string& step);

/// The step behind which the new side is the active one: then a run can only go on.
std::string point_of_no_return(const Policy& policy);

/// The commands that an unfinished run can be gone on with, or undone with while that is still possible.
std::string way_on(const Policy& policy, const Run& run);

/// Is the journal of the unfinished run in `state` one that a run wrote? What is done of it is not done again, so a damaged one must not be
/// believed. Errors: invalid_input.
Result<void> check_journal(const Policy& policy, const State& state);

}  // namespace fedctl::failover
