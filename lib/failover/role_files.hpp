#pragma once

#include "failover/policy.hpp"
#include "failover/roles.hpp"
#include "manifest/manifest.hpp"

#include <span>
#include <string>
#include <vector>

namespace fedctl::failover {

/// What a file with targets says, and what it has to say so that its roles are those of `active`.
struct RoleFile {
  std::string name;
  std::string before;
  std::string after;
  std::vector<std::string> objects = {};  ///< Those that change: "FederatedDeployment production/shop".
  bool is_rewritten = false;              ///< One of its documents could only be written anew, without its comments (base/yaml_edit.hpp).

  bool changes() const { return before != after; }
};

/// The files in which the policy's targets stand, each once; nothing is written. Errors: not_found for a target that is in none; of
/// `with_roles`; of `yaml::edit`; of a file that cannot be read again.
Result<std::vector<RoleFile>> role_files(const Policy& policy, const ActiveSide& active, std::span<const manifest::Manifest> manifests);

}  // namespace fedctl::failover
