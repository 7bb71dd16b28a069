#pragma once

#include "base/error.hpp"
#include "data/postgres.hpp"
#include "data/standing.hpp"

#include <string>
#include <vector>

/// How far standbys have replayed a primary's log: what shows that they still follow it, without comparing clocks.
namespace fedctl::data {

/// A standby that a primary sends its log to, as the standby last answered. Who only keeps the log (pg_receivewal, pg_basebackup) replays
/// nothing, and who decodes it (logical replication) is no copy: neither is one.
struct Stream {
  std::string name;  ///< application_name of its primary_conninfo, else its cluster_name, else "walreceiver".
  Lsn replayed = 0;
};
Result<std::vector<Stream>> streams_of(Connection& primary, Deadline deadline);

/// Writes a record that changes nothing, and returns where the log is behind it: who has replayed the log up to there did so after this was
/// called. It is on the disk when this returns, so that it is sent, and waits for no standby.
/// Errors: rejected where the server takes no writes.
Result<Lsn> mark_log(Connection& primary, Deadline deadline);

/// Where a standby's replay is.
struct ReplayPosition {
  Lsn replayed = 0;
  std::string started;  ///< When the server started: a standby that starts anew replays again what it had replayed.
  bool is_paused = false;
  bool operator==(const ReplayPosition&) const = default;
};
Result<ReplayPosition> replay_position(Connection& standby, Deadline deadline);

/// It goes on receiving, and replays nothing more until `resume_replay`, a promotion or a restart. No standby: nothing happens.
/// Errors: rejected where our role may not.
Result<void> pause_replay(Connection& standby, Deadline deadline);
Result<void> resume_replay(Connection& standby, Deadline deadline);

}  // namespace fedctl::data
