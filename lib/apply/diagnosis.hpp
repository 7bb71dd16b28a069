#pragma once

#include "base/task.hpp"
#include "kube/client.hpp"

#include <string>

namespace fedctl::apply {

/// Why a workload is not ready, as its Pods tell: the gravest trouble of one of them, and where the log is that may say more. Both empty
/// where nothing can be found out.
struct Diagnosis {
  std::string reason;
  std::string log;  ///< "kubectl --context CONTEXT logs …"
};
Task<Diagnosis> diagnose(kube::Client& client, kube::Resource resource, kube::ObjectKey key);

}  // namespace fedctl::apply
