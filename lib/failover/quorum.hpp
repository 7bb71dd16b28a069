#pragma once

#include "failover/policy.hpp"
#include "failover/state.hpp"
#include "failover/survey.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// What synchronous replication promises of a primary that is gone: pure, from a survey.
namespace fedctl::failover {

/// As whom a side's database receives from its primary (application_name), which is how that tells its standbys apart.
std::string standby_name(const std::string& cluster);

/// The synchronous_standby_names of this primary by which commits wait as the policy says; "" where it does not say so.
std::string wanted_names(const Policy& policy, const std::string& primary);

/// The standbys of which some had each commit on their disks before it was acknowledged.
struct Quorum {
  std::size_t standbys = 0;         ///< N: how many there are.
  std::size_t confirming = 0;       ///< W: how many of them had it.
  std::size_t read = 0;             ///< R: how many could be asked now.
  std::vector<std::string> unread;  ///< The clusters of the others.
  std::string most_advanced;        ///< Of those that were read.
  bool has_receiving = false;       ///< One that was read still receives, so a primary that is not fenced may go on acknowledging.

  /// Is one of those that were read certain to have each commit?
  bool is_read() const { return read + confirming > standbys; }
};

/// Nothing where it is not proven that commits of `from` waited.
std::optional<Quorum> quorum_of(const State& state, const Survey& survey, const std::string& from);

/// Whether the new side has all that the old one acknowledged.
struct QuorumVerdict {
  std::string basis;    ///< How that is known.
  std::string problem;  ///< Why it is not; empty: it is.
};

/// Nothing where the policy promises nothing now, so that the loss is what looks at the primary say (loss.hpp). `is_fenced`: it
/// acknowledges nothing any more.
std::optional<QuorumVerdict> judge_quorum(const Policy& policy, const State& state, const Survey& survey, const std::string& from,
                                          const std::string& to, bool is_fenced);

/// What the new primary's commits wait for, from its promotion on.
struct SynchronousPlan {
  std::string has;    ///< synchronous_standby_names as it is on the standby.
  std::string now;    ///< As it is to be when it is promoted: enough standbys answer to it by then, or it is "".
  std::string later;  ///< As it is to be once enough standbys stream; "" where there is nothing more to set.
  bool changes() const { return has != now; }
};
SynchronousPlan plan_synchronous(const Policy& policy, const State& state, const Survey& survey, const std::string& from,
                                 const std::string& to);

/// Behind what else the step does: "; its synchronous_standby_names becomes '' before ..."; "" where nothing is set.
std::string promotion_text(const SynchronousPlan& plan);

/// Keeps with the state what was seen of the active side. What is proven holds only as long as the primary says the same.
void remember_synchronous(State& state, const Survey& survey, const std::string& active);

}  // namespace fedctl::failover
