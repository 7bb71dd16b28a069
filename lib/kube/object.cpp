#include "kube/object.hpp"

#include <algorithm>
#include <array>

namespace fedctl::kube {

using nlohmann::json;

std::string to_string(const ObjectKey& key) { return key.kind + " " + (key.name_space.empty() ? "" : key.name_space + "/") + key.name; }

GroupVersionKind gvk(std::string_view api_version, std::string_view kind) {
  const auto slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", std::string{api_version}, std::string{kind}};
  return {std::string{api_version.substr(0, slash)}, std::string{api_version.substr(slash + 1)}, std::string{kind}};
}

GroupVersionKind gvk_of(const json& object) { return gvk(string_at(object, "apiVersion"), string_at(object, "kind")); }

std::string name_of(const json& object) { return string_at(object.value("metadata", json()), "name"); }

std::string namespace_of(const json& object) { return string_at(object.value("metadata", json()), "namespace"); }

ObjectKey key_of(const json& object) {
  const GroupVersionKind type = gvk_of(object);
  return {type.group, type.kind, namespace_of(object), name_of(object)};
}

std::string metadata_entry(const json& object, std::string_view table, std::string_view name) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto entries = metadata->find(table);
  return entries == metadata->end() ? std::string{} : string_at(*entries, name);
}

std::int64_t integer_at(const json& object, const char* pointer, std::int64_t otherwise) {
  const json::json_pointer path{pointer};
  return object.contains(path) && object[path].is_number_integer() ? object[path].get<std::int64_t>() : otherwise;
}

bool is_builtin_group(std::string_view group) {
  constexpr std::array<std::string_view, 22> groups{"",
                                                    "apps",
                                                    "batch",
                                                    "autoscaling",
                                                    "policy",
                                                    "extensions",
                                                    "admissionregistration.k8s.io",
                                                    "apiextensions.k8s.io",
                                                    "apiregistration.k8s.io",
                                                    "authentication.k8s.io",
                                                    "authorization.k8s.io",
                                                    "certificates.k8s.io",
                                                    "coordination.k8s.io",
                                                    "discovery.k8s.io",
                                                    "events.k8s.io",
                                                    "flowcontrol.apiserver.k8s.io",
                                                    "networking.k8s.io",
                                                    "node.k8s.io",
                                                    "rbac.authorization.k8s.io",
                                                    "resource.k8s.io",
                                                    "scheduling.k8s.io",
                                                    "storage.k8s.io"};
  return std::ranges::find(groups, group) != groups.end();
}

}  // namespace fedctl::kube
