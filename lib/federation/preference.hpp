#pragma once

#include "base/error.hpp"
#include "base/time.hpp"
#include "federation/replica_schedule.hpp"
#include "kube/object.hpp"
#include "manifest/manifest.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::federation {

/// A ReplicaSchedulingPreference (scheduling.kubefed.io/v1alpha1), checked and taken apart.
struct Preference {
  const manifest::Manifest* manifest = nullptr;
  std::string name;        ///< And its target's.
  std::string name_space;  ///< And its target's.
  std::string target_kind;
  std::int64_t total = 0;
  bool rebalance = false;
  bool intersect = false;  ///< Only clusters that the target's clusterSelector means.
  ClusterPreferences clusters;
  /// Ours: how long a cluster may be not ready before its replicas go elsewhere.
  time::Duration unhealthy_grace{0};
  /// Ours: at most this many replicas move at once; the next ones move when those are ready.
  std::optional<std::int64_t> max_shift;

  std::string key() const { return name_space + "/" + name; }

  /// What the planner is to be asked; the candidates are still to come.
  ScheduleRequest request() const {
    return {.key = key(), .total = total, .rebalance = rebalance, .preferences = clusters, .candidates = {}};
  }
};

bool is_preference(const kube::GroupVersionKind& type);

/// Beside `spec.clusters` the maps `spec.minReplicas` and `spec.maxReplicas` (ours, not KubeFed's) may name each cluster's.
/// Errors, all with their place: invalid_input for unknown fields, a targetKind that is none of FederatedDeployment, FederatedReplicaSet
/// and FederatedStatefulSet, numbers that are negative or no whole numbers of 32 bits, a minimum above its maximum, and a minimum or
/// maximum that is given twice and differs.
Result<Preference> read_preference(const manifest::Manifest& manifest, const std::string& default_namespace);

/// Two manifests that speak of one target: error invalid_input, at the second.
Result<void> check_one_preference_each(const std::vector<Preference>& preferences);

}  // namespace fedctl::federation
