#pragma once

#include "base/task.hpp"
#include "failover/guard_lease.hpp"
#include "failover/site.hpp"
#include "kube/client.hpp"

#include <cstdint>
#include <string>

namespace fedctl::failover {

/// Where a guard's Lease is.
struct GuardPlace {
  kube::Client* host = nullptr;
  std::string name_space;
  std::string name;  ///< object_name(..., "guard.CLUSTER").
  std::string cluster;
};

/// Where the guard of a side has its Lease; null `host` where there is no host.
GuardPlace guard_place(const Site& site, const std::string& cluster);

/// No Lease, which only a 404 of the API server tells, is no error. `patience` is for the one try there is; none: as long as requests may
/// take. Errors: the host's; not_kubernetes for an answer that is no Lease, which must not pass for a guard that is not there.
Task<Result<GuardLease>> read_guard(GuardPlace place, time::Duration patience = {});

/// From now on no renewal of the guard succeeds until it has seen the fence: what it holds ends its ttl after this returns, at the latest.
/// Errors: the host's.
Task<Result<GuardLease>> fence_guard(GuardPlace place, std::int64_t token);

/// The side may take writes again. Yields the Lease by which the guard is told.
Task<Result<GuardLease>> unfence_guard(GuardPlace place);

/// The guard's own: makes or renews the Lease, in one try. `lease.object` is what was read before. Errors: conflict where somebody wrote it
/// since.
Task<Result<GuardLease>> renew_guard(GuardPlace place, GuardLease lease, std::string holder, time::Duration ttl, time::Duration patience);

}  // namespace fedctl::failover
