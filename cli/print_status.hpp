#pragma once

#include "inspect/status.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::cli {

/// A row an object and cluster, the replicas of several clusters summed up, what is unknown, and a last line that counts.
std::vector<std::string> status_lines(const std::vector<inspect::ClusterFare>& fares);

/// {apiVersion, kind: FleetStatus, clusters: [{name, problem, errors, objects: [{group, kind, namespace, name, sync, ready, message, note,
/// replicas: {wanted, current, ready}}]}], summary}; `ready` is left out where nobody can tell.
nlohmann::json status_document(const std::vector<inspect::ClusterFare>& fares);

/// Is everything as wanted, and ready?
bool is_all_well(const std::vector<inspect::ClusterFare>& fares);

}  // namespace fedctl::cli
