#pragma once

#include "failover/engine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::failover {

struct BackOptions {
  std::string to;                                     ///< Empty: the policy's first cluster.
  time::Duration window{60'000};                      ///< It must have been caught up for so long.
  std::optional<std::int64_t> accept_data_loss = {};  ///< Of what only the old side has, as a run's.
  RoleOptions roles = {};
};

/// What going back takes, from how things are now.
struct BackPlan {
  enum class Rejoin {
    none_needed,  ///< It is a standby that streams, or there is no database.
    by_setting,   ///< It is a standby, and its primary_conninfo is set (followers.hpp).
    by_program,   ///< The side's `rejoin`.
    by_hand
  };
  std::string from;  ///< The active cluster.
  std::string to;
  Rejoin rejoin = Rejoin::none_needed;
  std::string why;                         ///< Why it must rejoin: "it is a primary of its own".
  std::optional<std::int64_t> diverged{};  ///< Bytes that its log has behind the place where the other one went on, where it answers.
  std::vector<std::string> by_hand;        ///< What to do where no program does it.
  std::optional<Error> refusal{};          ///< Why its program is not run: that would throw away what nobody accepted to lose.

  /// Does it have to rejoin, and can `rejoin_side` do it?
  bool can_rejoin() const { return !refusal && (rejoin == Rejoin::by_setting || rejoin == Rejoin::by_program); }
};

/// Errors: conflict where the cluster is the active one, where it has writes of its own that nobody accepted to lose, where the active
/// one's database is no primary, or a run was not finished.
Result<BackPlan> plan_back(Site& site, const BackOptions& options);

/// What it takes that every other side follows the active one; `to` of each is that side. One that has writes of its own is refused alone.
/// Other errors as `plan_back`; usage for a policy without a database.
Result<std::vector<BackPlan>> plan_repair(Site& site, const BackOptions& options);

/// Sets its primary_conninfo, or runs the side's `rejoin`, until it replays what the active one writes. No run goes on beside it. Errors:
/// of the program; timeout; conflict where a run is at work, or the plan, which was made with `options`, is no longer what is to be done.
Result<Done> rejoin_side(Site& site, const BackPlan& plan, const BackOptions& options, const OnStep& on_step);

/// Makes the old side a standby where a program can, waits until it has been caught up for the window, and switches over to it.
/// Errors: conflict where it must be made a standby by hand; timeout where it does not catch up; those of the switchover.
Result<Run> go_back(Site& site, const BackPlan& plan, const BackOptions& options, const OnStep& on_step);

}  // namespace fedctl::failover
