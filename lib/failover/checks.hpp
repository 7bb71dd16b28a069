#pragma once

#include "base/task.hpp"
#include "failover/site.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::failover {

/// Looks at a cluster by one check; what is wrong, or nothing.
Task<std::optional<Error>> run_check(Site& site, Check check, std::string cluster);

/// What each of the policy's checks says of a cluster now.
struct CheckResult {
  std::string name;
  std::optional<Error> problem;
};
Task<std::vector<CheckResult>> run_checks(Site& site, std::string cluster);

/// What a vantage elsewhere says of a cluster.
enum class View { up, down, unknown };
Task<View> ask_vantage(Site& site, Vantage vantage, std::string cluster, time::Duration timeout);

}  // namespace fedctl::failover
