#pragma once

#include "apply/apply.hpp"
#include "failover/roles.hpp"
#include "failover/site.hpp"
#include "plan/plan.hpp"
#include "planning/planned.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fedctl::failover {

/// What the clusters' targets become when the roles change.
struct RolePlan {
  std::shared_ptr<const planning::Planned> rendered;  ///< With what the plan points into.
  plan::Plan plan;                                    ///< Of the clusters asked for only.
  std::vector<std::string> clusters;                  ///< The plan's, in its order.
  bool is_propagated_by_kubefed = false;              ///< A KubeFed controller is at work, so members are not ours to write.
};

struct RoleOptions {
  bool force_conflicts = false;
};

/// The active side as the state has it, and as it would be after another run.
ActiveSide active_side(const Policy& policy, const State& state);
ActiveSide next_active(const State& state, const std::string& to);

/// Renders the targets with `active` as the active cluster and asks `clusters` what would change. Writes nothing. What a later run than
/// that of `active` wrote is a conflict.
/// Errors: of the roles (see with_roles), of rendering, of the host.
Result<RolePlan> plan_roles(Site& site, const ActiveSide& active, const std::vector<std::string>& clusters, const RoleOptions& options);

/// The host's federated objects get the overrides of the roles, and say whose they are; those that have them are not written.
/// Errors: conflict where somebody changed one just now; the host's.
Result<std::size_t> write_roles(Site& site, const ActiveSide& active);

/// Carries a plan out, without waiting for rollouts. Errors: the first of a cluster; conflict where the plan has conflicts.
Result<void> apply_roles(Site& site, const RolePlan& plan);

/// What a change that is in conflict, or unknown, refuses a run with.
Error refused_role(const plan::Change& change, const std::string& cluster);

/// Waits until the targets are ready in `cluster`. Errors: timeout with what is not.
Result<std::size_t> wait_for_targets(Site& site, const ActiveSide& active, const std::string& cluster, time::Duration patience);

}  // namespace fedctl::failover
