#pragma once

#include "federation/scheduling.hpp"
#include "federation/type_table.hpp"
#include "fleet/health.hpp"
#include "http/loop.hpp"
#include "kube/client.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

/// What preferences go by: which clusters are ready, what of their targets runs, and how much more would fit.
namespace fedctl::inspect {

/// A cluster that was not ready when somebody looked so long ago may have been ready since.
inline constexpr std::chrono::hours longest_gap{1};

struct ObserveOptions {
  fleet::HealthRule health = {};
  bool capacity_by_nodes = false;                           ///< Not only by Pods that could not be scheduled.
  std::map<std::string, time::Instant> unready_since = {};  ///< Clusters that are known to be not ready, as a host's statuses tell.
  std::filesystem::path cache = {};                         ///< Where is kept since when clusters are not ready.
};

/// Asks all clusters at once. Without a preference among the manifests nobody is asked anything.
/// A cluster that fails a probe is probed again until failure_threshold is reached or one succeeds, a second apart at most.
federation::Observation observe(http::Loop& loop, const std::vector<kube::Client*>& clients, std::span<const manifest::Manifest> manifests,
                                const std::string& default_namespace, const ObserveOptions& options);

}  // namespace fedctl::inspect
