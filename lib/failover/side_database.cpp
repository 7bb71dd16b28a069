#include "failover/side_database.hpp"

namespace fedctl::failover {

Task<Result<data::Standing>> look_at_database(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->look(timeout);
}

Task<Result<data::Standing>> glance_at_database(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->glance(timeout);
}

Task<Result<Examined>> examine_database(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->examine(timeout);
}

Task<Result<data::Frozen>> freeze_database(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->freeze(timeout);
}

Task<Result<Done>> thaw_database(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->thaw(timeout);
}

Task<Result<Done>> open_to_readers(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->open_to_readers(timeout);
}

Task<Result<HeldReplay>> hold_replay(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->hold_replay(timeout);
}

Task<Result<Done>> release_replay(Site& site, std::string cluster, time::Duration timeout) {
  const auto database = database_of(site, cluster);
  co_return co_await database->release_replay(timeout);
}

FrozenEvidence evidence_of(const data::Frozen& frozen) {
  const FreezeProof proof{.sessions_ended = frozen.ended,
                          .prepared_transactions = frozen.prepared,
                          .is_door_closed = true,
                          .still_for = time::format_duration(frozen.still)};
  return {.lsn = frozen.end, .is_flushed = frozen.is_flushed, .proof = proof};
}

}  // namespace fedctl::failover
