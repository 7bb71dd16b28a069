#pragma once

#include "base/error.hpp"
#include "data/conninfo.hpp"
#include "data/postgres.hpp"

#include <optional>
#include <string>

/// From whom a standby receives, and how it is told to receive from another server.
namespace fedctl::data {

/// What a standby's settings say (https://www.postgresql.org/docs/15/runtime-config-replication.html#RUNTIME-CONFIG-REPLICATION-STANDBY).
struct Upstream {
  std::string conninfo;  ///< primary_conninfo; it may hold a password. Empty: the standby only reads the archive.
  std::string slot;      ///< primary_slot_name; empty: none.
};
Result<Upstream> upstream_of(Connection& standby, Deadline deadline);

/// The server that a standby receives from now; none where it receives nothing, or our role may not see it.
Result<std::optional<Address>> sender_of(Connection& standby, Deadline deadline);

/// Makes a standby receive from where `conninfo` leads, now and after a restart.
/// Errors: rejected where our role may not, or the server does not take the setting over.
Result<void> set_upstream(Connection& standby, const std::string& conninfo, Deadline deadline);

/// Makes sure that a server has a physical replication slot of this name. One that it makes keeps the log from now on.
Result<void> keep_slot(Connection& server, const std::string& slot, Deadline deadline);

}  // namespace fedctl::data
