#pragma once

#include "base/task.hpp"
#include "kube/client.hpp"

#include <map>
#include <set>
#include <string>

namespace fedctl::inspect {

/// The HorizontalPodAutoscalers of some namespaces: what they scale is theirs to scale.
class Autoscalers {
 public:
  /// Reads those of the namespaces, all at once. Errors: the cluster's.
  Task<Result<Done>> read(kube::Client& client, std::set<std::string> namespaces);

  /// The name of the one that scales the object; empty: none does.
  std::string scaling(const kube::ObjectKey& key) const;

 private:
  std::map<kube::ObjectKey, std::string> by_target_;
};

}  // namespace fedctl::inspect
