#include "kube/owned_part.hpp"

#include "base/json.hpp"
#include "kube/object.hpp"

#include <algorithm>
#include <optional>

namespace fedctl::kube {
namespace {

using nlohmann::json;

std::optional<json> part_of(const json& value, const json& fields);

bool is_keyed(const json& item, const json& key) {
  return item.is_object() && key.is_object() &&
         std::ranges::all_of(key.items(), [&](const auto& entry) { return value_at(item, entry.key()) == entry.value(); });
}

json map_part(const json& map, const json& fields) {
  json part = json::object();
  for (const auto& [name, below] : fields.items()) {
    if (!name.starts_with("f:")) continue;
    const auto value = map.find(name.substr(2));
    if (value == map.end()) continue;
    if (auto inner = part_of(*value, below)) part[name.substr(2)] = std::move(*inner);
  }
  return part;
}

std::optional<json> item_part(const json& item, std::size_t index, const json& fields) {
  for (const auto& [name, below] : fields.items()) {
    const json key = name.size() > 2 ? parse_json(std::string_view{name}.substr(2)) : json();
    if (name.starts_with("v:") && key == item) return item;
    if (name.starts_with("i:") && key == json(index)) return part_of(item, below);
    if (!name.starts_with("k:") || !is_keyed(item, key)) continue;
    auto part = part_of(item, below);
    if (part && part->is_object()) part->update(key);
    return part;
  }
  return std::nullopt;
}

/// Nothing where the fields say something of another shape.
std::optional<json> part_of(const json& value, const json& fields) {
  if (!fields.is_object() || fields.empty()) return value;
  if (value.is_object()) return map_part(value, fields);
  if (!value.is_array()) return std::nullopt;
  json part = json::array();
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (auto item = item_part(value[i], i, fields)) part.push_back(std::move(*item));
  }
  return part;
}

void erase_from_list(json& list, const std::string& name, const json& below) {
  const json key = parse_json(std::string_view{name}.substr(2));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool is_meant = name.starts_with("v:") ? list[i] == key : is_keyed(list[i], key);
    if (!is_meant) continue;
    if (name.starts_with("v:") || below.empty() || below.contains(".")) {
      list.erase(i);
    } else {
      erase_fields(list[i], below);
    }
    return;
  }
}

}  // namespace

json united(const json& fields, const json& others) {
  if (!fields.is_object()) return others;
  if (!others.is_object()) return fields;
  if (fields.empty() || others.empty()) return json::object();
  json all = fields;
  for (const auto& [name, below] : others.items()) all[name] = all.contains(name) ? united(all[name], below) : below;
  return all;
}

json fields_less(const json& fields, const json& others) {
  json rest = json::object();
  for (const auto& [name, below] : fields.items()) {
    if (name == ".") continue;
    const auto other = others.find(name);
    if (other == others.end()) {
      rest[name] = below;
    } else if (!below.empty() && !other->empty()) {
      json part = fields_less(below, *other);
      if (!part.is_null()) rest[name] = std::move(part);
    }
  }
  return rest.empty() ? json() : rest;
}

void erase_fields(json& value, const json& fields) {
  for (const auto& [name, below] : fields.items()) {
    if (value.is_array() && (name.starts_with("k:") || name.starts_with("v:"))) erase_from_list(value, name, below);
    if (!value.is_object() || !name.starts_with("f:")) continue;
    const auto field = value.find(name.substr(2));
    if (field == value.end()) continue;
    if (!below.empty()) erase_fields(*field, below);
    if (below.empty() || (field->is_structured() && field->empty())) value.erase(field);
  }
}

json owned_part(const json& object, const json& fields) {
  json part = fields.is_object() && !fields.empty() ? map_part(object, fields) : json::object();
  for (const char* key : {"apiVersion", "kind"}) part[key] = value_at(object, key);
  json& metadata = part["metadata"];
  if (!metadata.is_object()) metadata = json::object();
  for (const char* key : {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"}) metadata.erase(key);
  metadata["name"] = name_of(object);
  if (const std::string name_space = namespace_of(object); !name_space.empty()) metadata["namespace"] = name_space;
  return part;
}

}  // namespace fedctl::kube
