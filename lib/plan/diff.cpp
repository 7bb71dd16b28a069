#include "plan/diff.hpp"

#include "kube/field_name.hpp"
#include "kube/object.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>

namespace fedctl::plan {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> server_metadata{
    "managedFields",     "resourceVersion", "generation",        "uid",
    "creationTimestamp", "selfLink",        "deletionTimestamp", "deletionGracePeriodSeconds"};

json without_server_fields(const json& object) {
  if (!object.is_object()) return json::object();
  json result = object;
  result.erase("status");
  if (!result.contains("metadata") || !result["metadata"].is_object()) return result;
  json& metadata = result["metadata"];
  for (const std::string_view key : server_metadata) metadata.erase(std::string{key});
  if (metadata.contains("annotations") && metadata["annotations"].is_object()) {
    for (const std::string_view ours : {hash_annotation, federation::host_annotation}) metadata["annotations"].erase(std::string{ours});
    if (metadata["annotations"].empty()) metadata.erase("annotations");
  }
  return result;
}

/// Collects what differs between two values.
class Comparison {
 public:
  std::vector<FieldChange> changes;

  void compare(const std::string& path, const json& before, const json& after) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) return compare_maps(path, before, after);
    if (before.is_array() && after.is_array() && !before.empty() && !after.empty()) return compare_lists(path, before, after);
    add(path, before, after);
  }

  void appears(const std::string& path, const json& value) { add(path, std::nullopt, value); }

 private:
  void add(const std::string& path, std::optional<json> before, std::optional<json> after) {
    changes.push_back({.path = path, .old_value = std::move(before), .new_value = std::move(after), .where = where_});
  }

  /// Compares one part of both, of which either may be missing.
  void enter(json step, const std::string& path, const json* before, const json* after) {
    where_.push_back(std::move(step));
    if (before == nullptr) {
      add(path, std::nullopt, *after);
    } else if (after == nullptr) {
      add(path, *before, std::nullopt);
    } else {
      compare(path, *before, *after);
    }
    where_.pop_back();
  }

  void compare_maps(const std::string& path, const json& before, const json& after) {
    for (const auto& [key, value] : before.items()) {
      const auto other = after.find(key);
      enter(key, kube::field_below(path, key), &value, other == after.end() ? nullptr : &*other);
    }
    for (const auto& [key, value] : after.items()) {
      if (!before.contains(key)) enter(key, kube::field_below(path, key), nullptr, &value);
    }
  }

  void compare_lists(const std::string& path, const json& before, const json& after) {
    const char* field = kube::naming_field(before, after);
    if (field == nullptr) return compare_positions(path, before, after);
    const auto find = [field](const json& list, const json& name) -> const json* {
      const auto found = std::ranges::find_if(list, [&](const json& item) { return item[field] == name; });
      return found == list.end() ? nullptr : &*found;
    };
    const auto step = [field](const json& item) { return json{{field, item[field]}}; };
    for (const json& item : before) enter(step(item), kube::item_below(path, field, item[field]), &item, find(after, item[field]));
    for (const json& item : after) {
      if (find(before, item[field]) == nullptr) enter(step(item), kube::item_below(path, field, item[field]), nullptr, &item);
    }
  }

  void compare_positions(const std::string& path, const json& before, const json& after) {
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
      enter(i, kube::item_below(path, i), i < before.size() ? &before[i] : nullptr, i < after.size() ? &after[i] : nullptr);
    }
  }

  kube::FieldPath where_;
};

bool is_sensitive(const std::string& path) {
  return path == "data" || path.starts_with("data.") || path.starts_with("data[") || path.starts_with("stringData") ||
         path == "metadata.annotations" || path == "metadata" ||
         path == "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]";
}

/// Of a map, the keys stay and each value becomes `mask`; of anything else only the mask stays.
json masked(const json& value, const std::string& mask) {
  if (!value.is_object()) return mask;
  json result = json::object();
  for (const auto& [key, hidden] : value.items()) result[key] = mask;
  return result;
}

std::vector<FieldChange> mask_secret(const json& object, std::vector<FieldChange> changes) {
  if (kube::string_at(object, "kind") != "Secret") return changes;
  for (FieldChange& change : changes) {
    if (!is_sensitive(change.path)) continue;
    const bool both = change.old_value && change.new_value;
    if (change.old_value) change.old_value = masked(*change.old_value, both ? "*** (before)" : "***");
    if (change.new_value) change.new_value = masked(*change.new_value, both ? "*** (after)" : "***");
    change.sensitive = true;
  }
  return changes;
}

/// Masks a table of a Secret; an entry that the other side has otherwise gets `mark`.
void mask_table(json& table, const json& other, const std::string& mark) {
  if (!table.is_object()) {
    table = table.is_null() ? table : json("***");
    return;
  }
  for (auto& [key, value] : table.items()) {
    const bool differs = other.is_object() && other.contains(key) && other[key] != value;
    value = differs ? "*** (" + mark + ")" : "***";
  }
}

void mask_object(json& object, const json& other, const std::string& mark) {
  if (kube::string_at(object, "kind") != "Secret") return;
  for (const char* table : {"data", "stringData"}) {
    if (object.contains(table)) mask_table(object[table], kube::value_at(other, table), mark);
  }
  json& metadata = object["metadata"];
  if (!metadata.is_object() || !metadata.contains("annotations") || !metadata["annotations"].is_object()) return;
  const auto last_applied = metadata["annotations"].find("kubectl.kubernetes.io/last-applied-configuration");
  if (last_applied != metadata["annotations"].end()) *last_applied = "***";
}

}  // namespace

Shown shown(const json& before, const json& after) {
  const json old_object = before.is_null() ? json() : without_server_fields(before);
  const json new_object = after.is_null() ? json() : without_server_fields(after);
  Shown result{old_object, new_object};
  mask_object(result.before, new_object, "before");
  mask_object(result.after, old_object, "after");
  return result;
}

std::vector<FieldChange> differences(const json& before, const json& after) {
  Comparison comparison;
  comparison.compare("", without_server_fields(before), without_server_fields(after));
  return mask_secret(after, std::move(comparison.changes));
}

std::vector<FieldChange> fields_of_new(const json& object) {
  Comparison comparison;
  const json shown = without_server_fields(object);
  for (const auto& [key, value] : shown.items()) {
    if (key == "apiVersion" || key == "kind") continue;
    if (key != "metadata") {
      comparison.appears(key, value);
      continue;
    }
    for (const auto& [entry, content] : value.items()) {
      if (entry != "name" && entry != "namespace") comparison.appears("metadata." + entry, content);
    }
  }
  return mask_secret(object, std::move(comparison.changes));
}

}  // namespace fedctl::plan
