#pragma once

#include "control/host.hpp"
#include "control/member.hpp"
#include "fleet/connect.hpp"

#include <string>
#include <vector>

namespace fedctl::control {

/// What a look at one joined cluster told.
struct Checked {
  std::string cluster;
  fleet::Health health;
  nlohmann::json status;  ///< As it was written.
};

/// Probes joined clusters, all at once, and writes the status of each KubeFedCluster, as KubeFed's health check does.
/// `only` empty: all of them. Errors: not_found for one that is not joined; what the host says.
Task<Result<std::vector<Checked>>> check_clusters(Host host, fleet::ConnectOptions options, std::vector<std::string> only);

}  // namespace fedctl::control
