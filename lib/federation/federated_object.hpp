#pragma once

#include "base/error.hpp"
#include "federation/override.hpp"
#include "federation/placement.hpp"
#include "federation/type_table.hpp"
#include "fleet/fleet.hpp"
#include "manifest/manifest.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::federation {

/// The overrides of one cluster, and where each stands in the manifest ("/spec/overrides/0/clusterOverrides/1").
struct ClusterOverrides {
  std::vector<Override> items;
  std::vector<std::string> parts;
};

/// A FederatedX manifest, checked and taken apart.
struct FederatedObject {
  const manifest::Manifest* manifest = nullptr;
  TargetType target;
  std::string name;
  std::string name_space;  ///< Of the objects it makes; empty for cluster-scoped ones.
  nlohmann::json base;     ///< The template with apiVersion, kind, name and namespace put in.
  bool template_names_version = false;
  bool retain_replicas = false;
  Placement placement;
  std::map<std::string, ClusterOverrides> overrides;
};

/// Errors, all with their place: unknown_kind for a FederatedX whose X is not known; invalid_input for unknown fields and
/// bad placements; invalid_override for a cluster that the fleet lacks, a cluster or path that stands twice, a forbidden path
/// and a bad op. As in KubeFed one bad override fails the object for every cluster; here it fails the whole run.
Result<FederatedObject> read_federated(const manifest::Manifest& manifest, const TypeTable& types, const fleet::Fleet& fleet,
                                       const std::string& default_namespace);

}  // namespace fedctl::federation
