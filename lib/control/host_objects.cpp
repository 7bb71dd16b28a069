#include "control/host_objects.hpp"

#include "control/federated_type.hpp"
#include "kube/discovery.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <tuple>

namespace fedctl::control {
namespace {

using manifest::Manifest;
using nlohmann::json;

Task<Result<std::vector<json>>> list_type(Host host, FederatedType type, std::string name_space) {
  const kube::ListOptions options{.name_space = std::move(name_space)};
  auto list = co_await kube::list_if_served(*host.client, type.federated, options);
  if (!list) co_return Failure{list.error()};
  for (json& item : list->items) {
    item["apiVersion"] = type.federated.type().api_version();
    item["kind"] = type.federated.kind;
  }
  co_return std::move(list->items);
}

/// What tells a federated object from others, wherever it was written.
std::tuple<std::string, std::string, std::string> identity(const Manifest& manifest, const std::string& default_namespace) {
  const std::string kind = kube::string_at(manifest.object, "kind");
  const std::string name = kube::name_of(manifest.object);
  const std::string written = kube::namespace_of(manifest.object);
  if (kind == "FederatedNamespace") return {kind, name, name};
  return {kind, written.empty() ? default_namespace : written, name};
}

bool is_for_host(const kube::GroupVersionKind& type, const std::vector<FederatedType>& types, const json& object) {
  const bool is_definition =
      type.kind == "CustomResourceDefinition" && is_control_group(kube::string_at(kube::map_at(object, "spec"), "group"));
  return is_control_group(type.group) || (type.group.empty() && type.kind == "Namespace") || is_definition ||
         type_of(types, object) != nullptr;
}

json without_server_fields(json object) {
  object.erase("status");
  for (const char* key : {"creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"})
    object["metadata"].erase(key);
  return object;
}

}  // namespace

const FederatedType* type_of(const std::vector<FederatedType>& types, const json& object) {
  const kube::GroupVersionKind type = kube::gvk_of(object);
  const auto found = std::ranges::find_if(types, [&](const FederatedType& one) {
    return one.federated.kind == type.kind && (one.federated.group == type.group || type.group == default_federated_group);
  });
  return found == types.end() ? nullptr : &*found;
}

void normalize_group(const std::vector<FederatedType>& types, Manifest& manifest) {
  if (type_of(types, manifest.object) == nullptr) return;
  manifest.object["apiVersion"] = fmt::format("{}/{}", default_federated_group, default_federated_version);
}

Task<Result<std::vector<Manifest>>> read_federated_objects(Host host, std::vector<FederatedType> types, Scope scope) {
  const std::string name_space = scope == Scope::namespaced ? host.name_space : "";
  std::vector<Task<Result<std::vector<json>>>> tasks;
  for (const FederatedType& type : types) {
    if (type.enabled) tasks.push_back(list_type(host, type, type.federated.namespaced ? name_space : ""));
  }
  auto lists = co_await when_all(std::move(tasks));
  std::vector<Manifest> manifests;
  for (auto& list : lists) {
    if (!list) co_return Failure{list.error()};
    for (json& item : *list) {
      Manifest manifest{.object = std::move(item), .host = host.client->cluster()};
      manifest.removed = kube::is_going(manifest.object);
      normalize_group(types, manifest);
      manifests.push_back(std::move(manifest));
    }
  }
  co_return manifests;
}

Task<Result<std::vector<Manifest>>> read_all_of(Host host, kube::Resource resource) {
  const kube::ListOptions everything;
  auto list = co_await kube::list_if_served(*host.client, resource, everything);
  std::vector<Manifest> manifests;
  if (!list) co_return Failure{list.error()};
  for (json& item : list->items) {
    item["apiVersion"] = resource.type().api_version();
    item["kind"] = resource.kind;
    Manifest manifest{.object = std::move(item), .host = host.client->cluster()};
    manifest.removed = kube::is_going(manifest.object);
    manifests.push_back(std::move(manifest));
  }
  co_return manifests;
}

federation::ClusterObjects objects_for_host(const Host& host, std::span<const Manifest> files, const std::vector<FederatedType>& types,
                                            const std::string& default_namespace, const std::string& set) {
  federation::ClusterObjects result{.cluster = host.client->cluster()};
  for (const Manifest& manifest : files) {
    const kube::GroupVersionKind gvk = kube::gvk_of(manifest.object);
    if (manifest.removed || !is_for_host(gvk, types, manifest.object)) continue;
    json object = without_server_fields(manifest.whole());
    if (const FederatedType* type = type_of(types, object)) object["apiVersion"] = type->federated.type().api_version();
    const bool is_federated = federation::is_federated(gvk) || type_of(types, object) != nullptr;
    const bool belongs_to_set = is_federated || held_control_type(gvk) != nullptr;
    if (belongs_to_set && !set.empty()) object["metadata"]["labels"][std::string{set_label}] = set;
    if (is_federated && kube::namespace_of(object).empty()) {
      const FederatedType* type = type_of(types, object);
      const bool namespaced = type == nullptr || type->federated.namespaced;
      if (namespaced) object["metadata"]["namespace"] = gvk.kind == "FederatedNamespace" ? kube::name_of(object) : default_namespace;
    }
    if (!is_federated && is_control_group(gvk.group) && kube::namespace_of(object).empty() && gvk.kind != "ClusterPropagatedVersion") {
      object["metadata"]["namespace"] = gvk.group == "core.kubefed.io" ? host.name_space : default_namespace;
    }
    const kube::ObjectKey key = kube::key_of(object);
    const auto content = std::make_shared<const federation::Content>(std::make_shared<const json>(std::move(object)));
    result.objects.push_back({.content = content, .key = key, .api_version = gvk.api_version(), .manifest = &manifest});
  }
  return result;
}

std::vector<Manifest> merge_inputs(std::vector<Manifest> files, std::vector<Manifest> held, const MergeOptions& options) {
  std::set<std::tuple<std::string, std::string, std::string>> written;
  std::set<std::string> name_spaces;
  for (const Manifest& manifest : files) {
    const auto key = identity(manifest, options.default_namespace);
    written.insert(key);
    if (federation::is_federated(kube::gvk_of(manifest.object))) name_spaces.insert(std::get<1>(key));
  }
  const bool prunes = options.prune && !files.empty();
  std::vector<Manifest> all = std::move(files);
  for (Manifest& manifest : held) {
    const auto key = identity(manifest, options.default_namespace);
    if (written.contains(key)) continue;
    const bool was_applied = !kube::metadata_entry(manifest.object, "annotations", plan::hash_annotation).empty();
    const bool same_set = kube::metadata_entry(manifest.object, "labels", set_label) == options.set;
    const bool in_reach = !options.set.empty() || name_spaces.contains(std::get<1>(key));
    if (prunes && was_applied && same_set && in_reach) manifest.removed = true;
    all.push_back(std::move(manifest));
  }
  return all;
}

}  // namespace fedctl::control
