#pragma once

#include "base/error.hpp"
#include "data/postgres.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The rights that the role needs by which this program logs in to a database.
namespace fedctl::data {

/// What to do where a right is missing.
inline constexpr const char* how_to_grant = "run what 'fedctl failover role --print-sql' prints, as a superuser";

/// What the session's role lacks for fencing and promoting, one text each: "ALTER SYSTEM on session_preload_libraries". Empty: it has all.
/// Errors: what the server says.
Result<std::vector<std::string>> missing_rights(Connection& connection, Deadline deadline);

/// The same for making a standby follow another server.
Result<std::vector<std::string>> missing_to_follow(Connection& connection, Deadline deadline);

/// The same for changing for which standbys its commits wait.
Result<std::vector<std::string>> missing_to_synchronize(Connection& connection, Deadline deadline);
/// The same for keeping a standby from replaying for a while (replay.hpp).
Result<std::vector<std::string>> missing_to_pause(Connection& connection, Deadline deadline);

/// SQL that makes the role and gives it what it needs, for a superuser to run once in the database that the connection string names. It may
/// be run again. PostgreSQL 15 and later.
std::string role_script(std::string_view role);

}  // namespace fedctl::data
