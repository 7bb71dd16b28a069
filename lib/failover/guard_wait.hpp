#pragma once

#include "base/time.hpp"
#include "failover/guard_lease.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::failover {

/// What a failover that fenced a side may conclude of its guard: pure, by the steady clock of whoever waits. No renewal succeeds from the
/// fence on, so what the guard holds ends its ttl after the fence was written, by the guard's clock; `at`, when the answer came, is later.
///
/// A guard that may go on without its host, as long as the other databases replay what its own writes, holds on beyond that. For such a one
/// the ttl counts anew from when the replay of a standby was seen to stand still, and the wait is over only once it was asked after that,
/// and stood where it stood. The proof is in guard/failsafe.hpp.
class GuardWait {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// `fenced`: the Lease with the run's token in it. `ttl`: of the policy.
  GuardWait(const GuardLease& fenced, time::Duration ttl, Instant at)
      : longest_(with_slack(std::max(fenced.ttl, ttl))),
        at_(at),
        token_(fenced.fenced_by),
        is_held_(fenced.is_held()),
        witnesses_(fenced.failsafe) {}

  /// From the fence on, or from when the replay stood still.
  time::Duration longest() const { return longest_; }
  time::Duration waited(Instant now) const { return std::chrono::duration_cast<time::Duration>(now - at_); }
  bool is_over(Instant now) const {
    if (!may_go_on()) return waited(now) >= longest_;
    return still_at_ && *still_at_ >= std::max(at_, *since_) + longest_;
  }

  /// Does the end of the wait prove anything? A guard that had given its Lease up promised nothing.
  bool is_proof() const { return is_held_; }

  /// The guard says that it saw this fence, and that its database takes no writes.
  bool is_acknowledged(const GuardLease& lease) const { return lease.is_harmless && lease.fenced_by == token_; }

  /// Without its host; and by what these databases confirm.
  bool may_go_on() const { return !witnesses_.empty(); }
  const std::vector<std::string>& witnesses() const { return witnesses_; }

  /// Must this standby be kept from replaying, and does that end the guard?
  bool is_ended_by(const std::string& standby) const { return std::ranges::find(witnesses_, standby) != witnesses_.end(); }

  /// The standby's replay stands at `position`, as it answered at `answered` when it was asked at `asked`.
  void saw(const std::string& position, Instant asked, Instant answered) {
    if (position_ && *position_ == position) {
      still_at_ = asked;
      return;
    }
    position_ = position;
    since_ = answered;
    still_at_.reset();
  }

  /// Will it not be over by waiting on, with this standby, a look at which takes `patience` at most?
  bool is_in_vain(Instant now, const std::string& standby, time::Duration patience) const {
    if (!may_go_on()) return false;
    return waited(now) >= (is_ended_by(standby) ? longest_ * 2 + patience : longest_);
  }

 private:
  /// The guard's clock may run a little slower than ours.
  static time::Duration with_slack(time::Duration ttl) { return ttl + ttl / 50 + time::Duration{250}; }

  time::Duration longest_;
  Instant at_;
  std::int64_t token_;
  bool is_held_;
  std::vector<std::string> witnesses_;
  std::optional<std::string> position_ = {};
  std::optional<Instant> since_ = {};     ///< All of the log up to `position_` was written by then.
  std::optional<Instant> still_at_ = {};  ///< When it was last asked, and still stood there.
};

}  // namespace fedctl::failover
