#pragma once

#include "base/task.hpp"
#include "data/checkup.hpp"
#include "data/fence.hpp"
#include "failover/evidence.hpp"
#include "failover/site.hpp"

#include <string>

/// One side's database, by the connection string that the policy gives it.
namespace fedctl::failover {

/// Looks at it. Errors: of the connection string; of the database.
Task<Result<data::Standing>> look_at_database(Site& site, std::string cluster, time::Duration timeout);

/// The same without counting. An interrupt does not wait for it. Errors also: cancelled.
Task<Result<data::Standing>> glance_at_database(Site& site, std::string cluster, time::Duration timeout);

/// Looks at it, and at what would stand in the way of a run; likewise.
struct Examined {
  data::Standing standing;
  data::Checkup checkup;
};
Task<Result<Examined>> examine_database(Site& site, std::string cluster, time::Duration timeout);

/// The same where the connection string has been read.
Task<Result<Examined>> examine_by(Site& site, std::string cluster, std::string connection, time::Duration timeout);

/// Keeps it from taking writes, and proves it (data/fence.hpp). Errors also: rejected where it is not proven.
Task<Result<data::Frozen>> freeze_database(Site& site, std::string cluster, time::Duration timeout);

/// Lets writes in again.
Task<Result<Done>> thaw_database(Site& site, std::string cluster, time::Duration timeout);

/// Lets readers in again, of a standby that was fenced as a primary.
Task<Result<Done>> open_to_readers(Site& site, std::string cluster, time::Duration timeout);

/// Makes it write out all that it has in memory, which takes as long as its disk does.
Task<Result<Done>> checkpoint_database(Site& site, std::string cluster, time::Duration timeout);

/// What the journal keeps of a freeze.
FrozenEvidence evidence_of(const data::Frozen& frozen);

}  // namespace fedctl::failover
