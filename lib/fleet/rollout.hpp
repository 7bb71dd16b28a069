#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace fedctl::fleet {

struct Cluster;

/// Some clusters that are changed together: those that are named, and those that carry all the labels, where there are some.
struct Wave {
  std::vector<std::string> clusters;
  std::map<std::string, std::string> labels = {};
};

/// In which order a fleet is changed: wave after wave, each when the last one is ready. Without waves, all clusters at once.
struct Rollout {
  std::vector<Wave> waves;
  time::Duration pause{0};      ///< Between the waves.
  std::size_t max_failing = 0;  ///< At most this many clusters of a wave may fail without holding back the next.
};

/// The positions of each wave's clusters; clusters that no wave names are the last one. A cluster belongs to the first wave that
/// speaks of it. Errors: usage for a name that is no cluster's, invalid_input for a wave that is empty.
Result<std::vector<std::vector<std::size_t>>> waves_of(const Rollout& rollout, std::span<const Cluster> clusters);

}  // namespace fedctl::fleet
