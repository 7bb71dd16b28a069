#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// `metadata.managedFields` (https://kubernetes.io/docs/reference/using-api/server-side-apply/): who owns which field.
namespace fedctl::kube {

/// Who we are there.
inline constexpr std::string_view field_manager = "fedctl";

/// The `fieldsV1` of what `manager` has applied (operation Apply, no subresource); null where there is no such entry.
nlohmann::json applied_fields(const nlohmann::json& object, std::string_view manager);

/// The same with the time of the last write.
struct AppliedEntry {
  nlohmann::json fields;
  std::string time;
};
std::optional<AppliedEntry> applied_entry(const nlohmann::json& object, std::string_view manager);

/// Other managers that own fields by server-side apply: they mean to keep them, unlike a passing `kubectl scale`.
std::vector<std::string> other_appliers(const nlohmann::json& object, std::string_view manager);

/// Somebody who wrote an object, as an entry of its managed fields tells.
struct Writer {
  std::string manager;
  std::string operation;  ///< "Apply" or "Update".
  std::string time;       ///< RFC 3339; of the entry's last write.
};

/// Everybody but `manager` with an entry of its own (status and other subresources aside, but for scale), latest first.
std::vector<Writer> writers(const nlohmann::json& object, std::string_view manager);

/// A field's place: a string is a map's key, a map tells which item of a list ({"name": "web"}), a number is a position.
using FieldPath = std::vector<nlohmann::json>;

/// Does `fields` own the field at `path`, or all of what is above it?
bool owns_field(const nlohmann::json& fields, const FieldPath& path);

/// The latest of those, `manager` aside, who own the field at `path`.
std::optional<Writer> writer_of(const nlohmann::json& object, const FieldPath& path, std::string_view manager);

/// Does `fields` own every leaf of `desired`? A path that ends in an atomic `{}` covers all below it; list items are
/// found by their `k:` keys (which hold defaulted fields too), set members by `v:`. Nulls, `apiVersion`, `kind`,
/// `status` and what names the object are nobody's and are passed over.
bool owns_all(const nlohmann::json& fields, const nlohmann::json& desired);

/// Does `fields` own the one field at this path of map keys, e.g. {"spec", "replicas"}?
bool owns_path(const nlohmann::json& fields, const std::vector<std::string>& path);

}  // namespace fedctl::kube
