#pragma once

#include "base/task.hpp"
#include "failover/site.hpp"
#include "guard/failsafe.hpp"

#include <memory>
#include <string>

namespace fedctl::guard {

/// The other databases of the policy, as witnesses that they still follow the guarded one. Each is known by the name that its stream has in
/// the guarded one's pg_stat_replication (`applicationName`); one without such a stream is asked by its own connection string, where we
/// have that. Sessions are kept open, of their own, so that a slow look elsewhere delays nothing.
class Witnesses {
 public:
  Witnesses(failover::Site& site, std::string side);
  ~Witnesses();
  Witnesses(const Witnesses&) = delete;
  Witnesses& operator=(const Witnesses&) = delete;

  /// Reads the connection strings that are not known yet; it may take as long as the host is silent.
  Task<Done> find_connections();

  /// How far each has replayed the log of the guarded database.
  Task<Replayed> look(time::Duration patience);

  /// Writes a record into the guarded database's log (data::mark_log). Errors: of the database; rejected where it takes no writes.
  Task<Result<data::Lsn>> mark(time::Duration patience);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::guard
