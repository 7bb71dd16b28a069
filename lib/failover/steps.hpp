#pragma once

#include "failover/engine.hpp"
#include "failover/take_survey.hpp"

#include <optional>
#include <string>
#include <vector>

/// The steps of a run. Each may be done again when it was interrupted, finds out what is done already, and tells what it found and did as
/// the evidence that the journal keeps; those that may have nothing to do may yield Skipped.
namespace fedctl::failover {

/// What a step works with.
struct StepContext {
  Site& site;
  Run& run;
  const EngineOptions& options;
  std::function<void(const std::string&)> note;
  std::function<Result<void>()> confirm;  ///< Is the run still ours? Asked right before what cannot be undone. Errors: conflict.
  /// Of the run that made the active side what it is; until the run is past undoing, that is an earlier one, or none.
  std::int64_t active_token = 0;
  SurveyOptions look = {};  ///< How to look at the sides now: what did not answer when the run began is not waited for as long.
};

/// The step, or the hook, that the record is of: joins the kinds of step.hpp to the functions below.
Result<Findings> carry_out(StepContext& context, const StepRecord& record);

Result<FenceEvidence> fence(StepContext& context);
/// The inverse, as far as the fence was ours: the old side takes writes again.
/// True where its database answers then, so that it takes writes as before.
Result<bool> unfence(StepContext& context);
/// That in words.
std::string writes_of(const std::string& cluster, bool answers);

/// What a step says that fenced in vain: the fence is undone, for a side that takes no writes serves nobody; or how to undo it.
Error taken_back(StepContext& context, Error error);

/// The side's guard is told that no fence keeps the side from writing any more, and has understood before this returns. `if_fenced` waits
/// for that only where there was a fence to take back. Errors: timeout where it does not renew its Lease.
enum class AwaitGuard { always, if_fenced };
Result<void> free_guard(StepContext& context, const std::string& cluster, AwaitGuard await);

Result<DrainEvidence> drain(StepContext& context);
Result<Findings> stop_old(StepContext& context);
Result<CatchUpEvidence> catch_up(StepContext& context);
Result<PromoteEvidence> promote(StepContext& context);
Result<Findings> rejoin(StepContext& context);

/// Right behind the promotion: the standbys that received from the side that is left are told to receive from the new primary. None is
/// waited for, and what fails is left to `follow`. A fenced server still adds records of its own to its log, and a standby that receives
/// these could not follow any more. The clusters whose standbys were told.
std::vector<std::string> lead_standbys(StepContext& context, std::optional<data::Lsn> fork);

/// The standbys among `clusters` that the run neither leaves nor goes to receive from the new primary, or from one that does
/// (followers.hpp). Errors: timeout with each that does not, and why.
Result<FollowEvidence> follow(StepContext& context, const std::vector<std::string>& clusters);
Result<FollowEvidence> follow_all(StepContext& context);

Result<RolesEvidence> switch_roles(StepContext& context);
Result<ReadyEvidence> wait_ready(StepContext& context);
Result<Findings> switch_dns(StepContext& context);
Result<VerifyEvidence> verify(StepContext& context);

/// A hook of the policy, which the record is of.
Result<Findings> run_hook(StepContext& context, const StepRecord& record);

/// Runs a program of the policy with what the run is about as JSON on its standard input and FEDCTL_POLICY, FEDCTL_RUN, FEDCTL_TOKEN,
/// FEDCTL_STEP, FEDCTL_FROM, FEDCTL_TO and FEDCTL_CLUSTER (the side that it is for) in its environment.
/// Errors: rejected with its exit status and what it said; timeout; not_found.
Result<std::string> run_program(StepContext& context, const Action& action, std::string_view step, const std::string& cluster);

/// Waits for `length`. Errors: cancelled, at once, when it is interrupted.
Result<void> pause(http::Loop& loop, time::Duration length);

/// Runs something that blocks beside the loop.
template <typename T>
Result<T> blocking(http::Loop& loop, std::function<Result<T>()> work) {
  const auto task = [](http::Loop& on, std::function<Result<T>()> what) -> Task<Result<T>> {
    Result<T> result = Failure{Error{}};
    co_await on.offload([&] { result = what(); });
    co_return result;
  };
  return loop.run(task(loop, std::move(work)));
}

/// With what a person does where the error does not say: what is mended is tried again by `repair`.
Error to_be_repaired(Error error);

/// The same of a step that a run left to be done later.
Error still_owed(Error error, const std::string& step);

}  // namespace fedctl::failover
