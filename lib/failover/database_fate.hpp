#pragma once

#include "failover/followers.hpp"
#include "failover/state.hpp"

#include <string>
#include <vector>

namespace fedctl::failover {

/// What becomes of a side's database in a run.
struct DatabaseFate {
  std::string cluster;
  std::string text;
  bool is_problem = false;  ///< A person has to see to it afterwards.
};

/// Of every side of a policy with a database, in the policy's order.
std::vector<DatabaseFate> database_fates(const Policy& policy, const Survey& survey, const std::string& from, const std::string& to,
                                         RunKind kind);

}  // namespace fedctl::failover
