#include "kube/local_apply.hpp"

#include "base/json.hpp"
#include "kube/owned_part.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace fedctl::kube {
namespace {

using nlohmann::json;

json fields_of_all(const json& live) {
  json all;
  for (const json& entry : list_at(map_at(live, "metadata"), "managedFields")) {
    const json& fields = map_at(entry, "fieldsV1");
    if (!fields.empty()) all = united(all, fields);
  }
  return all.is_null() ? json::object() : all;
}

/// A key field that an item leaves out has its default; the only one there is in Kubernetes' own types is a port's protocol.
json key_field(const json& item, const std::string& field) {
  const json& value = value_at(item, field);
  return value.is_null() && field == "protocol" ? json("TCP") : value;
}

bool has_same_key(const json& item, const json& other, const json& key) {
  return std::ranges::all_of(key.items(), [&](const auto& field) { return key_field(item, field.key()) == key_field(other, field.key()); });
}

/// The fields by which the items of a list are known, as an example of a key; null where it is none of that kind.
json example_key(const json& fields) {
  for (const auto& [name, below] : fields.items()) {
    if (name.starts_with("k:")) return parse_json(std::string_view{name}.substr(2));
  }
  return {};
}

bool is_set(const json& fields) {
  return std::ranges::any_of(fields.items(), [](const auto& field) { return field.key().starts_with("v:"); });
}

const json* item_with(const json& list, const json& like, const json& key) {
  const auto found = std::ranges::find_if(list, [&](const json& item) { return has_same_key(item, like, key); });
  return found == list.end() ? nullptr : &*found;
}

/// The fields of a list's item.
json fields_of_item(const json& fields, const json& item) {
  for (const auto& [name, below] : fields.items()) {
    const json key = name.starts_with("k:") ? parse_json(std::string_view{name}.substr(2)) : json();
    if (key.is_object() && has_same_key(item, key, key)) return below;
  }
  return json::object();
}

json merged(const json& value, const json& desired, const json& fields);

json merged_list(const json& value, const json& desired, const json& fields) {
  const json key = example_key(fields);
  const bool by_keys = key.is_object();
  if (!by_keys && !is_set(fields)) return desired;
  json result = value;
  for (const json& item : desired) {
    const auto same = std::ranges::find_if(result, [&](const json& one) { return by_keys ? has_same_key(one, item, key) : one == item; });
    if (same == result.end()) {
      result.push_back(item);
    } else {
      *same = merged(*same, item, fields_of_item(fields, item));
    }
  }
  return result;
}

json merged(const json& value, const json& desired, const json& fields) {
  if (value.is_array() && desired.is_array()) return merged_list(value, desired, fields);
  if (!value.is_object() || !desired.is_object()) return desired;
  json result = value;
  for (const auto& [key, wanted] : desired.items()) {
    if (wanted.is_null()) continue;
    const auto found = result.find(key);
    if (found == result.end()) {
      result[key] = wanted;
    } else {
      *found = merged(*found, wanted, map_at(fields, "f:" + key));
    }
  }
  return result;
}

/// The fields of `fields` of which `desired` says nothing; null where it says something of all.
json unsaid(const json& fields, const json& desired) {
  const json key = example_key(fields);
  json rest = json::object();
  for (const auto& [name, below] : fields.items()) {
    if (name == ".") continue;
    const json* said = nullptr;
    if (name.starts_with("f:") && desired.is_object() && desired.contains(name.substr(2))) said = &value_at(desired, name.substr(2));
    if (name.starts_with("k:") && desired.is_array()) said = item_with(desired, parse_json(std::string_view{name}.substr(2)), key);
    if (name.starts_with("v:") && desired.is_array()) {
      const auto member = std::ranges::find(desired, parse_json(std::string_view{name}.substr(2)));
      if (member != desired.end()) said = &*member;
    }
    if (said == nullptr) {
      rest[name] = below;
    } else if (!below.empty()) {
      json part = unsaid(below, *said);
      if (!part.is_null()) rest[name] = std::move(part);
    }
  }
  return rest.empty() ? json() : rest;
}

void add_operations(json& operations, const std::string& above, const json& live, const json& target, const std::set<std::string>& except) {
  const auto path = [&](const std::string& key) { return above + (json::json_pointer{} / key).to_string(); };
  for (const auto& [key, value] : target.items()) {
    if (!except.contains(key) && value_at(live, key) != value) operations.push_back({{"op", "add"}, {"path", path(key)}, {"value", value}});
  }
  for (const auto& [key, value] : live.items()) {
    if (!except.contains(key) && !target.contains(key)) operations.push_back({{"op", "remove"}, {"path", path(key)}});
  }
}

}  // namespace

json applied_locally(const json& live, const json& desired, const json& only_ours) {
  json result = live;
  const json gone = only_ours.is_null() ? json() : unsaid(only_ours, desired);
  if (!gone.is_null()) erase_fields(result, gone);
  return merged(result, desired, fields_of_all(live));
}

json operations_between(const json& live, const json& target) {
  const json& metadata = map_at(live, "metadata");
  json operations = json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", string_at(metadata, "uid")}}});
  add_operations(operations, "", live, target, {"apiVersion", "kind", "metadata", "status"});
  add_operations(operations, "/metadata", metadata, map_at(target, "metadata"),
                 {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink", "name", "namespace"});
  return operations;
}

}  // namespace fedctl::kube
