#pragma once

#include "failover/database.hpp"
#include "failover/evidence.hpp"
#include "failover/site.hpp"

#include <string>

/// One thing done with a side's database, by its driver (database.hpp).
namespace fedctl::failover {

Task<Result<data::Standing>> look_at_database(Site& site, std::string cluster, time::Duration timeout);
Task<Result<data::Standing>> glance_at_database(Site& site, std::string cluster, time::Duration timeout);
Task<Result<Examined>> examine_database(Site& site, std::string cluster, time::Duration timeout);
Task<Result<data::Frozen>> freeze_database(Site& site, std::string cluster, time::Duration timeout);
Task<Result<Done>> thaw_database(Site& site, std::string cluster, time::Duration timeout);
Task<Result<Done>> open_to_readers(Site& site, std::string cluster, time::Duration timeout);
Task<Result<HeldReplay>> hold_replay(Site& site, std::string cluster, time::Duration timeout);
Task<Result<Done>> release_replay(Site& site, std::string cluster, time::Duration timeout);

/// What the journal keeps of a freeze.
FrozenEvidence evidence_of(const data::Frozen& frozen);

}  // namespace fedctl::failover
