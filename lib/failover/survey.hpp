#pragma once

#include "base/error.hpp"
#include "data/checkup.hpp"
#include "data/conninfo.hpp"
#include "data/standing.hpp"
#include "failover/guard_lease.hpp"
#include "failover/state.hpp"
#include "traffic/record.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// How things are on every side of a policy: a value (take_survey.hpp asks for it).
namespace fedctl::failover {

struct SideSurvey {
  std::string cluster;
  std::optional<Error> api_problem;  ///< None: its API server is well.
  std::optional<data::Standing> database;
  data::Checkup checkup;                  ///< Of a database that answers.
  std::optional<Error> database_problem;  ///< Of a policy with a database: why it could not be looked at.
  std::vector<data::Address> addresses;   ///< Where other databases reach this one, whether it answers or not.
  GuardLease guard;
};

struct Survey {
  std::vector<SideSurvey> sides;  ///< In the policy's order.
  std::size_t reachable = 0;      ///< How many of all clusters, the policy's or not, answer.
  std::size_t clusters = 0;       ///< How many clusters there are, the policy's or not.
  std::optional<traffic::Answer> dns;
  std::optional<Error> dns_problem;
  std::string host_side;  ///< The cluster that is the host too.

  const SideSurvey* find(const std::string& cluster) const;

  /// Who sees less than half of all clusters is cut off itself, and decides nothing.
  bool is_isolated() const { return reachable * 2 < clusters; }
};

/// Notes with a look at the primary how its guard's Lease was at the time.
void note_guard(LastSeen& seen, const GuardLease& guard);

/// Does the one look tell less than the other: an earlier position in the same log of the same side? By the log alone, never by clocks.
bool is_older(const LastSeen& one, const LastSeen& other);

/// What the survey tells of where the primary's log is, to be remembered for when it can no longer be asked. Never goes back in the same
/// log.
void remember_primary(State& state, const Survey& survey, const std::string& active);

}  // namespace fedctl::failover
