#pragma once

#include "base/error.hpp"
#include "data/standing.hpp"

#include <string>
#include <vector>

/// For which standbys the commits of a server wait. Every change is by ALTER SYSTEM and a reload, never by a restart.
namespace fedctl::data {

struct Synchronous {
  std::string names;                   ///< synchronous_standby_names
  bool is_altered = false;             ///< It was set by ALTER SYSTEM; else by postgresql.conf, or nobody.
  std::string commit;                  ///< synchronous_commit of new sessions of ours: on, remote_apply, ...
  bool in_recovery = false;            ///< A standby: its setting counts once it is the primary.
  std::vector<std::string> streaming;  ///< application_name of each standby that streams from it.
  /// Names of `streaming` by which receivers at several addresses call themselves. A commit may wait for the wrong one of them.
  std::vector<std::string> shared;
  std::vector<std::string> exempt;  ///< Roles and databases that set a synchronous_commit which waits for no standby's disk.
};
Result<Synchronous> synchronous_of(Connection& server, Deadline deadline);

/// Does a commit with this synchronous_commit wait until standbys have it on disk?
bool waits_for_disk(const std::string& synchronous_commit);

/// Sets synchronous_standby_names; "" waits for nobody. Returns once new transactions have it.
/// Errors: rejected where our role may not, or the server does not take the setting over.
Result<void> set_synchronous_names(Connection& server, const std::string& names, Deadline deadline);

/// Puts back what `synchronous_of` found before it was set.
Result<void> restore_synchronous_names(Connection& server, const Synchronous& before, Deadline deadline);

/// A standby, or whoever calls itself by its name, as its primary sees it.
struct Receiver {
  std::string name;  ///< application_name, in small letters.
  Lsn flushed = 0;   ///< What it says to have on its disk.
};

/// Proves that commits wait for `names`: what was committed before this, and what is committed from now on, is on the disks of as many
/// of those who have these names as they say. Yields who has them; that each is the standby that is meant is for the caller to find out.
/// Errors: timeout where they do not confirm; rejected where the setting is another one, or several receivers have the same name.
Result<std::vector<Receiver>> prove_synchronous(Connection& server, const std::string& names, Deadline deadline);

}  // namespace fedctl::data
