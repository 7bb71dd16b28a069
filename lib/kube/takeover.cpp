#include "kube/takeover.hpp"

#include "kube/client.hpp"
#include "kube/managed_fields.hpp"
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

const json& entries_of(const json& object) { return list_at(map_at(object, "metadata"), "managedFields"); }

/// What kubectl notes for itself is no field of the object's.
json without_last_applied(json fields) {
  const json::json_pointer annotations{"/f:metadata/f:annotations"};
  if (map_at(map_at(fields, "f:metadata"), "f:annotations").empty()) return fields;
  fields[annotations].erase("f:kubectl.kubernetes.io/last-applied-configuration");
  return fields;
}

json replacement_of_entries(const json& live, json entries) {
  const json metadata = map_at(live, "metadata");
  return json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", string_at(metadata, "uid")}},
                      {{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", std::move(entries)}}});
}

}  // namespace

bool has_predecessor(const json& object) {
  const json& entries = entries_of(object);
  return std::ranges::any_of(entries, is_predecessor);
}

bool is_to_be_taken_over(const json& live) {
  const json& entries = entries_of(live);
  return std::ranges::any_of(entries, is_predecessor) && std::ranges::none_of(entries, is_ours);
}

json takeover_operations(const json& live) {
  json entries = json::array();
  json ours;
  const json& all = entries_of(live);
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
  const json& all = entries_of(live);
  for (const json& entry : all) {
    if (is_ours(entry) || is_predecessor(entry)) fields = united(fields, without_last_applied(map_at(entry, "fieldsV1")));
  }
  return fields;
}

json give_back_operations(const json& before, const json& live) {
  const auto is_about_us = [](const json& entry) { return is_ours(entry) || is_predecessor(entry); };
  json entries = json::array();
  const json& now = entries_of(live);
  const json& then = entries_of(before);
  std::ranges::remove_copy_if(now, std::back_inserter(entries), is_about_us);
  std::ranges::copy_if(then, std::back_inserter(entries), is_about_us);
  return replacement_of_entries(live, std::move(entries));
}

json fields_only_ours(const json& object) {
  json held;
  json others;
  const json& entries = entries_of(object);
  const bool has_taken_over = std::ranges::any_of(entries, is_ours);
  for (const json& entry : entries) {
    if (!string_at(entry, "subresource").empty()) continue;
    json& whose = is_ours(entry) || (!has_taken_over && is_predecessor(entry)) ? held : others;
    whose = united(whose, map_at(entry, "fieldsV1"));
  }
  return held.is_null() ? json() : fields_less(without_last_applied(std::move(held)), others.is_null() ? json::object() : others);
}

json without_predecessors_fields(json would_be) {
  json theirs;
  json others;
  for (const json& entry : entries_of(would_be)) {
    if (!string_at(entry, "subresource").empty()) continue;
    json& whose = is_predecessor(entry) ? theirs : others;
    whose = united(whose, map_at(entry, "fieldsV1"));
  }
  const json only_theirs = fields_less(without_last_applied(theirs), others);
  if (!only_theirs.is_null()) erase_fields(would_be, only_theirs);
  return would_be;
}

}  // namespace fedctl::kube
