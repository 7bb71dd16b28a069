#include "kube/discovered.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace fedctl::kube {
namespace {

using nlohmann::json;

bool has(const json& verbs, const char* verb) { return std::ranges::find(verbs, json(verb)) != verbs.end(); }

/// A type that can only be read, such as a measurement, is a view of something else; all others hold objects of their own.
bool can_be_written(const json& verbs) {
  return std::ranges::any_of(std::array{"create", "patch", "update", "delete", "deletecollection"},
                             [&](const char* verb) { return has(verbs, verb); });
}

bool can_be_listed(const json& verbs) { return has(verbs, "list"); }

std::vector<std::string> strings(const json& list) {
  std::vector<std::string> result;
  for (const json& item : list) {
    if (item.is_string()) result.push_back(item.get<std::string>());
  }
  return result;
}

/// Adds what can be written. An entry that is not understood may be any type of its group, so that the whole group is unknown then.
void add(Discovery& discovery, const json& item, Resource resource, bool has_scope) {
  const json& verbs = value_at(item, "verbs");
  const bool has_verbs =
      verbs.is_null() || (verbs.is_array() && std::ranges::all_of(verbs, [](const json& verb) { return verb.is_string(); }));
  const bool counts = has_verbs && can_be_written(list_at(item, "verbs"));
  if (!item.is_object() || !has_verbs || (counts && (resource.kind.empty() || resource.plural.empty() || !has_scope))) {
    discovery.add_silent_group(resource.group);
  } else if (counts) {
    discovery.add(std::move(resource));
  }
}

}  // namespace

bool is_discovery_document(const json& body) {
  const auto holds = [&](const char* key, bool (*is_right)(const json&)) {
    const json& list = value_at(body, key);
    return list.is_null() || (list.is_array() && std::ranges::all_of(list, is_right));
  };
  const auto is_map = [](const json& item) { return item.is_object(); };
  const std::string kind = string_at(body, "kind");
  if (kind == "APIGroupDiscoveryList") return holds("items", is_map);
  if (kind == "APIResourceList") return !string_at(body, "groupVersion").empty() && holds("resources", is_map);
  if (kind == "APIVersions")
    return value_at(body, "versions").is_array() && holds("versions", [](const json& item) { return item.is_string(); });
  const auto is_group = [](const json& item) { return !string_at(item, "name").empty(); };
  return kind == "APIGroupList" && value_at(body, "groups").is_array() && holds("groups", is_group);
}

std::vector<std::string> version_paths(const json& document) {
  std::vector<std::string> paths;
  if (string_at(document, "kind") == "APIVersions") {
    for (const std::string& version : strings(list_at(document, "versions"))) paths.push_back("/api/" + version);
  }
  for (const json& group : list_at(document, "groups")) {
    const std::string preferred = string_at(value_at(group, "preferredVersion"), "groupVersion");
    if (!preferred.empty()) paths.push_back("/apis/" + preferred);
    for (const json& version : list_at(group, "versions")) {
      const std::string name = string_at(version, "groupVersion");
      if (name != preferred) paths.push_back("/apis/" + name);
    }
  }
  return paths;
}

std::vector<std::string> groups_not_understood(const json& document) {
  std::vector<std::string> groups;
  for (const json& group : list_at(document, "groups")) {
    const std::string name = string_at(group, "name");
    const json& versions = list_at(group, "versions");
    const bool is_right = !versions.empty() && std::ranges::all_of(versions, [&](const json& version) {
      return string_at(version, "groupVersion").starts_with(name + "/");
    });
    if (!is_right) groups.push_back(name);
  }
  return groups;
}

void read_aggregated(const json& document, Discovery& discovery) {
  for (const json& group : list_at(document, "items")) {
    const std::string name = string_at(value_at(group, "metadata"), "name");
    if (list_at(group, "versions").empty()) discovery.add_silent_group(name);
    for (const json& version : list_at(group, "versions")) {
      const json& resources = value_at(version, "resources");
      const std::string freshness = string_at(version, "freshness");
      const bool is_right = !string_at(version, "version").empty() && resources.is_array();
      if (!is_right || (!freshness.empty() && freshness != "Current")) discovery.add_silent_group(name);
      for (const json& item : list_at(version, "resources")) {
        const std::string scope = string_at(item, "scope");
        add(discovery, item,
            {name, string_at(version, "version"), string_at(value_at(item, "responseKind"), "kind"), string_at(item, "resource"),
             string_at(item, "singularResource"), strings(list_at(item, "shortNames")), scope == "Namespaced",
             can_be_listed(list_at(item, "verbs"))},
            scope == "Namespaced" || scope == "Cluster");
      }
    }
  }
}

void read_resource_list(const json& document, Discovery& discovery) {
  const GroupVersionKind list = gvk(string_at(document, "groupVersion"), "");
  for (const json& item : list_at(document, "resources")) {
    const std::string plural = string_at(item, "name");
    if (plural.find('/') != std::string::npos) continue;
    add(discovery, item,
        {list.group, list.version, string_at(item, "kind"), plural, string_at(item, "singularName"), strings(list_at(item, "shortNames")),
         bool_at(item, "namespaced"), can_be_listed(list_at(item, "verbs"))},
        value_at(item, "namespaced").is_boolean());
  }
}

Discovery::Served& Discovery::own() {
  if (served_.use_count() > 1) served_ = std::make_shared<Served>(*served_);
  return *served_;
}

const Resource* Discovery::find(const GroupVersionKind& type) const {
  const auto found = std::ranges::find_if(served_->resources, [&](const Resource& resource) { return resource.type() == type; });
  return found == served_->resources.end() ? nullptr : &*found;
}

const Resource* Discovery::find_kind(std::string_view kind, const std::optional<std::string>& group) const {
  const auto found = std::ranges::find_if(
      served_->resources, [&](const Resource& resource) { return resource.kind == kind && (!group || resource.group == *group); });
  return found == served_->resources.end() ? nullptr : &*found;
}

Result<Resource> Discovery::match(std::string_view typed) const {
  const std::string word = text::lower(typed);
  std::vector<const Resource*> matches;
  for (const Resource& resource : served_->resources) {
    if (!is_called(resource, word)) continue;
    if (resource.group.empty()) return resource;
    const bool other_version = std::ranges::any_of(
        matches, [&](const Resource* match) { return match->group == resource.group && match->plural == resource.plural; });
    if (!other_version) matches.push_back(&resource);
  }
  if (matches.size() == 1) return *matches.front();
  std::vector<std::string> names;
  if (matches.empty()) {
    for (const Resource& resource : served_->resources) names.push_back(resource.plural);
    return Failure{{Code::unknown_kind, fmt::format("no API serves '{}'{}", typed, text::did_you_mean(word, names))}};
  }
  for (const Resource* match : matches) names.push_back(match->qualified_plural());
  return Failure{
      {.code = Code::usage, .message = fmt::format("'{}' may mean {}", typed, text::join(names, " or ")), .hint = "name one of them"}};
}

}  // namespace fedctl::kube
