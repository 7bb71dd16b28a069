#include "data/upstream.hpp"

#include <chrono>
#include <thread>

namespace fedctl::data {
namespace {

constexpr std::chrono::milliseconds between_reads{20};

}  // namespace

Result<Upstream> upstream_of(Connection& standby, Deadline deadline) {
  const auto rows = standby.query("SELECT current_setting('primary_conninfo'), current_setting('primary_slot_name')", deadline);
  if (!rows) return Failure{rows.error()};
  return Upstream{rows->at(0).at(0).value_or(""), rows->at(0).at(1).value_or("")};
}

Result<std::optional<Address>> sender_of(Connection& standby, Deadline deadline) {
  // Those who may not see it are told that it is NULL.
  const auto rows = standby.query("SELECT sender_host, sender_port FROM pg_stat_wal_receiver WHERE sender_host IS NOT NULL", deadline);
  if (!rows) return Failure{rows.error()};
  if (rows->empty()) return std::nullopt;
  return address_of(rows->at(0).at(0).value_or(""), rows->at(0).at(1).value_or(""));
}

Result<void> set_upstream(Connection& standby, const std::string& conninfo, Deadline deadline) {
  // ALTER SYSTEM takes no parameters.
  const auto set = standby.query("ALTER SYSTEM SET primary_conninfo = " + literal(conninfo), deadline);
  if (!set) return Failure{set.error()};
  const auto reloaded = standby.query("SELECT pg_reload_conf()", deadline);
  if (!reloaded) return Failure{reloaded.error()};
  while (true) {
    const auto now = upstream_of(standby, deadline);
    if (!now) return Failure{now.error()};
    if (now->conninfo == conninfo) return {};
    if (std::chrono::steady_clock::now() + between_reads >= deadline) {
      return Failure{{.code = Code::rejected,
                      .message = "the server does not take primary_conninfo over",
                      .hint = "see in pg_file_settings, or on its command line, what else sets it"}};
    }
    std::this_thread::sleep_for(between_reads);
  }
}

Result<void> keep_slot(Connection& server, const std::string& slot, Deadline deadline) {
  const std::vector<std::string> parameters{slot};
  const auto made = server.query(
      "SELECT pg_create_physical_replication_slot($1, true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)",
      parameters, deadline);
  if (!made) return Failure{made.error()};
  return {};
}

}  // namespace fedctl::data
