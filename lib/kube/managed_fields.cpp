#include "kube/managed_fields.hpp"

#include "kube/object.hpp"

#include <algorithm>

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
  const json key = json::parse(name.substr(2), nullptr, false);
  if (!key.is_object() || !item.is_object()) return false;
  return std::ranges::all_of(key.items(), [&](const auto& entry) {
    const auto own = item.find(entry.key());
    return own == item.end() || *own == entry.value();
  });
}

bool covers_item(const json& owned, const json& item, std::size_t index) {
  for (const auto& [name, below] : owned.items()) {
    if (name.starts_with("k:") && has_key(item, name) && covers(below, item)) return true;
    if (name.starts_with("v:") && json::parse(name.substr(2), nullptr, false) == item) return true;
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

json managed_fields(const json& object) {
  const json metadata = object.value("metadata", json::object());
  const auto found = metadata.find("managedFields");
  return found != metadata.end() && found->is_array() ? *found : json::array();
}

}  // namespace

json applied_fields(const json& object, std::string_view manager) {
  for (const json& entry : managed_fields(object)) {
    if (is_apply(entry) && string_at(entry, "manager") == manager) return entry.value("fieldsV1", json());
  }
  return nullptr;
}

std::vector<std::string> other_appliers(const json& object, std::string_view manager) {
  std::vector<std::string> names;
  for (const json& entry : managed_fields(object)) {
    const std::string name = string_at(entry, "manager");
    if (is_apply(entry) && name != manager) names.push_back(name);
  }
  return names;
}

bool owns_all(const json& fields, const json& desired) {
  if (!fields.is_object()) return false;
  json relevant = desired;
  for (const char* key : {"apiVersion", "kind", "status"}) relevant.erase(key);
  if (relevant.contains("metadata")) {
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
