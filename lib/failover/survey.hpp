#pragma once

#include "base/task.hpp"
#include "failover/guard_lease.hpp"
#include "failover/side_database.hpp"
#include "failover/site.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// How things are: every side of a policy, looked at once, all at the same time.
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

struct SurveyOptions {
  time::Duration timeout{3'000};
  bool dns = true;
  /// Clusters whose API server, or whose database, was just found silent, and is not waited for as long; or empty.
  std::string silent_api = {};
  std::string silent_database = {};
  time::Duration silent_timeout{1'000};
};

Task<Survey> survey(Site& site, SurveyOptions options);

/// Looks at the databases alone, and not at that of `except`, which may be empty.
Task<Survey> survey_databases(Site& site, std::string except, time::Duration timeout);

/// Where the standbys are now: their positions alone. The side that is left is not asked.
Task<Survey> glance_at_standbys(Site& site, std::string from, time::Duration timeout);

/// Where the guard of a side has its Lease; null `host` where there is no host.
GuardPlace guard_place(const Site& site, const std::string& cluster);

/// Notes with a look at the primary how its guard's Lease was at the time.
void note_guard(LastSeen& seen, const GuardLease& guard);

/// Does the one look tell less than the other: an earlier position in the same log of the same side? By the log alone, never by clocks.
bool is_older(const LastSeen& one, const LastSeen& other);

/// What the survey tells of where the primary's log is, to be remembered for when it can no longer be asked. Never goes back in the same
/// log.
void remember_primary(State& state, const Survey& survey, const std::string& active);

}  // namespace fedctl::failover
