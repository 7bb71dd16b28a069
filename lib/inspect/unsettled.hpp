#pragma once

#include "base/error.hpp"
#include "federation/render.hpp"
#include "plan/plan.hpp"

namespace fedctl::inspect {

/// `plan` of a cluster that could not be asked: everything that is wanted there is unknown.
plan::ClusterPlan unknown_plan(plan::ClusterPlan plan, const federation::ClusterObjects& desired, const Error& error);

/// What is left alone because the cluster is not ready is unknown too.
void add_left_alone(plan::ClusterPlan& plan, const federation::ClusterObjects& desired);

/// Where a preference decided on the replicas, the change says so.
void give_reason(plan::Change& change, const federation::DesiredObject& desired);

}  // namespace fedctl::inspect
