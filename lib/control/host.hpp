#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "control/names.hpp"
#include "fleet/health.hpp"
#include "kube/client.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fedctl::control {

enum class Scope { cluster, namespaced };
std::string_view to_string(Scope scope);

/// The host cluster, and where in it the control plane is.
struct Host {
  kube::Client* client = nullptr;
  std::string name;        ///< What members call it in their objects' names: the context, or --host-cluster-name.
  std::string name_space;  ///< --kubefed-namespace.
};

/// A type that is federated, from its FederatedTypeConfig.
struct FederatedType {
  std::string name;  ///< Of the FederatedTypeConfig: "deployments.apps".
  kube::Resource target;
  kube::Resource federated;
  bool enabled = true;  ///< spec.propagation.
  nlohmann::json config;
};

/// What KubeFedConfig says that matters to us.
struct Config {
  Scope scope = Scope::cluster;
  bool adopt_resources = true;
  fleet::HealthRule health = {};
  nlohmann::json object;
};

/// Errors: not_found, with how to make one, where there is no KubeFedConfig (or not even its type).
Task<Result<Config>> read_config(Host host);

/// Every KubeFedCluster of the control plane, by name. Errors as read_config's.
Task<Result<std::vector<nlohmann::json>>> read_clusters(Host host);

/// Every FederatedTypeConfig of the control plane, by name. Errors as read_config's.
Task<Result<std::vector<FederatedType>>> read_types(Host host);

FederatedType federated_type_of(const nlohmann::json& config);

/// Names that come from a context are refused where they cannot be part of an object's name.
Result<void> check_host_name(const std::string& name);

}  // namespace fedctl::control
