#pragma once

#include "apply/apply.hpp"
#include "planning/planned.hpp"

#include <vector>

namespace fedctl::planning {

struct CarriedOut {
  std::vector<apply::ClusterResult> results;  ///< The host's first, where it had changes.
  std::vector<Error> errors;                  ///< Of the host: statuses and federated objects that could not be written.
};

/// Carries the plan out. With a host: the host's changes; then all members; then removed federated objects leave the host, whose copies
/// are gone everywhere; last each federated object's status, in KubeFed's form, where it changed.
CarriedOut carry_out(http::Loop& loop, const Planned& planned, const apply::Options& options, const apply::Listener& listener);

}  // namespace fedctl::planning
