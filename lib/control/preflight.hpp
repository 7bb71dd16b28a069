#pragma once

#include "control/join.hpp"

#include <nlohmann/json.hpp>

namespace fedctl::control {

/// What join found out before it wrote anything.
struct Preflight {
  Config config;
  std::vector<FederatedType> types;
  nlohmann::json cluster;   ///< The KubeFedCluster, where it is joined already.
  nlohmann::json account;   ///< The member's ServiceAccount, where it exists.
  std::string cluster_uid;  ///< Of the member's kube-system namespace.
};

/// Asks both sides at once. Errors as `join`'s.
Task<Result<Preflight>> preflight(Host host, Member member, JoinOptions options, std::string account_name);

}  // namespace fedctl::control
