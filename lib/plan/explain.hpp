#pragma once

#include "federation/render.hpp"
#include "kube/field_name.hpp"
#include "kube/resource.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedctl::plan {

/// What rendering saw and made.
struct Scene {
  std::span<const manifest::Manifest> manifests;
  const fleet::Fleet& fleet;
  const federation::TypeTable& types;
  std::string default_namespace;
  const federation::Rendered& rendered;
};

/// Where a field of an object comes from.
struct FieldOrigin {
  kube::Leaf leaf;
  std::optional<nlohmann::json> value;            ///< Masked where it is secret; nothing where an override takes the field away.
  std::string source;                             ///< "template", "override 1", "the manifest", "fedctl".
  std::string place;                              ///< file:line:column; empty for what fedctl sets itself.
  std::optional<nlohmann::json> instead_of = {};  ///< What the template has there.
  bool left_to_cluster = false;                   ///< Only the first apply sets it (retainReplicas).
};

struct ClusterExplanation {
  std::string cluster;
  bool wanted = false;
  std::string reason;  ///< Why the object is wanted there, or not.
  std::string place;
  std::vector<FieldOrigin> fields;  ///< In the object's order, then those that are taken away.
};

struct Explanation {
  kube::ObjectKey key;
  std::string manifest;  ///< "FederatedDeployment production/web"
  std::string place;
  std::vector<ClusterExplanation> clusters;  ///< Those of `Scene::rendered`.
};

/// Why each object that `named` means is in each cluster, or not, and where its fields come from. Pure; empty where nothing is meant.
std::vector<Explanation> explain(const Scene& scene, const kube::Named& named);

/// Leaves only the field `wanted` and what is in it. Errors: not_found where no cluster's object has it.
Result<void> keep_field(std::vector<Explanation>& explanations, const std::string& wanted);

}  // namespace fedctl::plan
