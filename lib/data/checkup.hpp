#pragma once

#include "base/error.hpp"
#include "data/conninfo.hpp"
#include "data/postgres.hpp"
#include "data/synchronous.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::data {

/// What stands in the way of moving away from a server, or to it.
struct Checkup {
  std::vector<std::string> missing_rights;          ///< Of our role (role.hpp).
  std::int64_t prepared = 0;                        ///< Transactions that are prepared, and neither committed nor rolled back.
  std::vector<std::string> subscriptions;           ///< Enabled ones, which write into it.
  std::vector<std::string> workers;                 ///< Types of background workers of extensions (fence.hpp).
  std::vector<std::string> logical_slots;           ///< Their readers do not follow to another server by themselves.
  Synchronous synchronous;                          ///< For whom its commits wait, or would as a primary.
  std::vector<std::string> missing_to_synchronize;  ///< The rights that our role lacks to change that.
  std::vector<Address> upstreams;                   ///< A standby: where its primary_conninfo leads, in the order in which it is tried.
  std::optional<Address> sender;                    ///< A standby that receives: which of these it receives from.
  std::string application_name;                     ///< A standby: as whom it receives, where its primary_conninfo says so.
  std::vector<std::string> missing_to_follow;       ///< A standby: the rights that our role lacks to make it follow another server.
  std::vector<std::string> missing_to_pause;        ///< A standby: those that it lacks to keep it from replaying for a while.
};

/// Errors: what the server says.
Result<Checkup> examine(Connection& connection, Deadline deadline);

}  // namespace fedctl::data
