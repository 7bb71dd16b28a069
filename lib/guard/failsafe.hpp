#pragma once

#include "data/standing.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fedctl::guard {

/// How far each standby of the guarded database has replayed its log, by cluster. A database that did not answer, or is no such standby, is
/// not listed.
using Replayed = std::map<std::string, data::Lsn>;

/// May a guard that lost its Lease's host go on? While every other database of the policy shows that it still replays what this one writes,
/// none of them was promoted: Patroni calls this the failsafe mode. Pure; docs/failover.md has the same for people.
///
/// What is shown: the guard writes a record into the log at the moment m, by its own steady clock, and all others say that they have
/// replayed it. Each did so after m, whatever the network delays and whatever any clock says. (pg_stat_replication.reply_time would be no
/// such proof: it is the standby's clock, and a reply may be under way for long.) Then LeaseClock counts from m as from a renewal.
///
/// Why there are never two writers: a failover that does not hear from the guard writes its fence at f, and, where the Lease says that the
/// guard may go on, keeps one of the databases that must confirm from replaying, and sees at h where its replay stands
/// (failover/guard_wait.hpp). No renewal that was sent after f succeeds. No record that was written after h is replayed there for as long
/// as the replay is where it was at h, which the failover sees again at the end. So all that the guard ever counts from was before max(f,
/// h), and the ttl after that its database takes no writes. Afterwards nothing begins anew: `LeaseClock::confirmed` extends what holds, and
/// never what is over; only a renewal begins, and the fence refuses those.
///
/// The failover must know that the guard may go on: the Lease says so before the guard does (`may_go_on`), and names the databases.
class Failsafe {
 public:
  /// It never goes on.
  Failsafe() : Failsafe({}, false) {}

  /// `others`: the policy's clusters but the guarded one. None, or not `is_wanted`: it never goes on.
  Failsafe(std::vector<std::string> others, bool is_wanted) : others_(std::move(others)), is_wanted_(is_wanted && !others_.empty()) {}

  bool is_wanted() const { return is_wanted_; }
  const std::vector<std::string>& others() const { return others_; }

  /// Have all others replayed the log up to `mark`?
  bool is_confirmed(const Replayed& replayed, data::Lsn mark) const {
    return is_wanted_ && std::ranges::all_of(others_, [&](const std::string& cluster) {
             const auto found = replayed.find(cluster);
             return found != replayed.end() && found->second >= mark;
           });
  }

  /// The others as they were just now; only while all can confirm does the Lease say that the guard may go on.
  void saw(const Replayed& replayed) { can_confirm_ = is_confirmed(replayed, 0); }

  /// What the Lease is to say at a renewal: who must confirm. Empty: the guard does not go on.
  std::vector<std::string> offer() const { return can_confirm_ ? others_ : std::vector<std::string>{}; }

  /// A renewal with this offer is sent. One that takes the offer back counts from now on, whether or not its answer ever comes.
  std::int64_t sending(const std::vector<std::string>& offer) {
    if (offer.empty()) is_written_ = false;
    return ++sent_;
  }
  /// The renewal that `sending` gave this number was done. One that was overtaken says nothing.
  void written(std::int64_t number, const std::vector<std::string>& offer) {
    if (number == sent_) is_written_ = !offer.empty();
  }

  /// Whoever fences the side knows that it may.
  bool may_go_on() const { return is_wanted_ && is_written_; }

 private:
  std::vector<std::string> others_;
  bool is_wanted_;
  bool can_confirm_ = false;
  bool is_written_ = false;
  std::int64_t sent_ = 0;
};

}  // namespace fedctl::guard
