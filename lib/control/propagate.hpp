#pragma once

#include "apply/apply.hpp"
#include "control/controller.hpp"
#include "control/host.hpp"
#include "control/member.hpp"
#include "federation/render.hpp"
#include "inspect/inspect.hpp"
#include "inspect/observe.hpp"
#include "manifest/manifest.hpp"
#include "plan/plan.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace fedctl::control {

struct PropagateOptions {
  fleet::ConnectOptions connect = {};
  inspect::Options inspect = {};
  federation::RenderOptions render = {};
  std::vector<std::string> only = {};  ///< Clusters; empty: all that are joined.
  bool prune = false;              ///< Copies whose federated object is gone go too; with files, so do federated objects that left them.
  std::string set = {};            ///< Name of the set that the files are.
  bool capacity_by_nodes = false;  ///< Of preferences: what the nodes have left caps a cluster.
  bool renders_only = false;       ///< No cluster is asked, and `plan` stays empty.
  bool remove_files = false;       ///< What the files hold is to go: `fedctl delete -f`.
  std::vector<kube::ObjectKey> remove = {};  ///< Federated objects of the host that are to go: `fedctl delete TYPE NAME`.
  /// Looks at what the host holds before it is rendered, and may change it: to render what is not written yet.
  std::function<void(std::vector<manifest::Manifest>& held)> amend = {};
};

/// What a host holds, what its clusters should hold, and what is to be done about it.
struct Propagation {
  Host host;
  Config config;
  std::vector<FederatedType> types;
  Controller controller;                      ///< While one is alive only the host is written.
  Members members;                            ///< Those of `only`.
  std::string default_namespace;              ///< Of files' objects that name none.
  bool narrowed = false;                      ///< Some clusters were not looked at, because of `only`.
  std::vector<manifest::Manifest> manifests;  ///< The files' and the host's; the files' win.
  std::size_t rendered_count = 0;             ///< So many of them, the first, were rendered.
  fleet::Fleet whole_fleet;                   ///< All that are joined; they were rendered for.
  federation::TypeTable type_table;           ///< They were rendered with.
  federation::ClusterObjects host_objects;    ///< What of the files belongs to the host itself.
  federation::Rendered rendered;
  plan::Plan plan;
};

/// Reads the host and the files, renders, and asks the clusters. Errors: whatever keeps a plan from being made at all; what is
/// wrong with one federated object of the host is in `rendered.failures`.
Result<std::unique_ptr<Propagation>> plan_propagation(http::Loop& loop, Host host, std::vector<manifest::Manifest> files,
                                                      PropagateOptions options);

struct Propagated {
  std::vector<apply::ClusterResult> results;  ///< The host's first, where it had changes.
  std::vector<Error> errors;                  ///< Of the host: statuses and federated objects that could not be written.
};

/// Carries the plan out: the host's changes; then all members; then removed federated objects leave the host, whose copies are gone
/// everywhere; last each federated object's status, in KubeFed's form, where it changed.
Propagated carry_out(http::Loop& loop, Propagation& propagation, const apply::Options& options, const apply::Listener& listener);

}  // namespace fedctl::control
