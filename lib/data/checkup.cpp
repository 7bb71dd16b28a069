#include "data/checkup.hpp"

#include "data/fence.hpp"
#include "data/role.hpp"
#include "data/upstream.hpp"

namespace fedctl::data {
namespace {

Result<std::vector<std::string>> names(Connection& connection, const std::string& statement, Deadline deadline) {
  const auto rows = connection.query(statement, deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<std::string> found;
  for (const Row& row : *rows) found.push_back(row.at(0).value_or(""));
  return found;
}

/// What only standbys have.
Result<void> examine_upstream(Checkup& checkup, Connection& connection, Deadline deadline) {
  const auto upstream = upstream_of(connection, deadline);
  // Roles that may not see the setting may not change it either.
  if (!upstream && upstream.error().code != Code::rejected) return Failure{upstream.error()};
  if (upstream) checkup.upstreams = addresses_of(upstream->conninfo).value_or(std::vector<Address>{});
  auto missing = missing_to_follow(connection, deadline);
  if (!missing) return Failure{missing.error()};
  checkup.missing_to_follow = std::move(*missing);
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
  auto slots = names(connection, "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1", deadline);
  if (!slots) return Failure{slots.error()};
  checkup.logical_slots = std::move(*slots);
  const auto rows = connection.query(
      "SELECT (SELECT count(*) FROM pg_prepared_xacts), current_setting('synchronous_standby_names'), pg_is_in_recovery()", deadline);
  if (!rows) return Failure{rows.error()};
  checkup.prepared = whole_number(rows->at(0).at(0));
  checkup.synchronous_standbys = rows->at(0).at(1).value_or("");
  if (rows->at(0).at(2) == "t") {
    if (auto examined = examine_upstream(checkup, connection, deadline); !examined) return Failure{examined.error()};
  }
  return checkup;
}

}  // namespace fedctl::data
