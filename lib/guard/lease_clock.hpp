#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace fedctl::guard {

/// How long what a guard holds is good for, by the guard's own monotonic clock: until the ttl after the moment at which the last renewal
/// that succeeded was sent. Whoever fences the side waits for the ttl after that, so by then the database must take no writes.
///
/// Of the ttl, a half is for renewing (three tries), a quarter for making the database read-only, and a quarter for stopping it where that
/// fails.
class LeaseClock {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit LeaseClock(time::Duration ttl) : ttl_(ttl) {}

  /// How often to renew, and how long one try may take.
  time::Duration pace() const { return ttl_ / 6; }
  time::Duration patience() const { return ttl_ / 4; }
  /// How long one look at the database may take when it must be made harmless, and one try of whether it could be.
  time::Duration glance() const { return ttl_ / 12; }
  /// For how long it may be unknown whether the database could be kept from taking writes: then the Lease must not be held any more.
  time::Duration allowance() const { return ttl_ / 3; }

  void renewed(Instant sent) {
    last_ = std::max(last_.value_or(sent), sent);
    is_revoked_ = false;
  }
  /// All other databases showed that they still followed this one at the moment `sent` (failsafe.hpp). That extends what holds `now`, and
  /// never begins anew what is over: then only a renewal does.
  void confirmed(Instant sent, Instant now) {
    if (may_write(now)) confirmed_ = std::max(confirmed_.value_or(sent), sent);
  }
  /// The side is fenced: writes end now. Whoever fenced it waits no longer than until `ends_at`.
  void revoke() { is_revoked_ = true; }

  bool may_write(Instant now) const { return last_ && !is_revoked_ && now < freeze_at(); }
  /// By the Lease alone?
  bool is_leased(Instant now) const { return last_ && !is_revoked_ && now < *last_ + ttl_ / 2; }
  /// A renewal should have been done by now: the others may have to confirm instead.
  bool is_overdue(Instant now) const { return last_ && now >= *last_ + ttl_ / 4; }
  /// Was it ever renewed?
  bool was_held() const { return last_.has_value(); }

  /// When to begin making the database harmless, so that it is by `ends_at`: half of the ttl before.
  Instant freeze_at() const { return last_ ? freeze_after(counts_from()) : Instant::min(); }
  /// The same for a renewal that was sent then, if it was carried out.
  Instant freeze_after(Instant sent) const { return sent + ttl_ / 2; }
  Instant ends_at() const { return last_ ? counts_from() + ttl_ : Instant::min(); }

 private:
  Instant counts_from() const { return std::max(*last_, confirmed_.value_or(*last_)); }

  time::Duration ttl_;
  std::optional<Instant> last_;       ///< When the last renewal that counts was sent.
  std::optional<Instant> confirmed_;  ///< When the record was written that all others confirmed last.
  bool is_revoked_ = false;
};

}  // namespace fedctl::guard
