#pragma once

#include "control/host.hpp"
#include "kube/resource.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::control {

inline constexpr std::string_view default_federated_group = "types.kubefed.io";
inline constexpr std::string_view default_federated_version = "v1beta1";

/// What stands for `target` in the host: FederatedDeployment, federateddeployments.types.kubefed.io.
kube::Resource federated_resource(const kube::Resource& target, const std::string& group, const std::string& version);

struct Schema {
  bool has_replicas = false;            ///< The target has an integer spec.replicas.
  nlohmann::json template_schema = {};  ///< Null: any object.
};

/// The CustomResourceDefinition of the federated type, as KubeFed makes it.
nlohmann::json definition_of(const kube::Resource& target, const kube::Resource& federated, const Schema& schema);

/// The FederatedTypeConfig, named after the target's plural and group.
nlohmann::json config_of(const kube::Resource& target, const kube::Resource& federated, const std::string& name_space);

}  // namespace fedctl::control
