#pragma once

#include "federation/federated_object.hpp"
#include "federation/preference.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// From a preference and what the clusters look like to the replicas of its target in each cluster.
namespace fedctl::federation {

/// How a cluster is, as far as it was found out.
struct Condition {
  bool ready = true;
  time::Duration unready_for{0};  ///< Where it is not.
  Code code = Code::unreachable;  ///< Where it is not: in a word, why.
  std::string reason;             ///< The same in words.
};

/// What of a target is in a cluster.
struct Running {
  std::int64_t current = 0;   ///< What runs, as KubeFed counts it: spec.replicas where all are ready, else running Pods.
  std::int64_t replicas = 0;  ///< spec.replicas.
  std::int64_t ready = 0;
  std::optional<std::int64_t> capacity;
  std::string problem;  ///< Why none of this could be found out; empty where it was.
};

/// What was seen before rendering. What it does not speak of counts as ready, and as running nothing.
struct Observation {
  std::map<std::string, Condition> clusters;
  std::map<std::string, std::map<std::string, Running>> targets;  ///< By `target_name`, then by cluster.
};

/// "FederatedDeployment production/web".
std::string target_name(const std::string& kind, const std::string& name_space, const std::string& name);

/// What a preference makes of one cluster.
struct Scheduled {
  const manifest::Manifest* preference = nullptr;
  std::int64_t replicas = 0;  ///< For now.
  std::int64_t wanted = 0;    ///< In the end; differs while replicas move in steps.
  std::string reason;         ///< "by preference web: weight 5 of 10, minimum 3"
  bool held = false;          ///< What runs stays as it is; `replicas` is only for what does not exist yet.
};

struct TargetSchedule {
  const manifest::Manifest* preference = nullptr;
  const manifest::Manifest* target = nullptr;
  std::map<std::string, std::shared_ptr<const Scheduled>> clusters;
  std::map<std::string, Condition> left_alone;  ///< Clusters that get nothing, since they are not ready.
  std::vector<std::string> notices;

  /// Do replicas move in steps, of which this is not the last?
  bool has_more_steps() const;
};

/// Which clusters may take part: those that `reaches` says the target's namespace goes to count only where the preference intersects
/// with its target's clusterSelector.
using Reaches = std::function<bool(const std::string& cluster)>;

/// Nothing where KubeFed does nothing: no cluster is ready, or none is selected. Errors: invalid_input for a preference that names clusters
/// which the fleet lacks (of a host's only a notice), and for a selector that cannot be read.
Result<std::optional<TargetSchedule>> schedule_target(const Preference& preference, const FederatedObject& target,
                                                      const fleet::Fleet& fleet, const Observation& observation, const Reaches& reaches);

}  // namespace fedctl::federation
