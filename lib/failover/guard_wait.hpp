#pragma once

#include "base/time.hpp"
#include "failover/guard_lease.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace fedctl::failover {

/// What a failover that fenced a side may conclude of its guard: pure, by the steady clock of whoever waits. No renewal succeeds from the
/// fence on, so what the guard holds ends its ttl after the fence was written, by the guard's clock; `at`, when the answer came, is later.
class GuardWait {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// `fenced`: the Lease with the run's token in it. `ttl`: of the policy.
  GuardWait(const GuardLease& fenced, time::Duration ttl, Instant at)
      : longest_(with_slack(std::max(fenced.ttl, ttl))), at_(at), token_(fenced.fenced_by), is_held_(fenced.is_held()) {}

  time::Duration longest() const { return longest_; }
  time::Duration waited(Instant now) const { return std::chrono::duration_cast<time::Duration>(now - at_); }
  bool is_over(Instant now) const { return waited(now) >= longest_; }

  /// Does the end of the ttl prove anything? A guard that had given its Lease up promised nothing.
  bool is_proof() const { return is_held_; }

  /// The guard says that it saw this fence, and that its database takes no writes.
  bool is_acknowledged(const GuardLease& lease) const { return lease.is_harmless && lease.fenced_by == token_; }

 private:
  /// The guard's clock may run a little slower than ours.
  static time::Duration with_slack(time::Duration ttl) { return ttl + ttl / 50 + time::Duration{250}; }

  time::Duration longest_;
  Instant at_;
  std::int64_t token_;
  bool is_held_;
};

}  // namespace fedctl::failover
