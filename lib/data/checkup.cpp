#include "data/checkup.hpp"

#include "data/column.hpp"
#include "data/fence.hpp"
#include "data/role.hpp"
#include "data/upstream.hpp"

namespace fedctl::data {
namespace {

/// What only standbys have.
Result<void> examine_upstream(Checkup& checkup, Connection& connection, Deadline deadline) {
  const auto upstream = upstream_of(connection, deadline);
  // Roles that may not see the setting may not change it either.
  if (!upstream && upstream.error().code != Code::rejected) return Failure{upstream.error()};
  if (upstream) {
    checkup.upstreams = addresses_of(upstream->conninfo).value_or(std::vector<Address>{});
    checkup.application_name = keywords_of(upstream->conninfo).value_or(std::map<std::string, std::string>{})["application_name"];
  }
  auto sender = sender_of(connection, deadline);
  if (!sender) return Failure{sender.error()};
  checkup.sender = std::move(*sender);
  auto missing = missing_to_follow(connection, deadline);
  if (!missing) return Failure{missing.error()};
  checkup.missing_to_follow = std::move(*missing);
  auto unpausable = missing_to_pause(connection, deadline);
  if (!unpausable) return Failure{unpausable.error()};
  checkup.missing_to_pause = std::move(*unpausable);
  return {};
}

}  // namespace

Result<Checkup> examine(Connection& connection, Deadline deadline) {
  Checkup checkup;
  auto missing = missing_rights(connection, deadline);
  if (!missing) return Failure{missing.error()};
  checkup.missing_rights = std::move(*missing);
  auto enabled = subscriptions(connection, deadline);
  if (!enabled) return Failure{enabled.error()};
  checkup.subscriptions = std::move(*enabled);
  auto workers = background_workers(connection, deadline);
  if (!workers) return Failure{workers.error()};
  checkup.workers = std::move(*workers);
  auto slots = column(connection, "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1", deadline);
  if (!slots) return Failure{slots.error()};
  checkup.logical_slots = std::move(*slots);
  auto synchronous = synchronous_of(connection, deadline);
  if (!synchronous) return Failure{synchronous.error()};
  checkup.synchronous = std::move(*synchronous);
  auto missing_to_set = missing_to_synchronize(connection, deadline);
  if (!missing_to_set) return Failure{missing_to_set.error()};
  checkup.missing_to_synchronize = std::move(*missing_to_set);
  const auto prepared = connection.value("SELECT count(*) FROM pg_prepared_xacts", deadline);
  if (!prepared) return Failure{prepared.error()};
  checkup.prepared = whole_number(*prepared);
  if (checkup.synchronous.in_recovery) {
    if (auto examined = examine_upstream(checkup, connection, deadline); !examined) return Failure{examined.error()};
  }
  return checkup;
}

}  // namespace fedctl::data
