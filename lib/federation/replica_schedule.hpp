#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// How many replicas each cluster gets: the planner of KubeFed's ReplicaSchedulingPreference, with its numbers exactly
/// (github.com/kubernetes-retired/kubefed, pkg/schedulingtypes and pkg/controller/util/planner, v0.10.0). Pure.
namespace fedctl::federation {

/// What a preference says of one cluster.
struct ClusterPreference {
  std::int64_t weight = 0;  ///< Its share of what is left after the minimums, against the other clusters' weights.
  std::int64_t minimum = 0;
  std::optional<std::int64_t> maximum;
};

/// Preferences by cluster; "*" stands for each that has none of its own.
using ClusterPreferences = std::map<std::string, ClusterPreference>;

/// A cluster that may get replicas.
struct Candidate {
  std::string cluster;
  std::int64_t current = 0;              ///< Replicas that run there now.
  std::optional<std::int64_t> capacity;  ///< Known only where Pods could not be scheduled.
};

struct ScheduleRequest {
  std::string key;  ///< "NAMESPACE/NAME" of the preference: with the cluster's name, it settles who of equal weight comes first.
  std::int64_t total = 0;
  bool rebalance = false;          ///< May replicas that run move?
  ClusterPreferences preferences;  ///< None at all: all clusters alike.
  std::vector<Candidate> candidates;
};

/// What one cluster gets, and why.
struct Share {
  enum class Limit { none, maximum, capacity };

  std::string cluster;
  std::int64_t replicas = 0;
  std::int64_t overflow = 0;  ///< What its capacity cut off.
  std::optional<ClusterPreference> preference;
  std::int64_t kept = 0;  ///< So many stay because they run there already.
  Limit limit = Limit::none;
  std::optional<std::int64_t> capacity;

  /// What KubeFed writes into the target: what was cut off too, for when there is room again.
  std::int64_t written() const { return replicas + overflow; }
};

struct Schedule {
  std::vector<Share> shares;      ///< One for each candidate, in their order.
  std::int64_t total_weight = 0;  ///< Of all candidates.
  std::int64_t unplaced = 0;      ///< What no cluster could take.
  int rounds = 0;                 ///< It took.
};

/// Sorts the clusters, then goes in rounds over those that are not full. In a round either those that get full carry half of the weights or
/// more, or at least half of what remains is given away: so without kept replicas there are at most log2(total) + log2(sum of weights) of
/// them. Each round uses kept replicas up or gives some away, too; many are needed only where a huge total runs in the wrong place.
/// Candidates' names must differ.
Schedule schedule(const ScheduleRequest& request);

/// "weight 5 of 10, minimum 3", "no preference for this cluster", "weight 5 of 10, at its maximum 4", ...
std::string reason_of(const Share& share, std::int64_t total_weight);

/// "3 of 12 replicas go nowhere: ...", where some could not be placed; else empty.
std::string unplaced_text(const Schedule& schedule, std::int64_t total);

}  // namespace fedctl::federation
