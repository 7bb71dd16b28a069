#pragma once

#include "failover/assess.hpp"

#include <optional>
#include <string>
#include <vector>

/// The steps of a run as they are written down before and after each, so that a killed run is gone on with.
namespace fedctl::failover {

/// All steps of a run with the policy's hooks between them, none begun yet.
std::vector<StepRecord> records_of(const Policy& policy, RunKind kind);

/// Is it a hook's: "hook warm-caches before promote"?
bool is_hook(const StepRecord& step);

/// The policy's hook that a record is of, by what it said; null where the policy has it no more.
const Hook* hook_of(const Policy& policy, const StepRecord& step);

/// "spec.hooks[0].command[0]: ./a -> ./b" for each difference between two policies' specs.
std::vector<std::string> spec_changes(const nlohmann::json& before, const nlohmann::json& after);

/// The same of the policy that the run began with and this one.
std::vector<std::string> policy_changes(const Run& run, const Policy& policy);

/// Goes on by another policy than the run began with: steps, and hooks that say the same, keep what was done of them; new hooks are still
/// to be run; what was done by hooks that are gone stays in the journal.
void take_policy(Run& run, const Policy& policy);

/// Passes over a hook that was not done yet. Errors: usage where the run has no such hook that is still to be run.
Result<void> skip_hook(Run& run, const std::string& name);

/// Is the new side the active one, or may it become it without being told again? Then the run cannot be undone.
bool may_have_turned(const Policy& policy, const Run& run);

/// Before it is undone: what made the old side harmless holds no more, so whoever goes on with the run after all does it again, and what
/// was found by it.
void reopen(Run& run);

/// The commands that an unfinished run can be gone on with, or undone with while that is still possible.
std::string way_on(const Policy& policy, const Run& run);

/// Is the journal of the unfinished run in `state` one that a run wrote? What is done of it is not done again, so a damaged one must not be
/// believed. Errors: invalid_input.
Result<void> check_journal(const Policy& policy, const State& state);

/// What a step found, in one line for people: "lsn=0/3008278 timeline=2".
std::string summary_of(const StepRecord& record);

}  // namespace fedctl::failover
