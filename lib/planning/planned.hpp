#pragma once

#include "federation/render.hpp"
#include "federation/type_table.hpp"
#include "inspect/inspect.hpp"
#include "manifest/manifest.hpp"
#include "plan/plan.hpp"
#include "planning/scope.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fedctl::planning {

/// What is to be planned: the user's manifests, and what is known of their types.
struct Inputs {
  std::vector<manifest::Manifest> manifests;
  federation::TypeTable types = {};
  federation::RenderOptions render = {};
};

struct PlanOptions {
  inspect::Options inspect = {};
  bool capacity_by_nodes = false;             ///< Of preferences: what the nodes have left caps a cluster.
  bool prune = false;                         ///< What we applied and the input no longer holds is to go.
  std::string set = {};                       ///< Name of the set that the input is.
  bool renders_only = false;                  ///< No cluster is asked, and `plan` stays empty.
  bool removes = false;                       ///< What the input holds is to go: `fedctl delete -f`.
  std::vector<kube::ObjectKey> removed = {};  ///< Federated objects of the host that are to go: `fedctl delete TYPE NAME`.
  /// Called with what the host holds before it is rendered, and may change it: to render what is not written yet.
  std::function<void(std::vector<manifest::Manifest>& held)> amend = {};
};

/// A plan, with all that it was made of and points into.
struct Planned {
  std::shared_ptr<const Scope> scope;
  std::vector<manifest::Manifest> manifests;       ///< That were rendered: the input's and the host's; the input's win.
  std::vector<manifest::Manifest> not_propagated;  ///< Of a host: what is in no cluster for now, as its type is disabled.
  federation::TypeTable types;
  std::string default_namespace;            ///< Of objects of the input that name none.
  federation::ClusterObjects host_objects;  ///< What of the input belongs to the host itself.
  federation::Rendered rendered;            ///< For the chosen clusters.
  plan::Plan plan;

  /// Null without a host.
  const HostScope* host() const { return scope->host ? &*scope->host : nullptr; }
  std::vector<const manifest::Manifest*> all_manifests() const;

  /// The manifests that are the user's, taken out of it: what the next plan is made of.
  std::vector<manifest::Manifest> take_inputs();
};

/// Learns the types, looks at what preferences depend on, renders, and asks the clusters. With a host also reads what that holds, and plans
/// its own changes. Errors: whatever keeps a plan from being made at all; what is wrong with one federated object of a host is in
/// `rendered.failures` and `plan.errors`.
Result<std::unique_ptr<Planned>> make_plan(http::Loop& loop, std::shared_ptr<const Scope> scope, Inputs inputs, const PlanOptions& options);

}  // namespace fedctl::planning
