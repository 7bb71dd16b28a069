#pragma once

#include "base/error.hpp"
#include "fleet/fleet.hpp"
#include "manifest/manifest.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace fedctl::federation {

/// Where a federated object goes.
struct Placement {
  std::set<std::string> clusters;
  std::vector<std::string> unknown;  ///< Names in `placement.clusters` that are no cluster of the fleet.
};

/// What is wrong with a placement, and where in it ("/clusterSelector/matchExpressions/0").
struct PlacementProblem {
  std::string part;
  std::string message;
};

/// `spec.placement` as KubeFed reads it: `clusters` wins, even when empty; without it `clusterSelector` is matched on the
/// clusters' labels, an empty one selecting all; neither selects none.
tl::expected<Placement, PlacementProblem> place(const nlohmann::json& placement, const fleet::Fleet& fleet);

/// The clusters that the placements of federated manifests and the preferences name: a fleet for what works offline.
fleet::Fleet fleet_named_in(std::span<const manifest::Manifest> manifests);

/// Whether a placement means a cluster, why, and by which part of it ("/clusters/1").
struct Choice {
  bool selected = false;
  std::string part;
  std::string reason;
};

/// Of a placement that `place` reads without a problem.
Choice choice_of(const nlohmann::json& placement, const fleet::Cluster& cluster);

/// Kubernetes' label selector: matchLabels and matchExpressions with In, NotIn, Exists, DoesNotExist.
tl::expected<bool, PlacementProblem> matches(const nlohmann::json& selector, const std::map<std::string, std::string>& labels);

/// The same as a query knows it: "app=web,tier in (a,b),!old".
std::string to_text(const nlohmann::json& selector);

}  // namespace fedctl::federation
