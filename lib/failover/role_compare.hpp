#pragma once

#include "failover/role_switch.hpp"
#include "failover/survey.hpp"

#include <string>
#include <vector>

/// Are the roles still those that the last failover gave?
namespace fedctl::failover {

/// An object whose roles are not those of the state; or one of which that could not be found out.
struct RoleDifference {
  std::string cluster;  ///< Empty: of the manifest, or of the federated object in the host.
  std::string object;   ///< "Deployment production/shop"
  std::string text;     ///< What differs.
  std::string hint;     ///< What to do.
};

/// How a live object's role differs from what it should be (both without what no output shows): its mark, and each field and variable
/// that `settings` speak of; "" where nothing does. A standby that is scaled to zero is as a fence left it, and no difference.
std::string role_difference(const nlohmann::json& live, const nlohmann::json& wanted, const std::vector<Setting>& settings,
                            bool is_standby);

/// Compares what the targets' manifests say, and what the clusters that `survey` reached hold, with the state. Nothing is compared before
/// the first failover, and while a run is not finished. Writes nothing (dry runs).
std::vector<RoleDifference> compare_roles(Site& site, const State& state, const Survey& survey);

}  // namespace fedctl::failover
