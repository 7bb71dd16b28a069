#pragma once

#include "fleet/fleet.hpp"
#include "http/loop.hpp"
#include "kube/client.hpp"
#include "kube/discovery_cache.hpp"
#include "kube/readiness.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How objects fare in the clusters: as wanted or not, changed by others or not, ready or not.
namespace fedctl::inspect {

enum class Sync {
  synced,   ///< As the input wants it.
  pending,  ///< The input wants something else, and nobody meddled.
  drifted,  ///< Others changed it since the last apply.
  missing,
  leaving,  ///< There, and the input wants it gone.
  conflict,
  foreign,  ///< There, and nobody's copy.
  unknown,  ///< The cluster, or its answer, could not be had.
};

std::string_view to_string(Sync sync);

/// Of what runs Pods.
struct Replicas {
  long wanted = 0;
  long current = 0;
  long ready = 0;
};

struct ObjectStatus {
  kube::ObjectKey key;
  Sync sync = Sync::unknown;
  std::string note = {};                          ///< Why, or who changed what.
  std::optional<kube::Readiness> readiness = {};  ///< Of what is there and takes time to get ready.
  std::optional<Replicas> replicas = {};
};

struct ClusterFare {
  std::string cluster;
  std::optional<Error> problem;  ///< Why nothing is known of it.
  std::vector<Error> errors;     ///< Of objects that cannot be as wanted there.
  std::vector<ObjectStatus> objects;
};

/// The part of a plan that is about it.
plan::Plan only(plan::Plan plan, const kube::Named& named);

/// Of everything that a plan speaks of. Beside the plan it takes one list a workload type and namespace.
std::vector<ClusterFare> status_of(http::Loop& loop, const std::vector<kube::Client*>& clients, const plan::Plan& plan);

/// Of one object, of which nothing is known but what the clusters say of it.
/// Errors: unknown_kind and usage, where no cluster knows such a type.
Result<std::vector<ClusterFare>> status_of(http::Loop& loop, const std::vector<kube::Client*>& clients, const kube::Named& named,
                                           kube::DiscoveryCache cache);

}  // namespace fedctl::inspect
