#include "kube/managed_fields.hpp"

#include "base/json.hpp"
#include "kube/object.hpp"

#include <algorithm>
#include <functional>

namespace fedctl::kube {
namespace {

using nlohmann::json;

bool covers(const json& owned, const json& value);

bool covers_map(const json& owned, const json& map) {
  for (const auto& [key, value] : map.items()) {
    if (value.is_null()) continue;
    const auto field = owned.find("f:" + key);
    if (field == owned.end() || !covers(*field, value)) return false;
  }
  return true;
}

/// Does the list item have this key? A key field the item leaves out was defaulted by the server.
bool has_key(const json& item, const std::string& name) {
  const json key = parse_json(std::string_view{name}.substr(2));
  if (!key.is_object() || !item.is_object()) return false;
  return std::ranges::all_of(key.items(), [&](const auto& entry) {
    const auto own = item.find(entry.key());
    return own == item.end() || *own == entry.value();
  });
}

bool covers_item(const json& owned, const json& item, std::size_t index) {
  for (const auto& [name, below] : owned.items()) {
    if (name.starts_with("k:") && has_key(item, name) && covers(below, item)) return true;
    if (name.starts_with("v:") && parse_json(std::string_view{name}.substr(2)) == item) return true;
    if (name == "i:" + std::to_string(index) && covers(below, item)) return true;
  }
  return false;
}

bool covers(const json& owned, const json& value) {
  if (owned.empty()) return true;
  if (value.is_object()) return covers_map(owned, value);
  if (!value.is_array()) return true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!covers_item(owned, value[i], i)) return false;
  }
  return true;
}

bool is_apply(const json& entry) { return string_at(entry, "operation") == "Apply" && string_at(entry, "subresource").empty(); }

const json& managed_fields(const json& object) { return list_at(map_at(object, "metadata"), "managedFields"); }

/// Somebody else's entry; status is nobody's business, a scaling is.
bool is_write(const json& entry, std::string_view manager) {
  const std::string subresource = string_at(entry, "subresource");
  if (!subresource.empty() && subresource != "scale") return false;
  return string_at(entry, "manager") != manager || !is_apply(entry);
}

Writer writer_in(const json& entry) { return {string_at(entry, "manager"), string_at(entry, "operation"), string_at(entry, "time")}; }

/// What `fields` has below one step of a path; null where it has nothing there.
const json* step_into(const json& fields, const json& step) {
  if (step.is_string() || step.is_number()) {
    const auto found = fields.find(step.is_string() ? "f:" + step.get<std::string>() : "i:" + to_text(step));
    return found == fields.end() ? nullptr : &*found;
  }
  for (const auto& [name, below] : fields.items()) {
    if (!name.starts_with("k:")) continue;
    const json key = parse_json(std::string_view{name}.substr(2));
    const auto same = [&](const auto& entry) { return key.is_object() && value_at(key, entry.key()) == entry.value(); };
    if (std::ranges::all_of(step.items(), same)) return &below;
  }
  return nullptr;
}

}  // namespace

std::optional<AppliedEntry> applied_entry(const json& object, std::string_view manager) {
  for (const json& entry : managed_fields(object)) {
    if (is_apply(entry) && string_at(entry, "manager") == manager)
      return AppliedEntry{value_at(entry, "fieldsV1"), string_at(entry, "time")};
  }
  return std::nullopt;
}

json applied_fields(const json& object, std::string_view manager) {
  const auto entry = applied_entry(object, manager);
  return entry ? entry->fields : json();
}

std::vector<std::string> other_appliers(const json& object, std::string_view manager) {
  std::vector<std::string> names;
  for (const json& entry : managed_fields(object)) {
    const std::string name = string_at(entry, "manager");
    if (is_apply(entry) && name != manager) names.push_back(name);
  }
  return names;
}

std::vector<Writer> writers(const json& object, std::string_view manager) {
  std::vector<Writer> result;
  for (const json& entry : managed_fields(object)) {
    if (is_write(entry, manager)) result.push_back(writer_in(entry));
  }
  std::ranges::stable_sort(result, std::greater{}, &Writer::time);
  return result;
}

bool owns_field(const json& fields, const FieldPath& path) {
  const json* at = &fields;
  for (const json& step : path) {
    if (!at->is_object()) return false;
    if (at->empty() && at != &fields) return true;
    const json* next = step_into(*at, step);
    if (next == nullptr) return false;
    at = next;
  }
  return true;
}

std::optional<Writer> writer_of(const json& object, const FieldPath& path, std::string_view manager) {
  std::optional<Writer> latest;
  for (const json& entry : managed_fields(object)) {
    if (!is_write(entry, manager) || !owns_field(value_at(entry, "fieldsV1"), path)) continue;
    Writer writer = writer_in(entry);
    if (!latest || latest->time < writer.time) latest = std::move(writer);
  }
  return latest;
}

bool owns_all(const json& fields, const json& desired) {
  if (!fields.is_object() || !desired.is_object()) return false;
  json relevant = desired;
  for (const char* key : {"apiVersion", "kind", "status"}) relevant.erase(key);
  if (value_at(relevant, "metadata").is_object()) {
    json& metadata = relevant["metadata"];
    for (const char* key :
         {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"}) {
      metadata.erase(key);
    }
    if (metadata.empty()) relevant.erase("metadata");
  }
  return covers_map(fields, relevant);
}

bool owns_path(const json& fields, const std::vector<std::string>& path) {
  const json* at = &fields;
  for (const std::string& key : path) {
    if (!at->is_object()) return false;
    if (at->empty() && at != &fields) return true;
    const auto next = at->find("f:" + key);
    if (next == at->end()) return false;
    at = &*next;
  }
  return true;
}

}  // namespace fedctl::kube
