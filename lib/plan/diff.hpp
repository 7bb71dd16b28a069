#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::plan {

/// One field that differs. A field that appears has no old value, one that goes away no new one.
struct FieldChange {
  std::string path;  ///< "spec.replicas", "spec.template.spec.containers[name=web].image", "metadata.labels[example.com/team]"
  std::optional<nlohmann::json> old_value;
  std::optional<nlohmann::json> new_value;
  bool sensitive = false;  ///< The values are masks; what they hide is never kept.
};

/// The fields in which `after` differs from `before`, as a person would name them. What the server keeps for itself
/// (status, managedFields, resourceVersion, generation, ...) and our own annotations are passed over.
/// List items that have unique names are compared by name, others by position.
/// The data of Secrets come out masked: "*** (before)" and "*** (after)".
std::vector<FieldChange> differences(const nlohmann::json& before, const nlohmann::json& after);

/// The top-level fields of an object that is new, masked alike.
std::vector<FieldChange> fields_of_new(const nlohmann::json& object);

}  // namespace fedctl::plan
