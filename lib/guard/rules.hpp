#pragma once

#include "data/standing.hpp"
#include "failover/guard_lease.hpp"
#include "failover/policy.hpp"
#include "failover/state.hpp"
#include "guard/failsafe.hpp"
#include "guard/lease_clock.hpp"

#include <optional>
#include <string>

namespace fedctl::guard {

/// What a guard knows, and what it may and must do. Pure: it is told what happened, when, and asked what to do next; guard.cpp does it.
/// Three hands ask, side by side: one renews the Lease, one makes the database harmless, and one has the other databases confirm that they
/// follow while the Lease is not renewed (failsafe.hpp).
class Rules {
 public:
  using Instant = LeaseClock::Instant;

  Rules(time::Duration ttl, std::string holder, Failsafe failsafe = {})
      : clock_(ttl), holder_(std::move(holder)), failsafe_(std::move(failsafe)) {}

  const LeaseClock& clock() const { return clock_; }
  const Failsafe& failsafe() const { return failsafe_; }
  const failover::GuardLease& lease() const { return lease_; }
  const std::optional<data::Standing>& standing() const { return standing_; }
  const std::string& unable() const { return unable_; }
  bool is_fenced() const { return lease_.fenced_by != 0; }
  bool is_frozen() const { return is_frozen_; }
  bool was_renewed() const { return was_renewed_; }
  bool may_write(Instant now) const { return clock_.may_write(now) && !is_fenced(); }

  /// What a look at the database that began at `begun` told; nothing where it did not answer.
  void looked(Instant begun, std::optional<data::Standing> seen) {
    standing_ = std::move(seen);
    looked_at_ = begun;
  }

  /// Whether the database could be kept from taking writes, tried from `begun` on; `problem`: why it could not, empty where it could.
  void tried(Instant begun, std::string problem);

  /// The Lease as it is when the guard begins; nothing where the host does not say. Then one before us may hold what ends soon, so the
  /// database must be harmless at once; else there is time for a first renewal.
  void begin(Instant now, std::optional<failover::GuardLease> there);

  /// Somebody else took the Lease that was given up.
  bool is_of_another() const { return lease_.is_held() && lease_.holder != holder_ && gave_up_; }

  /// A renewal says that the database could be closed just now; a short while without one is no reason to give the Lease up, so then it is
  /// read only. So is that of another guard.
  bool only_reads(Instant now) const { return is_of_another() || (!unable_.empty() && is_able(now)); }

  /// When to look, try and renew next, if `planned` is when that is due: not later than the moment from which on the Lease must be given
  /// up. Else that would come when the database has to be harmless already.
  Instant next_round(Instant now, Instant planned) const;

  /// What is to be written into the Lease. What was sent when is what counts, not when the answer came.
  struct Renewal {
    failover::GuardLease lease;
    std::string holder;  ///< Empty: it is given up, for the database could not be kept from taking writes for too long.
    Instant sent;
    std::int64_t number;  ///< Of those that this guard sent.
  };
  Renewal renewal(Instant now);

  /// What is worth telling of a renewal that succeeded.
  struct News {
    bool is_given_up = false;
    bool is_renewed_again = false;
  };
  News renewed(const Renewal& renewal, failover::GuardLease written);

  /// It did not; is that news?
  bool renewal_failed();

  /// The Lease as somebody else wrote it. True where a fence is news: then nothing may be written any more.
  bool read(failover::GuardLease theirs);

  /// The other databases, as far as they replayed while the Lease is renewed: could they confirm?
  void others_replayed(const Replayed& replayed) { failsafe_.saw(replayed); }

  /// Is it worth having the others confirm: a renewal is overdue, and what they confirm would count? It counts only for what may go on,
  /// takes writes, and could be kept from it.
  bool wants_confirmation(Instant now) const { return clock_.is_overdue(now) && could_go_on(now); }

  /// All others have replayed what was written after `sent`. True where it is news that the guard goes on by that.
  bool confirmed(Instant sent, Instant now);

  /// Does it go on by what the others confirm? Ended by a renewal, and when the database must be made harmless.
  bool goes_on() const { return goes_on_; }

  /// The guard ends, and could tell nobody: whoever fences the side believes what the Lease says, so the database must be made harmless.
  void abandon() { clock_.revoke(); }

