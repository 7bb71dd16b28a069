#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "kube/client.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fedctl::fleet {

/// What one look at a cluster tells.
struct Health {
  bool ready = false;
  std::string version;                  ///< "v1.36.3"; empty where unknown.
  std::string region;                   ///< The fleet's label `region`, else the nodes' (topology.kubernetes.io/region, or the old label).
  std::vector<std::string> zones = {};  ///< Of all nodes, sorted.
  time::Duration latency{0};            ///< Of one request over an open connection.
  std::optional<Error> problem;         ///< Why it is not ready.
};

/// When a cluster counts as ready or not: KubeFedConfig's spec.clusterHealthCheck, with its defaults. Thresholds count consecutive probes.
struct HealthRule {
  int failure_threshold = 3;
  int success_threshold = 1;
  time::Duration period{10'000};
  time::Duration timeout{3'000};
};

/// What /healthz alone says, in one attempt; nothing wrong where `problem` is empty.
struct Answer {
  std::optional<Error> problem;
  std::optional<time::Instant> date;  ///< The server's clock.
};
Task<Answer> ask_health(kube::Client& client, time::Duration timeout);

/// Asks /healthz, /version and the nodes' labels at the same time; nodes that may not be read are no problem.
Task<Health> probe(kube::Client& client, std::string region_label);

}  // namespace fedctl::fleet
