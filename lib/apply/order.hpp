#pragma once

#include "plan/plan.hpp"

#include <cstddef>
#include <vector>

namespace fedctl::apply {

/// One step of an apply: a change, or a mere meeting point of several.
struct Step {
  const plan::Change* change = nullptr;  ///< Null: nothing to do, but to wait for `after`.
  std::vector<std::size_t> after;        ///< Positions of the steps that must be done before; always smaller than its own.
};

/// The changes of a cluster that do something (bookkeeping, creates, updates, deletes, refreshed marks), as a graph: what does not depend
/// on each other is sent at the same time. An object comes after
///  - its namespace, the definition of its type, and the list of the set that it is part of;
///  - what it names (kube/references.hpp), and classes and rights that hold in the whole cluster;
///  - in its namespace, if it runs Pods: quotas, limits, network policies, disruption budgets, rights; if its kind is not Kubernetes' own:
///    accounts, configuration and claims too.
/// Webhooks, admission policies and API services come when all else is there, since they could stand in its way. Deletes come last, in
/// reverse: what runs, what it leaned on, definitions, namespaces. Then the set's list again.
std::vector<Step> steps_of(const plan::ClusterPlan& plan);

/// Is it a CustomResourceDefinition, whose objects must wait until it is established?
bool is_definition(const kube::ObjectKey& key);

}  // namespace fedctl::apply
