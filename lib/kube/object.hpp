#pragma once

#include "base/json.hpp"

#include <compare>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

/// Kubernetes' API conventions: objects, discovery, requests, Status errors.
namespace fedctl::kube {

struct GroupVersionKind {
  std::string group;  ///< Empty for the core group.
  std::string version;
  std::string kind;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  auto operator<=>(const GroupVersionKind&) const = default;
};

/// Is this an API group of Kubernetes itself, not one that a CustomResourceDefinition brings?
bool is_builtin_group(std::string_view group);

/// What tells one object of a cluster from another; the version does not.
struct ObjectKey {
  std::string group;
  std::string kind;
  std::string name_space;  ///< Empty for cluster-scoped objects.
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
};

/// "Deployment production/web" or "Namespace production"; for people.
std::string to_string(const ObjectKey& key);

/// "apps/v1" and a kind, taken apart.
GroupVersionKind gvk(std::string_view api_version, std::string_view kind);
GroupVersionKind gvk_of(const nlohmann::json& object);

using fedctl::bool_at;
using fedctl::integer_at;
using fedctl::list_at;
using fedctl::map_at;
using fedctl::string_at;
using fedctl::value_at;

std::string name_of(const nlohmann::json& object);
std::string namespace_of(const nlohmann::json& object);
std::string uid_of(const nlohmann::json& object);
ObjectKey key_of(const nlohmann::json& object);

/// Is it being deleted? It stays until nothing keeps it any more (departure.hpp).
bool is_going(const nlohmann::json& object);

/// The value of a label or annotation (`table` says which), or "".
std::string metadata_entry(const nlohmann::json& object, std::string_view table, std::string_view name);

/// The integer at `pointer` (RFC 6901), or `otherwise`.
std::int64_t integer_in(const nlohmann::json& object, const char* pointer, std::int64_t otherwise);

}  // namespace fedctl::kube
