#include "data/checkup.hpp"

#include "data/fence.hpp"
#include "data/role.hpp"

#include <charconv>

namespace fedctl::data {
namespace {

Result<std::vector<std::string>> names(Connection& connection, const std::string& statement, Deadline deadline) {
  const auto rows = connection.query(statement, deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<std::string> found;
  for (const Row& row : *rows) found.push_back(row.at(0).value_or(""));
  return found;
}

}  // namespace

Result<Checkup> examine(Connection& connection, Deadline deadline) {
  Checkup checkup;
  auto missing = missing_rights(connection, deadline);
  if (!missing) return Failure{missing.error()};
  checkup.missing_rights = std::move(*missing);
  auto subscriptions = names(connection, "SELECT subname FROM pg_subscription WHERE subenabled ORDER BY 1", deadline);
  if (!subscriptions) return Failure{subscriptions.error()};
  checkup.subscriptions = std::move(*subscriptions);
  auto workers = background_workers(connection, deadline);
  if (!workers) return Failure{workers.error()};
  checkup.workers = std::move(*workers);
  auto slots = names(connection, "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1", deadline);
  if (!slots) return Failure{slots.error()};
  checkup.logical_slots = std::move(*slots);
  const auto rows =
      connection.query("SELECT (SELECT count(*) FROM pg_prepared_xacts), current_setting('synchronous_standby_names')", deadline);
  if (!rows) return Failure{rows.error()};
  const std::string count = rows->at(0).at(0).value_or("0");
  std::from_chars(count.data(), count.data() + count.size(), checkup.prepared);
  checkup.synchronous_standbys = rows->at(0).at(1).value_or("");
  return checkup;
}

}  // namespace fedctl::data
