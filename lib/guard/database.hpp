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

  Task<Result<data::Standing>> look(time::Duration patience);

  /// Could the database be kept from taking writes just now? The hand answers, and its role has the rights. Errors: why not.
  Task<Result<Done>> try_hand(time::Duration patience);

  Task<Result<data::Frozen>> freeze(time::Duration patience);
  Task<Result<Done>> thaw(time::Duration patience);

  /// The last resort: ends the server by SIGKILL, where it was seen to run on this machine. Errors: not_found where it was not; rejected.
  Task<Result<Done>> kill(time::Duration patience);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedctl::guard
