#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::kube {

/// Has the cluster done what an object asks for?
struct Readiness {
  enum class State { ready, waiting, failed };
  State state = State::ready;
  std::string message = {};  ///< "3 of 5 replicas available"; for `failed` the reason.
};

/// Deployments, StatefulSets and DaemonSets as `kubectl rollout status` judges them, Jobs by their conditions,
/// CustomResourceDefinitions established, ReplicaSets and Pods by their counts and conditions, objects of custom types by kstatus' rules
/// (sigs.k8s.io/cli-utils, pkg/kstatus): their conditions Ready, Reconciling and Stalled, where they have any. Everything else is ready
/// once it exists.
Readiness readiness_of(const nlohmann::json& object);

/// Is this a kind that takes time to become ready?
bool takes_time(const std::string& group, const std::string& kind);

}  // namespace fedctl::kube
