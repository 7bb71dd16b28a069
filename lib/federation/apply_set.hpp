#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

/// ApplySets (KEP-3659): objects that were applied together, known by a label on each and listed by a parent object, so that
/// what has left the input can be found and kubectl understands our sets. The parent is a ConfigMap.
namespace fedctl::federation {

inline constexpr std::string_view part_of_label = "applyset.kubernetes.io/part-of";
inline constexpr std::string_view set_id_label = "applyset.kubernetes.io/id";
inline constexpr std::string_view tooling_annotation = "applyset.kubernetes.io/tooling";
inline constexpr std::string_view group_kinds_annotation = "applyset.kubernetes.io/contains-group-kinds";
inline constexpr std::string_view namespaces_annotation = "applyset.kubernetes.io/additional-namespaces";

/// Who may change our sets; other tools refuse, as we refuse theirs.
inline constexpr std::string_view tooling = "fedctl/v1";

struct ApplySet {
  std::string name;        ///< Of the parent, in each cluster.
  std::string name_space;  ///< The parent's.

  /// "applyset-<base64url of SHA-256 of NAME.NAMESPACE.KIND.GROUP>-v1"
  std::string id() const;
};

/// The parent of a set that holds these group-kinds ("Deployment.apps", "ConfigMap") in these namespaces.
nlohmann::json parent_of(const ApplySet& set, const std::set<std::string>& group_kinds, std::set<std::string> namespaces);

/// "Deployment.apps" or "ConfigMap".
std::string group_kind(std::string_view group, std::string_view kind);

}  // namespace fedctl::federation