  /// For how long the database may be left as it is: nobody relies on us while the Lease holds, or it was given up and no failover asks.
  /// Nothing: it must be made harmless now.
  std::optional<time::Duration> rest(Instant now) const;

  /// How long to wait between two tries to make it harmless, and to see that it is.
  time::Duration pace_of_freezing() const;

  /// How long one try to close the database may take. One that answered, and is only slow, has until a quarter of the ttl is left, in which
  /// it can be stopped: that is long where a failover fences the side early.
  time::Duration patience_of_freezing(Instant now) const;

  /// Is it being closed just now? That tells whether it can be, so nothing else needs to try.
  bool is_closing() const { return touched_at_ == Instant::max(); }

  /// May a glance tell that the database is harmless already: it was closed by us, or was a standby?
  bool is_glance_enough() const { return is_frozen_ || (standing_ && standing_->in_recovery); }

  /// What such a glance says. A standby takes no writes. What this process closed stays closed while it looks so, or does not answer.
  enum class Glance { standby, closed, unseen, harmful };
  Glance glanced(const std::optional<data::Standing>& seen);

  /// The database is about to be closed: some of it may be, whatever comes of it.
  void freezing();
  /// It was closed, and its log ended at `end`.
  void frozen(Instant now, data::Lsn end);
  /// It is not known whether it was.
  void not_frozen(Instant now) { touched_at_ = now; }

  /// May it be stopped? A guard that never asked for the Lease has promised nothing.
  bool may_stop() const { return clock_.was_held() || claimed_at_ || is_fenced(); }

  /// How long a program that stops it may run: nothing where it may take as long as it wants. There must be time left to end it, for which
  /// it has `grace`, and then the server.
  std::optional<time::Duration> time_to_stop(Instant now, bool can_kill, time::Duration grace) const;

  /// Its server has ended. True where a failover is to be told by a renewal.
  bool stopped();

  /// Does a failover wait to be told that the database is harmless?
  bool is_awaited() const { return is_fenced() && !lease_.is_harmless; }

  /// It is harmless, as `seen`. True where a failover is to be told by a renewal, so that it need not wait for the ttl.
  bool acknowledges(data::Standing seen);

  /// Is the database closed by a guard although the Lease lets it take writes? What the others confirm opens nothing.
  bool wants_to_thaw(Instant now);

  /// And does the state say that it may: the side is the active one, and no run is under way?
  bool may_thaw(Instant now, const failover::Policy& policy, const failover::State& state, const std::string& side) const;
  /// It is about to be opened: whatever comes of it, it is not known to be closed any more.
  void thawing() { is_frozen_ = false; }
  /// It was opened, by what began at `begun`; a freeze that came between may hold, or not.
  void thawed(Instant begun);

 private:
  void ended();
  bool is_able(Instant now) const { return able_at_ && (is_closing() || now - *able_at_ <= clock_.allowance()); }
  bool could_go_on(Instant now) const;

  LeaseClock clock_;
  std::string holder_;
  Failsafe failsafe_;
  failover::GuardLease lease_ = {};
  Instant looked_at_ = Instant::min();
  Instant touched_at_ = Instant::min();    ///< When the last try to close the database was over; while one is under way: never.
  Instant begins_until_ = Instant::min();  ///< A guard that begins has time for a first renewal.
  std::optional<data::Standing> standing_ = {};
  std::optional<Instant> able_at_ = {};          ///< When the database could last have been kept from taking writes.
  std::string unable_ = "it was not tried yet";  ///< Why it could not be kept from it the last time; empty: it could.
  bool gave_up_ = false;                         ///< The Lease says that nobody guards, since this guard is unable to.
  /// When it was first asked for, since it was given up or at all: where the answer is lost, it may be ours.
  std::optional<Instant> claimed_at_ = {};
  bool is_frozen_ = false;             ///< This process proved it: it closed the database, or ended the server.
  bool may_thaw_ = true;               ///< The database may have been closed by a guard: by us, or by one before us.
  std::optional<data::Lsn> end_ = {};  ///< Where its log ended when this process closed it.
  bool was_renewed_ = true;            ///< Whether the last renewal succeeded, so that only changes are reported.
  bool goes_on_ = false;               ///< By what the other databases confirm.
};

}  // namespace fedctl::guard
