#pragma once

#include "failover/database_fate.hpp"
#include "failover/loss.hpp"
#include "failover/policy.hpp"
#include "failover/state.hpp"
#include "failover/survey.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a failover would do, what it would lose, and what stands in its way: pure, from a survey.
namespace fedctl::failover {

struct RunOptions {
  RunKind kind = RunKind::failover;
  std::string from = {};                         ///< Refused where another cluster is active; empty: whichever is.
  std::string to;                                ///< Empty: the standby that has most of the log, of equals the first of the policy.
  std::optional<std::int64_t> accept_data_loss;  ///< Bytes; the largest number there is stands for "unknown".
  bool skip_fencing = false;
  bool owe_dns = false;  ///< Begin although the DNS provider refuses us.
  std::string reason = "by hand";
  bool by_itself = false;                       ///< Nobody asked for it, so it does not begin while failovers are paused.
  std::optional<time::Instant> failed_at = {};  ///< When the active side was first seen failing.
};
inline constexpr std::int64_t any_loss = INT64_MAX;

/// A guard that was silent for its ttl while the primary was still seen is dead, so it proves nothing.
std::vector<FenceWay> fence_ways(const Policy& policy, const State& state, const SideSurvey& old_side, const RunOptions& options);

/// Why a run would be refused, and the flag that lets it pass all the same, where there is one.
struct Blocker {
  Code code = Code::conflict;
  std::string message;
  std::string lifted_by;
};

/// What the steps' descriptions are told from.
struct Outlook {
  const Policy& policy;
  const State& state;
  const Survey& survey;
  const RunOptions& options;
  const std::string& from;
  const std::string& to;
};

struct PlannedStep {
  std::string name;
  std::string text;
};

struct Assessment {
  std::string from;
  std::string to;
  std::vector<PlannedStep> steps;
  std::vector<DatabaseFate> databases;
  std::optional<Loss> loss;
  std::vector<Blocker> blockers;
  std::vector<std::string> warnings;
};

/// Where the log of a run's new side left that of the old one: what it had when it was about to be promoted. Nothing where it did not come
/// that far.
std::optional<data::Lsn> fork_of(const Run& run);

/// The active cluster: the state's. Before any run it is where the primary was last seen, else the policy's first.
std::string active_cluster(const Policy& policy, const State& state);

/// Before any run people may move the primary: where the active cluster has a standby, and one other cluster alone has a primary, that is
/// remembered as the one that was seen, and is the active one from then on.
void note_moved_primary(const Policy& policy, State& state, const Survey& survey);

Assessment assess(const Policy& policy, const State& state, const Survey& survey, const RunOptions& options);

/// The refusal that an assessment amounts to: all its blockers in one error. Nothing where there is none.
std::optional<Error> refusal_of(const Assessment& assessment);

}  // namespace fedctl::failover
