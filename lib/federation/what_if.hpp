#pragma once

#include "federation/preference.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace fedctl::federation {

/// Clusters as somebody imagines them.
struct Supposition {
  std::vector<std::string> clusters;
  std::map<std::string, std::int64_t> current = {};
  std::map<std::string, std::int64_t> capacity = {};
  std::set<std::string> unhealthy = {};
};

/// How a preference would be scheduled then.
struct Outcome {
  Schedule schedule;  ///< One share for each cluster, in their order; those of unhealthy ones are empty.
  std::vector<std::string> notices;
};

/// Errors: usage for a cluster that stands twice, and for a number of one that is not among the clusters. A preference for a cluster that
/// is not among them counts for nothing, as with KubeFed, and is a notice.
Result<Outcome> what_if(const Preference& preference, const Supposition& supposition);

}  // namespace fedctl::federation
