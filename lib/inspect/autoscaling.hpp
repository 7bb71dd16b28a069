#pragma once

#include "base/task.hpp"
#include "federation/render.hpp"
#include "kube/client.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace fedctl::inspect {

/// The HorizontalPodAutoscalers of some namespaces, live and wanted: what they scale is theirs to scale.
class Autoscalers {
 public:
  /// Reads those of the namespaces, all at once. Errors: the cluster's.
  Task<Result<Done>> read(kube::Client& client, std::set<std::string> namespaces);

  /// Adds those that are wanted in the cluster: what they will scale is theirs from now on. KEDA's ScaledObjects count too.
  void add(const std::vector<federation::DesiredObject>& objects);

  /// Which one scales the object, as "HorizontalPodAutoscaler web"; empty: none does.
  std::string scaling(const kube::ObjectKey& key) const;

 private:
  void add(const std::string& kind, const std::string& name_space, const nlohmann::json& scaler);

  std::map<kube::ObjectKey, std::string> by_target_;
};

}  // namespace fedctl::inspect
