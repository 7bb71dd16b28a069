#pragma once

#include "kube/managed_fields.hpp"

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
  kube::FieldPath where;   ///< The path for programs, as managed fields are searched by.
  /// Set where the field was changed since we last applied it: who did, as far as the server knows.
  std::optional<kube::Writer> changed_by = {};
  bool drifted = false;     ///< It was, whoever did.
  std::string reason = {};  ///< Why it gets its new value, where more than the input says so: "by preference web: ...".
};

/// The fields in which `after` differs from `before`, as a person would name them. What the server keeps for itself
/// (status, managedFields, resourceVersion, generation, ...) and our own annotations are passed over.
/// List items that have unique names are compared by name, others by position.
/// The data of Secrets come out masked: "*** (before)" and "*** (after)".
std::vector<FieldChange> differences(const nlohmann::json& before, const nlohmann::json& after);

/// Two objects, either perhaps null, as they may be shown and kept whole: without what the server keeps for itself, Secrets masked so
/// that one sees which entries differ.
struct Shown {
  nlohmann::json before;
  nlohmann::json after;
};
Shown shown(const nlohmann::json& before, const nlohmann::json& after);

/// The top-level fields of an object that is new, masked alike.
std::vector<FieldChange> fields_of_new(const nlohmann::json& object);

}  // namespace fedctl::plan
