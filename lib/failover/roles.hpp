#pragma once

#include "base/error.hpp"
#include "failover/policy.hpp"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::failover {

/// Who is active, and by which run.
struct ActiveSide {
  std::string cluster;
  std::int64_t token = 0;  ///< The run's; 0: none ever was.
};

/// The federated object with the overrides that make `active` the active cluster of the policy, and all its others standbys. Only what
/// the roles speak of is touched; done again it changes nothing. With a token it says so too, on itself and by overrides on its copies
/// (federation/role_mark.hpp), in place of what it said before; without one nothing is added and nothing taken away. Variables are found by
/// the names of container and variable, in the object as the cluster has it; where all are there each gets an override of its own, else the
/// container's whole env does. Errors: invalid_override for a container that is not there, overrides that have no place, and a template
/// without containers.
Result<nlohmann::json> with_roles(nlohmann::json federated, const Policy& policy, const ActiveSide& active);

/// Where in an object its containers are, as a JSON Pointer; empty where it has none.
std::string containers_path(const nlohmann::json& object);

/// The variables of a container of an object, by name; of two of one name the last, as kubelets take it. A variable is its text where it
/// has one, and its whole entry otherwise (valueFrom).
std::map<std::string, nlohmann::json> variables_in(const nlohmann::json& object, const std::string& container);

/// Which of the policy's clusters has the role active by the object's overrides; empty: none, or more than one.
std::string active_of(const nlohmann::json& federated, const Policy& policy);

}  // namespace fedctl::failover
