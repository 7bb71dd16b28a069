#pragma once

#include "base/task.hpp"
#include "failover/site.hpp"
#include "failover/view.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::failover {

/// What one look at a cluster says.
struct CheckAnswer {
  std::optional<Error> problem;  ///< Nothing where all is well.
  /// False where it could not be asked through what is wrong with us, not with the cluster: a variable that is not set, a Secret or a file
  /// that cannot be read, credentials that are not taken. That says nothing of the cluster.
  bool is_vote = true;
  /// The host itself says that it is gone, by refusing the connection or by telling that its database is shut down. Silence may be the
  /// way's.
  bool is_proof = false;
};

/// The connection strings that were read, by cluster: what they are read from may be cut off just when they are needed.
using KnownConnections = std::map<std::string, std::string>;

/// Looks at a cluster by one check. `known` outlives it.
Task<CheckAnswer> ask_check(Site& site, Check check, std::string cluster, KnownConnections& known);

/// What is wrong, for whatever reason, or nothing.
Task<std::optional<Error>> run_check(Site& site, Check check, std::string cluster);

/// What each of the policy's checks says of a cluster now.
struct CheckResult {
  std::string name;
  std::optional<Error> problem;
};
Task<std::vector<CheckResult>> run_checks(Site& site, std::string cluster);

/// Asks a vantage elsewhere how it sees a cluster.
Task<View> ask_vantage(Site& site, Vantage vantage, std::string cluster, time::Duration timeout);

}  // namespace fedctl::failover
