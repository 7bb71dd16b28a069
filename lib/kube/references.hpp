#pragma once

#include "kube/object.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace fedctl::kube {

/// The objects that this one names and depends on: what its Pods mount and read, the account they run as, the role of a binding, the
/// Services of an Ingress, what an autoscaler scales, the class of a claim. Of kinds that Kubernetes itself defines.
std::vector<ObjectKey> references_of(const nlohmann::json& object);

/// The Pod template of a workload (of a CronJob, its jobs'), or the Pod itself; null where the object runs no Pods.
nlohmann::json pod_template_of(const nlohmann::json& object);

}  // namespace fedctl::kube
