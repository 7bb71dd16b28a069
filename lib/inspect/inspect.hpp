#pragma once

#include "base/task.hpp"
#include "federation/render.hpp"
#include "federation/type_table.hpp"
#include "fleet/connect.hpp"
#include "inspect/removal.hpp"
#include "kube/client.hpp"
#include "kube/discovery_cache.hpp"
#include "plan/judge.hpp"
#include "plan/plan.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Asks the clusters what a plan needs to know, in as few round trips as can be, and has lib/plan judge the answers.
namespace fedctl::inspect {

class Schemas;

struct Options {
  plan::JudgeOptions judge;
  bool label_owns = false;  ///< The managed label alone makes a copy ours to delete: a host's federated object vouches for it.
  /// Many new objects of a type are not dry-run one by one; one list says that they are new. For applies nobody looks at before.
  bool trusts_creates = false;
  bool reads_all = false;       ///< Reads and dry-runs every object, also what its metadata says is unchanged.
  bool reads_removals = false;  ///< Reads what is to go, to show it whole.
  bool isolate = false;         ///< An object that a cluster refuses fails alone; else its cluster's whole plan does.
  bool host = false;            ///< Of the host's own objects: they are the user's, whoever wrote them last, and carry no label.
  /// With --set: keeps its parent, in the clusters.
  std::optional<federation::ApplySet> set = {};
  std::optional<Prune> prune = {};        ///< What else is to go.
  bool create_namespaces = false;         ///< A namespace that is neither in the input nor in the cluster becomes a create.
  bool identify = false;                  ///< Find out which cluster it is, for plans that are saved.
  kube::DiscoveryCache cache = {};        ///< Where discovery answers are kept.
  std::shared_ptr<Schemas> schemas = {};  ///< Shared by the clusters of one run; of an inspection's own where there is none.
};

/// Plans one cluster. An object that the cluster cannot be asked about comes back as unknown, never as absent.
///
/// For the unchanged, one list of metadata a type is all that travels. What may have changed is read and dry-run; what our
/// label does not find is dry-run, and read where the dry run says it exists.
Task<plan::ClusterPlan> inspect(kube::Client& client, const federation::ClusterObjects& desired, Options options);

/// Plans every cluster at the same time. `clients` are in the order of `rendered.clusters`.
plan::Plan inspect_fleet(http::Loop& loop, const fleet::Clients& clients, const federation::Rendered& rendered, Options options);

/// Fills `types` with what the clusters' discovery says about types it lacks; clusters that do not answer are passed over.
/// Returns how many answered.
std::size_t learn_types(http::Loop& loop, const fleet::Clients& clients, std::span<const kube::GroupVersionKind> unknown,
                        federation::TypeTable& types, const Options& options);

}  // namespace fedctl::inspect
