#pragma once

#include "kube/object.hpp"
#include "plan/plan.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fedctl::control {

/// What became of a federated object in a cluster, in KubeFed's words; "" when all is well.
struct ClusterState {
  std::string cluster;
  std::string state;
};

/// What was not done to which object in which cluster.
using Failed = std::set<std::pair<std::string, kube::ObjectKey>>;

/// The state of each object of the plan after an apply in which `failed` were not done.
std::map<std::pair<std::string, kube::ObjectKey>, std::string> states_of(const plan::Plan& plan, const Failed& failed);

/// The federated object's `status` as KubeFed writes it: condition Propagation and the clusters by name. Times stay where nothing
/// else changed. `reason` says what keeps it from all clusters at once (NamespaceNotFederated, ...), or is empty.
nlohmann::json propagation_status(const nlohmann::json& object, std::vector<ClusterState> clusters, const std::string& reason,
                                  const std::string& now);

}  // namespace fedctl::control
