#pragma once

#include "cli/common.hpp"
#include "cli/host.hpp"
#include "cli/print_plan.hpp"
#include "control/propagate.hpp"
#include "inspect/inspect.hpp"
#include "inspect/observe.hpp"
#include "plan/guard.hpp"
#include "plan/plan.hpp"

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
  bool renders_only = false;                  ///< Of a host only what it holds is read, and no cluster is asked.
  bool removes = false;                       ///< `delete`: what the input names is to go.
  std::vector<kube::ObjectKey> removed = {};  ///< Federated objects of a host that are to go.
};

void add_plan_flags(Program& program, CLI::App& command, PlanFlags& flags);

/// A plan, with all that must live as long as it: for a fleet of its own, or for the members of a host.
struct Planned {
  Input input;
  fleet::Fleet whole_fleet;  ///< As it was named; empty where there is a host.
  fleet::Fleet fleet;        ///< What --cluster leaves of it.
  fleet::Rollout rollout;    ///< What the fleet file says of waves.
  fleet::Clients clients;
  federation::Rendered rendered;
  plan::Plan plan;
  std::optional<ConnectedHost> host;
  std::unique_ptr<control::Propagation> propagation;  ///< Set where there is a host; its plan is the plan then.

  const plan::Plan& the_plan() const { return propagation ? propagation->plan : plan; }
  const federation::Rendered& the_rendering() const { return propagation ? propagation->rendered : rendered; }
  std::vector<std::string> cluster_names() const;
};

/// Reads the input and finds out which clusters are meant. Errors: of the input, of the flags, of the fleet file.
Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags);

/// The same of input and a fleet that are known already; a fleet without clusters and host is looked for as ever.
Result<std::unique_ptr<Planned>> prepare(http::Loop& loop, const PlanFlags& flags, Input input, fleet::Fleet fleet);

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
