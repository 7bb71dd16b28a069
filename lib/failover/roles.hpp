#pragma once

#include "base/error.hpp"
#include "failover/policy.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::failover {

/// The federated object with the overrides that make `active` the active cluster of the policy, and all its others standbys. Only what
/// the roles speak of is touched; done again it changes nothing. Variables are found by the names of container and variable, in the object
/// as the cluster has it; where all are there each gets an override of its own, else the container's whole env does. Errors:
/// invalid_override for a container that is not there, overrides that have no place, and a template without containers.
Result<nlohmann::json> with_roles(nlohmann::json federated, const Policy& policy, const std::string& active);

/// Which of the policy's clusters has the role active by the object's overrides; empty: none, or more than one.
std::string active_of(const nlohmann::json& federated, const Policy& policy);

}  // namespace fedctl::failover
