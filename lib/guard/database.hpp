#pragma once

#include "base/task.hpp"
#include "data/fence.hpp"
#include "failover/site.hpp"

#include <memory>
#include <string>

namespace fedctl::guard {

/// The guarded database, over two sessions that are kept open: one for looks, and one, the hand, that keeps the database from taking writes
/// when it must. Both are there before a partition, a changed password or applications that hold all connections could keep them out.
class Database {
 public:
  Database(failover::Site& site, std::string side);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Reads the connection string; what was read before stays where that fails. Errors as `failover::connection_of`.
  Task<Result<Done>> find_connection();

  /// Where its log is, and what the policy's own query counts, where that can be told.
  Task<Result<data::Standing>> look(time::Duration patience);

  /// Tells whether the database could be kept from taking writes just now. The hand must answer, and its role must have the rights.
  /// Sessions that the role may not end count only where the server cannot be stopped either, by a program (`has_stop`) or by `kill`.
  /// Errors: why not.
  Task<Result<Done>> try_hand(bool has_stop, time::Duration patience);

  /// Ends who came in all the same: a login that was under way when the door was closed.
  Task<Result<Done>> sweep(time::Duration patience);

  /// Is it certain that nobody listens there?
  Task<bool> is_refused(time::Duration patience);

  Task<Result<data::Frozen>> freeze(time::Duration patience);
  Task<Result<Done>> thaw(time::Duration patience);

  /// The last resort: ends the server by SIGKILL, where it was seen to run on this machine; one that somebody starts again is closed.
  /// Errors: not_found where it has ended already; rejected where it was not seen, or may not be ended.
  Task<Result<Done>> kill(time::Duration patience);
  bool can_kill() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::guard
