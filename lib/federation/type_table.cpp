#include "federation/type_table.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <array>

namespace fedctl::federation {
namespace {

using kube::string_at;
using nlohmann::json;

struct Builtin {
  const char* api_version;
  const char* kinds;  ///< Separated by spaces.
  bool namespaced;
};

/// The types of Kubernetes 1.36 that people write down, in their stable versions.
constexpr std::array builtins{
    Builtin{"v1",
            "ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret "
            "Service ServiceAccount",
            true},
    Builtin{"v1", "Namespace Node PersistentVolume", false},
    Builtin{"apps/v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet", true},
    Builtin{"autoscaling/v2", "HorizontalPodAutoscaler", true},
    Builtin{"batch/v1", "CronJob Job", true},
    Builtin{"networking.k8s.io/v1", "Ingress NetworkPolicy", true},
    Builtin{"networking.k8s.io/v1", "IngressClass IPAddress ServiceCIDR", false},
    Builtin{"policy/v1", "PodDisruptionBudget", true},
    Builtin{"rbac.authorization.k8s.io/v1", "Role RoleBinding", true},
    Builtin{"rbac.authorization.k8s.io/v1", "ClusterRole ClusterRoleBinding", false},
    Builtin{"storage.k8s.io/v1", "CSIStorageCapacity", true},
    Builtin{"storage.k8s.io/v1", "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass", false},
    Builtin{"scheduling.k8s.io/v1", "PriorityClass", false},
    Builtin{"node.k8s.io/v1", "RuntimeClass", false},
    Builtin{"coordination.k8s.io/v1", "Lease", true},
    Builtin{"discovery.k8s.io/v1", "EndpointSlice", true},
    Builtin{"certificates.k8s.io/v1", "CertificateSigningRequest", false},
    Builtin{"admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
            "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
            false},
    Builtin{"apiextensions.k8s.io/v1", "CustomResourceDefinition", false},
    Builtin{"apiregistration.k8s.io/v1", "APIService", false},
    Builtin{"flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration", false},
    Builtin{"resource.k8s.io/v1", "ResourceClaim ResourceClaimTemplate", true},
    Builtin{"resource.k8s.io/v1", "DeviceClass ResourceSlice", false},
};

struct ShortName {
  std::string_view kind;
  const char* name;
};

constexpr std::array short_names{ShortName{"ConfigMap", "cm"},
                                 ShortName{"CronJob", "cj"},
                                 ShortName{"CustomResourceDefinition", "crd"},
                                 ShortName{"DaemonSet", "ds"},
                                 ShortName{"Deployment", "deploy"},
                                 ShortName{"Endpoints", "ep"},
                                 ShortName{"HorizontalPodAutoscaler", "hpa"},
                                 ShortName{"Ingress", "ing"},
                                 ShortName{"LimitRange", "limits"},
                                 ShortName{"Namespace", "ns"},
                                 ShortName{"NetworkPolicy", "netpol"},
                                 ShortName{"PersistentVolume", "pv"},
                                 ShortName{"PersistentVolumeClaim", "pvc"},
                                 ShortName{"Pod", "po"},
                                 ShortName{"PodDisruptionBudget", "pdb"},
                                 ShortName{"PriorityClass", "pc"},
                                 ShortName{"ReplicaSet", "rs"},
                                 ShortName{"ReplicationController", "rc"},
                                 ShortName{"ResourceQuota", "quota"},
                                 ShortName{"Service", "svc"},
                                 ShortName{"ServiceAccount", "sa"},
                                 ShortName{"StatefulSet", "sts"},
                                 ShortName{"StorageClass", "sc"}};

/// By the rule that Kubernetes itself guesses plurals with (apimachinery, UnsafeGuessKindToResource).
std::string regular_plural(const std::string& singular) {
  if (singular.ends_with("endpoints")) return singular;
  if (singular.ends_with("s") || singular.ends_with("x") || singular.ends_with("ch") || singular.ends_with("sh")) return singular + "es";
  if (singular.ends_with("y")) return singular.substr(0, singular.size() - 1) + "ies";
  return singular + "s";
}

/// The version that a CustomResourceDefinition serves and stores; else the first it serves.
std::string version_of(const json& spec) {
  std::string first;
  const json versions = kube::list_at(spec, "versions");
  for (const json& version : versions) {
    const bool served = kube::bool_at(version, "served");
    if (!served) continue;
    if (kube::bool_at(version, "storage")) return string_at(version, "name");
    if (first.empty()) first = string_at(version, "name");
  }
  return first;
}

}  // namespace

bool is_federated(const kube::GroupVersionKind& type) { return type.group == "types.kubefed.io" && type.kind.starts_with("Federated"); }

TypeTable::TypeTable() {
  for (const Builtin& builtin : builtins) {
    for (const std::string& kind : text::split(builtin.kinds, ' ')) {
      const kube::GroupVersionKind type = kube::gvk(builtin.api_version, kind);
      targets_.emplace("Federated" + kind, TargetType{type, builtin.namespaced});
      scopes_[{type.group, kind}] = builtin.namespaced;
    }
  }
}

Result<void> TypeTable::add_api(std::string_view definition) {
  const auto parts = text::split(definition, '=');
  const auto slash = definition.rfind('/');
  if (parts.size() != 2 || parts[0].empty() || slash == std::string_view::npos || slash < parts[0].size()) {
    return Failure{{Code::usage, fmt::format("--api '{}' is not of the form FederatedFoo=example.com/v1/Foo", definition)}};
  }
  const auto api_version = definition.substr(parts[0].size() + 1, slash - parts[0].size() - 1);
  const auto kind = definition.substr(slash + 1);
  if (api_version.empty() || kind.empty()) {
    return Failure{{Code::usage, fmt::format("--api '{}' is not of the form FederatedFoo=example.com/v1/Foo", definition)}};
  }
  const kube::GroupVersionKind type = kube::gvk(api_version, kind);
  targets_[parts[0]] = {type, is_namespaced(type.group, type.kind)};
  return {};
}

void TypeTable::learn(std::span<const manifest::Manifest> manifests) {
  for (const manifest::Manifest& manifest : manifests) {
    const kube::GroupVersionKind type = kube::gvk_of(manifest.object);
    const json spec = kube::map_at(manifest.object, "spec");
    if (type.group == "core.kubefed.io" && type.kind == "FederatedTypeConfig") {
      const json target = kube::map_at(spec, "targetType");
      const std::string federated = string_at(kube::map_at(spec, "federatedType"), "kind");
      const bool namespaced = string_at(target, "scope") != "Cluster";
      targets_[federated] = {{string_at(target, "group"), string_at(target, "version"), string_at(target, "kind")}, namespaced};
      scopes_[{string_at(target, "group"), string_at(target, "kind")}] = namespaced;
    }
    if (type.group == "apiextensions.k8s.io" && type.kind == "CustomResourceDefinition") {
      add_discovered({string_at(spec, "group"), version_of(spec), string_at(kube::map_at(spec, "names"), "kind")},
                     string_at(spec, "scope") != "Cluster");
    }
  }
}

void TypeTable::add_discovered(const kube::GroupVersionKind& type, bool namespaced) {
  targets_.emplace("Federated" + type.kind, TargetType{type, namespaced});
  scopes_.emplace(std::pair{type.group, type.kind}, namespaced);
}

std::optional<TargetType> TypeTable::target_of(const std::string& federated_kind) const {
  const auto found = targets_.find(federated_kind);
  if (found == targets_.end()) return std::nullopt;
  return found->second;
}

std::optional<bool> TypeTable::is_namespaced(const std::string& group, const std::string& kind) const {
  const auto found = scopes_.find({group, kind});
  if (found == scopes_.end()) return std::nullopt;
  return found->second;
}

kube::Resource TypeTable::resource_of(const kube::GroupVersionKind& type) const {
  const std::string singular = text::lower(type.kind);
  kube::Resource resource{.group = type.group, .version = type.version, .kind = type.kind, .plural = regular_plural(singular)};
  resource.singular = singular;
  resource.namespaced = is_namespaced(type.group, type.kind).value_or(true);
  for (const ShortName& one : short_names) {
    const bool is_builtin = is_namespaced(type.group, type.kind).has_value() && one.kind == type.kind;
    if (is_builtin) resource.short_names.emplace_back(one.name);
  }
  return resource;
}

std::vector<std::string> TypeTable::federated_kinds() const {
  std::vector<std::string> kinds;
  for (const auto& [kind, target] : targets_) kinds.push_back(kind);
  return kinds;
}

}  // namespace fedctl::federation
