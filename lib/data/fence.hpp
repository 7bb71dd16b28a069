#pragma once

#include "base/error.hpp"
#include "data/postgres.hpp"
#include "data/standing.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Keeps a primary from taking writes while its server stays up, so that its standby can receive the rest, and proves it.
///
/// A default is no fence: any session may say BEGIN READ WRITE. So the door is closed as well: `session_preload_libraries` names a library
/// that is not there (`fence_library`), and every new session ends before its first statement, whatever its role and its options say. Only
/// superusers, and roles that may SET that parameter, can leave it out, which is how this program passes. Sessions for replication do not
/// load it. Nothing of it is written to the log, so no standby takes it over.
namespace fedctl::data {

/// What is proven of a primary that takes no writes.
struct Frozen {
  Lsn end = 0;                ///< Where its log ended: behind the last write of anybody.
  bool is_flushed = false;    ///< The log is on disk up to there, so standbys receive all of it.
  std::int64_t ended = 0;     ///< How many sessions were ended.
  std::int64_t prepared = 0;  ///< Prepared transactions. Nobody can finish them while the door is closed.
  time::Duration still{0};    ///< For how long it was seen that no transaction took place.
};

/// Makes new sessions read-only by default, closes the door, ends all sessions but ours and those for replication, and watches until it is
/// seen that nothing was written. `connection` stays usable; `conninfo` is for trying the door as an application would. Done again it does
/// no harm. Errors: rejected where it is not proven, with what could still write; conflict for a standby, which is left as it is; what the
/// server says.
Result<Frozen> freeze(Connection& connection, const std::string& conninfo, Deadline deadline);

/// Ends once more who could write: a login that was under way since before the door was closed, and only now went on, say.
Result<void> sweep(Connection& connection, Deadline deadline);

/// The superusers whose sessions our role may not end.
Result<std::vector<std::string>> unendable(Connection& connection, Deadline deadline);

/// The names of the logical subscriptions that are enabled, which write.
Result<std::vector<std::string>> subscriptions(Connection& connection, Deadline deadline);

/// The types of the background workers of extensions, which come back by themselves when they are ended.
Result<std::vector<std::string>> background_workers(Connection& connection, Deadline deadline);

/// Takes writes again, where something of the above was done.
Result<void> thaw(Connection& connection, const std::string& conninfo, Deadline deadline);

/// Opens the door alone: a standby lets readers in, and takes no writes anyway.
Result<void> open_door(Connection& connection, Deadline deadline);

}  // namespace fedctl::data
