#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

/// `metadata.managedFields` (https://kubernetes.io/docs/reference/using-api/server-side-apply/): who owns which field.
namespace fedctl::kube {

/// The `fieldsV1` of what `manager` has applied (operation Apply, no subresource); null where there is no such entry.
nlohmann::json applied_fields(const nlohmann::json& object, std::string_view manager);

/// Other managers that own fields by server-side apply: they mean to keep them, unlike a passing `kubectl scale`.
std::vector<std::string> other_appliers(const nlohmann::json& object, std::string_view manager);

/// Does `fields` own every leaf of `desired`? A path that ends in an atomic `{}` covers all below it; list items are
/// found by their `k:` keys (which hold defaulted fields too), set members by `v:`. Nulls, `apiVersion`, `kind`,
/// `status` and what names the object are nobody's and are passed over.
bool owns_all(const nlohmann::json& fields, const nlohmann::json& desired);

/// Does `fields` own the one field at this path of map keys, e.g. {"spec", "replicas"}?
bool owns_path(const nlohmann::json& fields, const std::vector<std::string>& path);

}  // namespace fedctl::kube
