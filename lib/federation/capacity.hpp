#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace fedctl::federation {

/// What is to fit into a cluster: a workload's Pods.
struct Workload {
  nlohmann::json pod_spec;  ///< Of the template.
  nlohmann::json selector;  ///< A label selector; the Pods it means make room for themselves.
  std::string name_space;
};

/// How many Pods of a workload a cluster's nodes hold in all: on each node that is ready and that nodeSelector and taints allow, what is
/// allocatable less what other Pods request, by the template's requests. Affinity and volumes are not looked at.
std::int64_t capacity_of(std::span<const nlohmann::json> nodes, std::span<const nlohmann::json> pods, const Workload& workload);

}  // namespace fedctl::federation
