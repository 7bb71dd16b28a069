#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "control/host.hpp"
#include "fleet/connect.hpp"
#include "fleet/fleet.hpp"
#include "fleet/health.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::control {

/// What a KubeFedCluster and the token of its Secret amount to.
/// Errors: invalid_input for an endpoint, bundle or validation that makes no sense.
Result<kubeconfig::Access> access_of(const nlohmann::json& cluster, const std::string& token);

/// The fleet that a host's KubeFedClusters are.
struct Members {
  fleet::Fleet fleet;                   ///< Named by the KubeFedClusters, with their labels.
  fleet::Clients clients;               ///< In the fleet's order; one that cannot be asked says why at every request.
  std::vector<nlohmann::json> objects;  ///< The KubeFedClusters.
  std::vector<bool> malformed;          ///< Its Secret or endpoint is unusable.
};

/// Reads the KubeFedClusters and their Secrets, all at once. No member is asked yet.
Task<Result<Members>> read_members(Host host, fleet::ConnectOptions options);

/// Client for a member, as its KubeFedCluster says.
Task<Result<std::unique_ptr<kube::Client>>> connect_member(Host host, nlohmann::json cluster, fleet::ConnectOptions options);

/// The status KubeFed's health check would write for what a probe found, with region and zones; `now` as RFC 3339.
/// As KubeFed: Ready (ClusterReady, ClusterNotReady), Offline (ClusterNotReachable, ClusterReachable), ConfigMalformed. Ours: Ready is
/// never left out, and a refused token is ClusterUnauthorized, not Offline.
nlohmann::json cluster_status(const fleet::Health& health, bool malformed, const nlohmann::json& before, const std::string& now);

/// Writes that status.
Task<Result<Done>> write_status(Host host, std::string cluster, nlohmann::json status);

}  // namespace fedctl::control
