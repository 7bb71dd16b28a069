#pragma once

#include "cli/common.hpp"
#include "cli/host.hpp"
#include "cli/print_plan.hpp"
#include "plan/guard.hpp"
#include "plan/plan.hpp"
#include "planning/planned.hpp"

namespace fedctl::cli {

/// The flags that `plan`, `apply` and `delete` share, and what they make of them.
struct PlanFlags {
  ClusterFlags clusters;
  OutputFlags output;
  InputFlags input;
  bool create_namespaces = false;
  bool adopt = false;
  bool force_conflicts = false;
  bool accept_role_change = false;
  bool prune = false;
  bool unattended = false;  ///< Nobody looks at the plan before it is applied.
  bool identify = false;    ///< The plan is to be saved, or was.
  std::string read = "auto";
  std::string capacity = "pending";  ///< What caps a cluster of a preference.
  bool stats = false;
  std::string diff = "fields";  ///< How text shows differences.
  std::string set;
  plan::DeleteLimit max_deletes;
  bool removes = false;                       ///< `delete`: what the input names is to go.
  std::vector<kube::ObjectKey> removed = {};  ///< Federated objects of a host that are to go.
};

void add_plan_flags(Program& program, CLI::App& command, PlanFlags& flags);

/// What the flags come to, from the input to the plan.
struct Planned {
  planning::Inputs input;  ///< The plan takes its manifests.
  fleet::Rollout rollout;  ///< What the fleet file says of waves.
  std::optional<ConnectedHost> host;
  std::shared_ptr<const planning::Scope> scope;  ///< Of a fleet from the beginning; of a host, which is read for the plan, from then on.
  std::unique_ptr<planning::Planned> made;       ///< Once there is a plan.

  plan::Plan& plan() const { return made->plan; }
  const federation::Rendered& rendered() const { return made->rendered; }
  std::vector<std::string> cluster_names() const;
};

/// Reads the input and finds out which clusters are meant. Errors: of the input, of the flags, of the fleet file.
Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags);

/// The same of input and a fleet that are known already; a fleet without clusters and host is looked for as ever.
Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags, planning::Inputs input, fleet::Fleet fleet);

/// Renders, and asks the clusters. Errors: whatever keeps a plan from being made at all.
Result<void> make_plan(http::Loop& loop, const PlanFlags& flags, Planned& planned);

/// The same once more, when what was planned has been applied.
Result<void> make_next_plan(http::Loop& loop, const PlanFlags& flags, Planned& planned);

/// What TYPE/NAME and -n mean, typed after `command`. Errors: usage.
Result<kube::Named> named_object(const std::string& typed, const InputFlags& flags, std::string_view command);

/// The exit code that a plan alone amounts to: 0, or 1, 3, 4 for errors, unknowns and conflicts.
int plan_exit(const plan::Plan& plan);

/// What asking the clusters cost so far, on standard error, where --stats wants it.
void say_stats(const PlanFlags& flags, const Planned& planned);

}  // namespace fedctl::cli
