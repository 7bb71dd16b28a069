#pragma once

#include "failover/assess.hpp"
#include "failover/role_switch.hpp"
#include "failover/site.hpp"
#include "failover/take_survey.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace fedctl::failover {

/// What a run tells while it goes on.
struct StepEvent {
  enum class Type { begun, note, retried, done, skipped, owed, failed };
  Type type = Type::note;
  std::string step;
  std::string text;
  time::Duration took{0};
};
std::string_view to_string(StepEvent::Type type);
using OnStep = std::function<void(const StepEvent&)>;

struct EngineOptions {
  RunOptions run;
  RoleOptions roles;
  bool accepts_policy_change = false;                  ///< `resume` goes on by a policy that was changed since the run began.
  std::vector<std::string> skipped_hooks = {};         ///< `resume` passes over these.
  time::Duration lock_patience{0};                     ///< How long to wait for another run.
  std::optional<time::Duration> follow_patience = {};  ///< How long to wait for standbys; none: the policy's catchUpTimeout.
};

/// Carries runs out, step by step, each written to the journal before it begins and after it ends.
class Engine {
 public:
  Engine(Site& site, EngineOptions options, OnStep on_step);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// A new run. Errors: conflict, with why, where it is refused: nothing was changed then; else what a step failed with, and the run
  /// can be resumed or aborted.
  Result<Run> start();

  /// Goes on with the run that was not finished; steps that are done are not done again. Errors: not_found where there is none.
  Result<Run> resume();

  /// Tries again what the last run owes, or what of it waits for no standby. Errors: not_found where it owes nothing of that; what the step
  /// fails with, and then it stays owed.
  enum class Settled { all, without_standbys };
  Result<Run> settle(Settled what = Settled::all);

  /// Undoes what an unfinished run did before it promoted. Errors: conflict where it did promote: then it can only go on.
  Result<Run> abort();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Takes the right to change what runs change; one process has it at a time. Errors: conflict with who has it, and what to do.
Result<std::unique_ptr<Hold>> hold_runs(Site& site, std::int64_t least_token, time::Duration patience);

/// Loads the state, looks at everything and remembers where the primary is.
struct Situation {
  State state;
  Survey survey;
};
Result<Situation> look_around(Site& site, SurveyOptions options);

}  // namespace fedctl::failover
