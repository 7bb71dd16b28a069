#pragma once

#include "kube/object.hpp"
#include "plan/plan.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace fedctl::apply {

/// The stages of an apply: what is in one stage goes out at once, what is in a later one waits for it.
/// Namespaces; CustomResourceDefinitions (and until they are established); a set's parent; what workloads lean on (accounts, rights,
/// quotas, configuration, storage); everything else; webhooks and API services, which could stand in the way of the rest; deletes; a set's
/// parent again.
enum class Stage { namespaces, definitions, sets, foundations, workloads, gates, deletes, sets_again };

Stage stage_of(const kube::ObjectKey& key);

/// The changes of a cluster that do something (bookkeeping, creates, updates, deletes, refreshed marks), grouped by stage in order; no
/// empty groups.
std::vector<std::vector<const plan::Change*>> stages_of(const plan::ClusterPlan& plan);

}  // namespace fedctl::apply
