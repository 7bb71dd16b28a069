#include "kube/takeover.hpp"

#include "kube/client.hpp"
#include "kube/object.hpp"
#include "kube/owned_part.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace fedctl::kube {
namespace {

using nlohmann::json;

bool is_predecessor(const json& entry) {
  constexpr std::array<std::string_view, 4> managers{"kubectl-client-side-apply", "controller-manager", "hyperfed",
                                                     "kubefed-controller-manager"};
  return string_at(entry, "operation") == "Update" && string_at(entry, "subresource").empty() &&
         std::ranges::find(managers, string_at(entry, "manager")) != managers.end();
}

bool is_ours(const json& entry) {
  return string_at(entry, "manager") == field_manager && string_at(entry, "operation") == "Apply" &&
         string_at(entry, "subresource").empty();
}

json entries_of(const json& object) { return list_at(map_at(object, "metadata"), "managedFields"); }

/// What kubectl notes for itself is no field of the object's.
json without_last_applied(json fields) {
  const json::json_pointer annotations{"/f:metadata/f:annotations"};
  if (fields.contains(annotations)) fields[annotations].erase("f:kubectl.kubernetes.io/last-applied-configuration");
  return fields;
}

/// The fields of `fields` that `others` lacks; null where there are none.
json less(const json& fields, const json& others) {
  json rest = json::object();
  for (const auto& [name, below] : fields.items()) {
    if (name == ".") continue;
    const auto other = others.find(name);
    if (other == others.end()) {
      rest[name] = below;
    } else if (!below.empty() && !other->empty()) {
      json part = less(below, *other);
      if (!part.is_null()) rest[name] = std::move(part);
    }
  }
  return rest.empty() ? json() : rest;
}

bool has_key(const json& item, const json& key) {
  return item.is_object() && key.is_object() &&
         std::ranges::all_of(key.items(), [&](const auto& entry) { return item.value(entry.key(), json()) == entry.value(); });
}

void erase_fields(json& value, const json& fields);

void erase_from_list(json& list, const std::string& name, const json& below) {
  const json key = json::parse(name.substr(2), nullptr, false);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool is_meant = name.starts_with("v:") ? list[i] == key : has_key(list[i], key);
    if (!is_meant) continue;
    if (name.starts_with("v:") || below.empty() || below.contains(".")) {
      list.erase(i);
    } else {
      erase_fields(list[i], below);
    }
    return;
  }
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

json replacement_of_entries(const json& live, json entries) {
  const json metadata = map_at(live, "metadata");
  return json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", string_at(metadata, "uid")}},
                      {{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", std::move(entries)}},
                      {{"op", "replace"}, {"path", "/metadata/resourceVersion"}, {"value", string_at(metadata, "resourceVersion")}}});
}

}  // namespace

bool has_predecessor(const json& object) {
  const json entries = entries_of(object);
  return std::ranges::any_of(entries, is_predecessor);
}

json takeover_operations(const json& live) {
  json entries = json::array();
  json ours;
  const json all = entries_of(live);
  for (const json& entry : all) {
    if (!is_ours(entry) && !is_predecessor(entry)) {
      entries.push_back(entry);
    } else if (ours.is_null()) {
      ours = entry;
    }
  }
  if (!ours.is_null()) {
    ours["manager"] = field_manager;
    ours["operation"] = "Apply";
    ours["fieldsV1"] = fields_taken_over(live);
    entries.push_back(std::move(ours));
  }
  return replacement_of_entries(live, std::move(entries));
}

json fields_taken_over(const json& live) {
  json fields;
  const json all = entries_of(live);
  for (const json& entry : all) {
    if (is_ours(entry) || is_predecessor(entry)) fields = united(fields, without_last_applied(entry.value("fieldsV1", json::object())));
  }
  return fields;
}

json give_back_operations(const json& before, const json& live) {
  const auto is_about_us = [](const json& entry) { return is_ours(entry) || is_predecessor(entry); };
  json entries = json::array();
  const json now = entries_of(live);
  const json then = entries_of(before);
  std::ranges::remove_copy_if(now, std::back_inserter(entries), is_about_us);
  std::ranges::copy_if(then, std::back_inserter(entries), is_about_us);
  return replacement_of_entries(live, std::move(entries));
}

json without_predecessors_fields(json would_be) {
  json theirs;
  json others;
  const json entries = entries_of(would_be);
  for (const json& entry : entries) {
    if (!string_at(entry, "subresource").empty()) continue;
    json& whose = is_predecessor(entry) ? theirs : others;
    whose = united(whose, entry.value("fieldsV1", json::object()));
  }
  const json only_theirs = less(without_last_applied(theirs), others);
  if (!only_theirs.is_null()) erase_fields(would_be, only_theirs);
  return would_be;
}

}  // namespace fedctl::kube
