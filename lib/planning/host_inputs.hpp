#pragma once

#include "base/error.hpp"
#include "manifest/manifest.hpp"
#include "planning/planned.hpp"

#include <string>
#include <vector>

namespace fedctl::planning {

/// The user's manifests and those that a host holds, as one input.
struct HostInputs {
  std::vector<manifest::Manifest> manifests;       ///< To be rendered.
  std::vector<manifest::Manifest> not_propagated;  ///< In no cluster for now, since their types are disabled or lack a namespace.
  std::vector<std::string> notices;
};

/// Reads what the host holds. `with_policies`: FailoverPolicies too, which matter only where something may go.
Result<std::vector<manifest::Manifest>> read_held(http::Loop& loop, const HostScope& host, bool with_policies);

/// Puts both together; what is to go comes as `removed`. Pure.
/// Errors: conflict where --prune would delete every copy there is; not_found for what is to go and is not held.
Result<HostInputs> host_inputs(const HostScope& host, std::vector<manifest::Manifest> files, std::vector<manifest::Manifest> held,
                               const PlanOptions& options, const std::string& default_namespace);

}  // namespace fedctl::planning
