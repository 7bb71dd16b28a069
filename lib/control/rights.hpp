#pragma once

#include "control/host.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace fedctl::control {

/// How much a member lets the host's account do.
enum class Rights {
  full,     ///< Everything, as KubeFed wants it.
  minimal,  ///< What the enabled types need.
};

/// The account that a host has in a member.
struct Account {
  std::string name;        ///< "CLUSTER-HOST".
  std::string name_space;  ///< Where it lives.
  Scope scope = Scope::cluster;

  std::string role_name() const { return "kubefed-controller-manager:" + name; }
  std::string health_role_name() const { return "kubefed-controller-manager:" + name_space + ":healthcheck-" + name; }
};

/// A role and the binding that gives it to the account.
struct Grant {
  kube::Resource role_type;
  nlohmann::json role;
  kube::Resource binding_type;
  nlohmann::json binding;
};

/// Scope Cluster: one ClusterRole. Scope Namespaced: a Role, and a ClusterRole for health checks. Names and, with full rights,
/// rules are KubeFed's.
std::vector<Grant> grants_of(const Account& account, Rights rights, std::span<const FederatedType> types);

}  // namespace fedctl::control
