#include "data/role.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <array>
#include <span>

namespace fedctl::data {
namespace {

struct Right {
  const char* name;
  const char* test;   ///< An SQL expression.
  const char* grant;  ///< "GRANT" and what follows, up to the role.
};

constexpr std::array<Right, 11> rights{{
    {"membership in pg_monitor", "pg_has_role('pg_monitor', 'USAGE')", "GRANT pg_monitor"},
    {"membership in pg_signal_backend", "pg_has_role('pg_signal_backend', 'USAGE')", "GRANT pg_signal_backend"},
    {"membership in pg_checkpoint", "pg_has_role('pg_checkpoint', 'USAGE')", "GRANT pg_checkpoint"},
    {"ALTER SYSTEM on default_transaction_read_only", "has_parameter_privilege('default_transaction_read_only', 'ALTER SYSTEM')",
     "GRANT ALTER SYSTEM ON PARAMETER default_transaction_read_only"},
    {"ALTER SYSTEM on session_preload_libraries", "has_parameter_privilege('session_preload_libraries', 'ALTER SYSTEM')",
     "GRANT ALTER SYSTEM ON PARAMETER session_preload_libraries"},
    {"SET on session_preload_libraries", "has_parameter_privilege('session_preload_libraries', 'SET')",
     "GRANT SET ON PARAMETER session_preload_libraries"},
    {"EXECUTE on pg_reload_conf", "has_function_privilege('pg_reload_conf()', 'EXECUTE')", "GRANT EXECUTE ON FUNCTION pg_reload_conf()"},
    {"EXECUTE on pg_promote", "has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE')",
     "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer)"},
    {"SELECT on pg_file_settings", "has_table_privilege('pg_file_settings', 'SELECT')", "GRANT SELECT ON pg_file_settings"},
    {"EXECUTE on pg_show_all_file_settings", "has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')",
     "GRANT EXECUTE ON FUNCTION pg_show_all_file_settings()"},
    {"EXECUTE on pg_control_system", "has_function_privilege('pg_control_system()', 'EXECUTE')",
     "GRANT EXECUTE ON FUNCTION pg_control_system()"},
}};

/// What it takes to make a standby follow another server.
constexpr std::array<Right, 1> follow_rights{{
    {"ALTER SYSTEM on primary_conninfo", "has_parameter_privilege('primary_conninfo', 'ALTER SYSTEM')",
     "GRANT ALTER SYSTEM ON PARAMETER primary_conninfo"},
}};

/// What it takes to change for which standbys commits wait.
constexpr std::array<Right, 1> synchronous_rights{{
    {"ALTER SYSTEM on synchronous_standby_names", "has_parameter_privilege('synchronous_standby_names', 'ALTER SYSTEM')",
     "GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names"},
}};

/// What it takes to keep a standby from replaying for a while.
constexpr std::array<Right, 2> pause_rights{{
    {"EXECUTE on pg_wal_replay_pause", "has_function_privilege('pg_wal_replay_pause()', 'EXECUTE')",
     "GRANT EXECUTE ON FUNCTION pg_wal_replay_pause()"},
    {"EXECUTE on pg_wal_replay_resume", "has_function_privilege('pg_wal_replay_resume()', 'EXECUTE')",
     "GRANT EXECUTE ON FUNCTION pg_wal_replay_resume()"},
}};

/// The first version that has grants on parameters.
constexpr int first_with_grants = 150000;

Result<std::vector<std::string>> missing_of(Connection& connection, std::span<const Right> wanted, Deadline deadline) {
  const auto is_superuser = connection.value("SHOW is_superuser", deadline);
  if (!is_superuser) return Failure{is_superuser.error()};
  if (*is_superuser == "on") return std::vector<std::string>{};
  const auto version = connection.value("SHOW server_version_num", deadline);
  if (!version) return Failure{version.error()};
  if (whole_number(*version) < first_with_grants) return std::vector<std::string>{"SUPERUSER, before PostgreSQL 15"};
  std::string tests;
  for (const Right& right : wanted) tests += (tests.empty() ? "SELECT " : ", ") + std::string{right.test};
  const auto rows = connection.query(tests, deadline);
  if (!rows) return Failure{rows.error()};
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (rows->at(0).at(i) != "t") missing.emplace_back(wanted[i].name);
  }
  return missing;
}

}  // namespace

Result<std::vector<std::string>> missing_rights(Connection& connection, Deadline deadline) {
  return missing_of(connection, rights, deadline);
}

Result<std::vector<std::string>> missing_to_follow(Connection& connection, Deadline deadline) {
  return missing_of(connection, follow_rights, deadline);
}

Result<std::vector<std::string>> missing_to_synchronize(Connection& connection, Deadline deadline) {
  return missing_of(connection, synchronous_rights, deadline);
}

Result<std::vector<std::string>> missing_to_pause(Connection& connection, Deadline deadline) {
  return missing_of(connection, pause_rights, deadline);
}

std::string role_script(std::string_view role) {
  std::string name{role};
  text::replace_all(name, "\"", "\"\"");
  std::string script = fmt::format(
      "-- Rights of the role by which fedctl logs in. Run it as a superuser, in the database that the connection string names.\n"
      "SELECT format('CREATE ROLE %I LOGIN', {1}) WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {1}) \\gexec\n",
      name, literal(role));
  for (const Right& right : rights) script += fmt::format("{} TO \"{}\";\n", right.grant, name);
  script += "-- With guards: a failover pauses the replay of the standby that it goes to while it waits for the old side's guard.\n";
  for (const Right& right : pause_rights) script += fmt::format("{} TO \"{}\";\n", right.grant, name);
  script += fmt::format(
      "-- With more than two databases: the other standbys are told to follow the new primary, on slots of their own where they have "
      "them.\n"
      "{} TO \"{}\";\nALTER ROLE \"{}\" REPLICATION;\n",
      follow_rights.front().grant, name, name);
  script += fmt::format("-- With synchronous replication: commits wait for the standbys that are left.\n{} TO \"{}\";\n",
                        synchronous_rights.front().grant, name);
  script += fmt::format(
      "-- PostgreSQL 16 keeps reserved_connections for such roles, so that it gets in when applications hold all others.\n"
      "SELECT format('GRANT pg_use_reserved_connections TO %I', {1}) WHERE current_setting('server_version_num')::int >= 160000 \\gexec\n"
      "-- Give it a password: \\password \"{0}\"\n",
      name, literal(role));
  return script;
}

}  // namespace fedctl::data
