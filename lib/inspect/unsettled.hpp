#pragma once

#include "base/error.hpp"
#include "federation/render.hpp"
#include "plan/plan.hpp"

#include <string>
#include <vector>

namespace fedctl::inspect {

/// `plan` of a cluster that could not be asked: everything that is wanted there is unknown.
plan::ClusterPlan unknown_plan(plan::ClusterPlan plan, const federation::ClusterObjects& desired, const Error& error);

/// What is left alone because the cluster is not ready is unknown too, and never pruned.
void add_left_alone(plan::ClusterPlan& plan, const federation::ClusterObjects& desired);
bool is_left_alone(const federation::ClusterObjects& desired, const kube::ObjectKey& key);

/// The error for an object of whose type the cluster serves nothing; `kinds` are those that it serves.
Error unserved_type(const std::string& cluster, const federation::DesiredObject& desired, const std::vector<std::string>& kinds);

/// Where a preference decided on the replicas, the change says so.
void give_reason(plan::Change& change, const federation::DesiredObject& desired);

}  // namespace fedctl::inspect
