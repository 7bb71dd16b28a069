#include "kube/references.hpp"

namespace fedctl::kube {
namespace {

using nlohmann::json;

/// Collects what one object names, in its own namespace.
class References {
 public:
  explicit References(const json& object) : name_space_(namespace_of(object)) {}

  std::vector<ObjectKey> keys;

  void add(const char* group, const char* kind, const std::string& name) {
    if (!name.empty()) keys.push_back({group, kind, name_space_, name});
  }

  void add_cluster_wide(const char* group, const char* kind, const std::string& name) {
    if (!name.empty()) keys.push_back({group, kind, "", name});
  }

  void add_pods(const json& spec) {
    add("", "ServiceAccount", string_at(spec, "serviceAccountName"));
    add_cluster_wide("scheduling.k8s.io", "PriorityClass", string_at(spec, "priorityClassName"));
    add_cluster_wide("node.k8s.io", "RuntimeClass", string_at(spec, "runtimeClassName"));
    const json secrets = list_at(spec, "imagePullSecrets");
    for (const json& secret : secrets) add("", "Secret", string_at(secret, "name"));
    const json volumes = list_at(spec, "volumes");
    for (const json& volume : volumes) add_volume(volume);
    for (const char* table : {"containers", "initContainers"}) {
      const json containers = list_at(spec, table);
      for (const json& container : containers) add_container(container);
    }
  }

 private:
  void add_volume(const json& volume) {
    add("", "ConfigMap", string_at(map_at(volume, "configMap"), "name"));
    add("", "Secret", string_at(map_at(volume, "secret"), "secretName"));
    add("", "PersistentVolumeClaim", string_at(map_at(volume, "persistentVolumeClaim"), "claimName"));
    const json sources = list_at(map_at(volume, "projected"), "sources");
    for (const json& source : sources) {
      add("", "ConfigMap", string_at(map_at(source, "configMap"), "name"));
      add("", "Secret", string_at(map_at(source, "secret"), "name"));
    }
  }

  void add_container(const json& container) {
    const json environment = list_at(container, "env");
    for (const json& variable : environment) {
      const json from = map_at(variable, "valueFrom");
      add("", "ConfigMap", string_at(map_at(from, "configMapKeyRef"), "name"));
      add("", "Secret", string_at(map_at(from, "secretKeyRef"), "name"));
    }
    const json tables = list_at(container, "envFrom");
    for (const json& table : tables) {
      add("", "ConfigMap", string_at(map_at(table, "configMapRef"), "name"));
      add("", "Secret", string_at(map_at(table, "secretRef"), "name"));
    }
  }

  std::string name_space_;
};

void add_binding(References& references, const json& object) {
  constexpr const char* group = "rbac.authorization.k8s.io";
  const json role = map_at(object, "roleRef");
  if (string_at(role, "kind") == "Role") references.add(group, "Role", string_at(role, "name"));
  if (string_at(role, "kind") == "ClusterRole") references.add_cluster_wide(group, "ClusterRole", string_at(role, "name"));
  const json subjects = list_at(object, "subjects");
  for (const json& subject : subjects) {
    if (string_at(subject, "kind") == "ServiceAccount")
      references.keys.push_back({"", "ServiceAccount", string_at(subject, "namespace"), string_at(subject, "name")});
  }
}

void add_ingress(References& references, const json& spec) {
  references.add_cluster_wide("networking.k8s.io", "IngressClass", string_at(spec, "ingressClassName"));
  const auto add_backend = [&](const json& backend) { references.add("", "Service", string_at(map_at(backend, "service"), "name")); };
  add_backend(map_at(spec, "defaultBackend"));
  const json rules = list_at(spec, "rules");
  for (const json& rule : rules) {
    const json paths = list_at(map_at(rule, "http"), "paths");
    for (const json& path : paths) add_backend(map_at(path, "backend"));
  }
  const json certificates = list_at(spec, "tls");
  for (const json& certificate : certificates) references.add("", "Secret", string_at(certificate, "secretName"));
}

}  // namespace

json pod_template_of(const json& object) {
  const GroupVersionKind type = gvk_of(object);
  const json spec = map_at(object, "spec");
  if (type.group.empty() && type.kind == "Pod") return object;
  if (type.group == "batch" && type.kind == "CronJob") {
    const json job = map_at(map_at(spec, "jobTemplate"), "spec");
    return map_at(job, "template");
  }
  const bool runs_pods = type.group == "apps" || (type.group == "batch" && type.kind == "Job") || type.kind == "ReplicationController";
  return runs_pods && spec.contains("template") ? map_at(spec, "template") : json();
}

std::vector<ObjectKey> references_of(const json& object) {
  References references{object};
  const GroupVersionKind type = gvk_of(object);
  const json spec = map_at(object, "spec");
  const json pods = pod_template_of(object);
  if (!pods.is_null()) references.add_pods(map_at(pods, "spec"));
  if (type.group == "apps" && type.kind == "StatefulSet") references.add("", "Service", string_at(spec, "serviceName"));
  if (type.group == "rbac.authorization.k8s.io") add_binding(references, object);
  if (type.group == "networking.k8s.io" && type.kind == "Ingress") add_ingress(references, spec);
  if (type.group.empty() && type.kind == "PersistentVolumeClaim") {
    references.add_cluster_wide("storage.k8s.io", "StorageClass", string_at(spec, "storageClassName"));
    references.add_cluster_wide("", "PersistentVolume", string_at(spec, "volumeName"));
  }
  if (type.group == "autoscaling" && type.kind == "HorizontalPodAutoscaler") {
    const json target = map_at(spec, "scaleTargetRef");
    const GroupVersionKind scaled = gvk(string_at(target, "apiVersion"), string_at(target, "kind"));
    references.add(scaled.group.c_str(), scaled.kind.c_str(), string_at(target, "name"));
  }
  return references.keys;
}

}  // namespace fedctl::kube
