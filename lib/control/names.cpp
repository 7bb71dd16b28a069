#include "control/names.hpp"

#include <algorithm>
#include <random>

namespace fedctl::control {

using kube::Resource;

const Resource& namespaces() {
  static const Resource resource{.version = "v1", .kind = "Namespace", .plural = "namespaces", .namespaced = false};
  return resource;
}
const Resource& service_accounts() {
  static const Resource resource{.version = "v1", .kind = "ServiceAccount", .plural = "serviceaccounts"};
  return resource;
}
const Resource& secrets() {
  static const Resource resource{.version = "v1", .kind = "Secret", .plural = "secrets"};
  return resource;
}
const Resource& config_maps() {
  static const Resource resource{.version = "v1", .kind = "ConfigMap", .plural = "configmaps"};
  return resource;
}
const Resource& leases() {
  static const Resource resource{.group = "coordination.k8s.io", .version = "v1", .kind = "Lease", .plural = "leases"};
  return resource;
}
const Resource& cluster_roles() {
  static const Resource resource{
      .group = "rbac.authorization.k8s.io", .version = "v1", .kind = "ClusterRole", .plural = "clusterroles", .namespaced = false};
  return resource;
}
const Resource& cluster_role_bindings() {
  static const Resource resource{.group = "rbac.authorization.k8s.io",
                                 .version = "v1",
                                 .kind = "ClusterRoleBinding",
                                 .plural = "clusterrolebindings",
                                 .namespaced = false};
  return resource;
}
const Resource& roles() {
  static const Resource resource{.group = "rbac.authorization.k8s.io", .version = "v1", .kind = "Role", .plural = "roles"};
  return resource;
}
const Resource& role_bindings() {
  static const Resource resource{.group = "rbac.authorization.k8s.io", .version = "v1", .kind = "RoleBinding", .plural = "rolebindings"};
  return resource;
}
const Resource& definitions() {
  static const Resource resource{.group = "apiextensions.k8s.io",
                                 .version = "v1",
                                 .kind = "CustomResourceDefinition",
                                 .plural = "customresourcedefinitions",
                                 .namespaced = false};
  return resource;
}
const Resource& access_reviews() {
  static const Resource resource{.group = "authorization.k8s.io",
                                 .version = "v1",
                                 .kind = "SelfSubjectAccessReview",
                                 .plural = "selfsubjectaccessreviews",
                                 .namespaced = false};
  return resource;
}
const Resource& kubefed_clusters() {
  static const Resource resource{.group = "core.kubefed.io", .version = "v1beta1", .kind = "KubeFedCluster", .plural = "kubefedclusters"};
  return resource;
}
const Resource& kubefed_configs() {
  static const Resource resource{.group = "core.kubefed.io", .version = "v1beta1", .kind = "KubeFedConfig", .plural = "kubefedconfigs"};
  return resource;
}
const Resource& type_configs() {
  static const Resource resource{
      .group = "core.kubefed.io", .version = "v1beta1", .kind = "FederatedTypeConfig", .plural = "federatedtypeconfigs"};
  return resource;
}

const Resource& preferences() {
  static const Resource resource{.group = "scheduling.kubefed.io",
                                 .version = "v1alpha1",
                                 .kind = "ReplicaSchedulingPreference",
                                 .plural = "replicaschedulingpreferences"};
  return resource;
}

const Resource& failover_policies() {
  static const Resource resource{.group = "fedctl.io", .version = "v1alpha1", .kind = "FailoverPolicy", .plural = "failoverpolicies"};
  return resource;
}

const Resource* held_control_type(const kube::GroupVersionKind& type) {
  for (const Resource* resource : {&preferences(), &failover_policies()}) {
    if (resource->group == type.group && resource->kind == type.kind) return resource;
  }
  return nullptr;
}

bool is_control_group(std::string_view group) { return group == "fedctl.io" || group.ends_with("kubefed.io"); }

std::string random_suffix() {
  // No vowels, so that no words come out.
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  std::random_device device;
  std::uniform_int_distribution<std::size_t> pick{0, letters.size() - 1};
  std::string suffix;
  for (int i = 0; i < 5; ++i) suffix += letters[pick(device)];
  return suffix;
}

bool is_subdomain(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 253 || !is_plain(name.front()) || !is_plain(name.back())) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_plain(name[i]) || name[i] == '-') continue;
    if (name[i] != '.' || !is_plain(name[i - 1]) || !is_plain(name[i + 1])) return false;
  }
  return true;
}

}  // namespace fedctl::control
