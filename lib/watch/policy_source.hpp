#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "failover/site.hpp"

namespace fedctl::watch {

/// Where the policy that is watched is written, so that a change of it is taken up.
class PolicySource {
 public:
  virtual ~PolicySource() = default;

  /// Is something else written there than what was read last, or tried to be? Says so once for each change, and only when it was seen twice
  /// alike: a file may be half written. Cheap; false where it cannot be looked at now.
  virtual Task<bool> has_changed() = 0;

  /// Reads it again, with all that it speaks of and needs; blocks. It stays there until the next one is read, or for good with
  /// `keep`. Errors: the policy's, its clusters'; not_found with what it needs and is not there.
  virtual Result<failover::Site*> read() = 0;

  /// What was read last is in force from now on, and the one before is used no more.
  virtual void keep() = 0;
};

}  // namespace fedctl::watch
