#pragma once

#include "base/error.hpp"
#include "plan/plan.hpp"

#include <span>
#include <string>
#include <vector>

namespace fedctl::plan {

/// What went wrong in one cluster.
struct ClusterErrors {
  std::string cluster;
  std::span<const Error> errors;
};

/// The errors of several clusters, each once, in the order in which they first come: what more than one cluster says names them behind its
/// message, "(in tokyo-cluster, ireland-cluster)", or "(in all 3 clusters)" where `asked` is how many there are.
std::vector<Error> shared_errors(std::span<const ClusterErrors> clusters, std::size_t asked);

/// The same of a plan's clusters.
std::vector<Error> shared_errors(const Plan& plan);

/// Is the change unknown because of one of the cluster's errors, which say more than it does?
bool is_explained(const ClusterPlan& cluster, const Change& change);

}  // namespace fedctl::plan
