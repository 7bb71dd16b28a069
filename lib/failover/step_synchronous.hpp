#pragma once

#include "failover/steps.hpp"

#include <optional>
#include <string>

/// Synchronous replication in a run: what the new primary's commits wait for, and what is promised of the old one's.
namespace fedctl::failover {

/// Before the new side is told to become the primary, it waits only for standbys that answer, so none of its commits hangs. What was set,
/// what there was before and what is to be set later is left in the evidence of the step, so that it is done once, and undone by an abort.
/// Errors: rejected where our role may not; of the database.
Result<void> set_for_promotion(StepContext& context);

/// The inverse, of a run that is undone. A database that does not answer is told of.
void restore_from_promotion(StepContext& context);

/// What the state says of the new active side after the promotion.
SynchronousState synchronous_after(const Run& run);

/// The step: commits of the new side wait for its standbys. Errors: timeout where too few of them stream yet; then it is owed.
Result<Findings> make_synchronous(StepContext& context);

/// The same after other steps, where the run has no such step: once more standbys stream. What cannot be set yet is told, and no failure.
void carry_synchronous(StepContext& context);

/// Reads the standbys again once the old side is fenced. Nothing where the policy promises nothing; else how it is known that the new side
/// has all that was acknowledged. Errors: conflict where that is not so.
Result<std::optional<std::string>> confirm_quorum(StepContext& context, const State& state);

}  // namespace fedctl::failover
