#include "kube/object.hpp"

#include "base/pointer.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace fedctl::kube {

using nlohmann::json;

std::string to_string(const ObjectKey& key) {
  return text::printable(key.kind + " " + (key.name_space.empty() ? "" : key.name_space + "/") + key.name);
}

GroupVersionKind gvk(std::string_view api_version, std::string_view kind) {
  const auto slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", std::string{api_version}, std::string{kind}};
  return {std::string{api_version.substr(0, slash)}, std::string{api_version.substr(slash + 1)}, std::string{kind}};
}

GroupVersionKind gvk_of(const json& object) { return gvk(string_at(object, "apiVersion"), string_at(object, "kind")); }

std::string name_of(const json& object) { return string_at(value_at(object, "metadata"), "name"); }

std::string namespace_of(const json& object) { return string_at(value_at(object, "metadata"), "namespace"); }

bool is_going(const json& object) { return !string_at(map_at(object, "metadata"), "deletionTimestamp").empty(); }

std::string uid_of(const json& object) { return string_at(value_at(object, "metadata"), "uid"); }

ObjectKey key_of(const json& object) {
  const GroupVersionKind type = gvk_of(object);
  return {type.group, type.kind, namespace_of(object), name_of(object)};
}

std::string metadata_entry(const json& object, std::string_view table, std::string_view name) {
  return string_at(value_at(object, "metadata", table), name);
}

std::int64_t integer_in(const json& object, const char* pointer, std::int64_t otherwise) {
  const json* found = fedctl::pointer::find(object, pointer);
  if (found == nullptr || !found->is_number_integer()) return otherwise;
  constexpr auto greatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > greatest) return otherwise;
  return found->get<std::int64_t>();
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
