#include "kube/cluster_uid.hpp"

namespace fedctl::kube {

Task<Result<std::string>> uid_of_cluster(Client& client) {
  const Resource namespaces{.version = "v1", .kind = "Namespace", .plural = "namespaces", .namespaced = false};
  const auto kube_system = co_await client.get(namespaces, "", "kube-system", true);
  if (!kube_system) co_return Failure{kube_system.error()};
  co_return uid_of(*kube_system);
}

}  // namespace fedctl::kube
