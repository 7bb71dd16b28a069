#pragma once

#include "base/error.hpp"
#include "federation/render.hpp"
#include "inspect/examine.hpp"
#include "inspect/removal.hpp"
#include "kube/discovery.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fedctl::inspect {

/// `plan` of a cluster that could not be asked: everything that is wanted there is unknown.
plan::ClusterPlan unknown_plan(plan::ClusterPlan plan, const federation::ClusterObjects& desired, const Error& error);

plan::ClusterPlan unknown_plan(const federation::ClusterObjects& desired, const Error& error);

/// What is left alone because the cluster is not ready is unknown too, and never pruned.
void add_left_alone(plan::ClusterPlan& plan, const federation::ClusterObjects& desired);
bool is_left_alone(const federation::ClusterObjects& desired, const kube::ObjectKey& key);

/// Settles an object of whose type the cluster serves nothing: an error of the plan, or unknown where the type's API group does not answer.
void settle_unserved(Item& item, const kube::Discovery& discovery, plan::ClusterPlan& plan);

/// What may be there and is to go, but is of a type that the cluster does not show: of an API group that does not answer, of a group that
/// every cluster serves, or of a type that the set's parent lists (`listed`, as group_kind() says it). What is not shown is not gone.
std::vector<plan::Change> hidden_removals(const std::string& cluster, const kube::Discovery& discovery,
                                          const std::vector<federation::Absence>& absences, const std::optional<Prune>& prune,
                                          const std::set<std::string>& listed);

/// The error for an object whose namespace is neither in the cluster nor in the input; `refusal` is the server's.
Error without_namespace(Error refusal, const federation::DesiredObject& desired);

/// Where a preference decided on the replicas, the change says so.
void give_reason(plan::Change& change, const federation::DesiredObject& desired);

}  // namespace fedctl::inspect
