#pragma once

#include "failover/fields.hpp"
#include "failover/policy.hpp"

#include <string>
#include <vector>

namespace fedctl::failover {

/// `replication` of a policy's database: a mode, or a map of `mode`, `quorum` and `giveUpAfter`. What is wrong with it is kept in `parent`.
Replication read_replication(const Fields& parent, const std::vector<std::string>& clusters);

}  // namespace fedctl::failover
