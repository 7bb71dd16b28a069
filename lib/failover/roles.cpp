#include "failover/roles.hpp"

#include "base/pointer.hpp"
#include "base/text.hpp"
#include "federation/override.hpp"
#include "federation/role_mark.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>

namespace fedctl::failover {
namespace {

using federation::Override;
using nlohmann::json;

tl::unexpected<Error> refused(const json& federated, const std::string& cluster, std::string message, std::string hint = {}) {
  return Failure{{.code = Code::invalid_override,
                  .message = std::move(message),
                  .cluster = cluster,
                  .object = kube::to_string(kube::key_of(federated)),
                  .hint = std::move(hint)}};
}

Override override_of(const json& item) {
  Override result{.path = kube::string_at(item, "path"), .value = kube::value_at(item, "value")};
  const std::string operation = kube::string_at(item, "op");
  if (operation == "add") result.operation = Override::Operation::add;
  if (operation == "remove") result.operation = Override::Operation::remove;
  return result;
}

/// One cluster's overrides on their way to a role.
class ClusterRole {
 public:
  ClusterRole(const json& federated, std::string cluster, json overrides)
      : federated_(federated), cluster_(std::move(cluster)), overrides_(std::move(overrides)) {}

  /// An empty `mark` leaves the one that is there, if there is one.
  Result<json> take(const std::vector<Setting>& settings, const std::string& mark) {
    for (const Setting& setting : settings) {
      if (!setting.path.empty()) {
        set_value(setting.path, setting.value);
      } else if (auto set = set_variables(setting); !set) {
        return Failure{set.error()};
      }
    }
    if (!mark.empty()) {
      if (auto marked = set_mark(mark); !marked) return Failure{marked.error()};
    }
    if (auto checked = check(settings, mark); !checked) return Failure{checked.error()};
    return std::move(overrides_);
  }

 private:
  json* find(const std::string& path) {
    const auto found = std::ranges::find_if(overrides_, [&](const json& item) { return kube::string_at(item, "path") == path; });
    return found == overrides_.end() ? nullptr : &*found;
  }

  void set_value(const std::string& path, const json& value) {
    json* item = find(path);
    if (item == nullptr) {
      overrides_.push_back({{"path", path}, {"value", value}});
      return;
    }
    if (kube::string_at(*item, "op") == "remove") item->erase("op");
    (*item)["value"] = value;
  }

  /// What the role sets must be what comes out: an override that follows may change it again.
  Result<void> check(const std::vector<Setting>& settings, const std::string& mark) const {
    std::set<std::string> paths;
    for (const json& item : overrides_) {
      const std::string path = kube::string_at(item, "path");
      const bool appends = path.ends_with("/-");
      if (!appends && !paths.insert(path).second)
        return refused(federated_, cluster_, fmt::format("the path {} stands twice in its overrides", path));
    }
    const auto object = rendered();
    if (!object) return Failure{object.error()};
    const auto taken_back = [&](const std::string& what) {
      return refused(federated_, cluster_, fmt::format("an override that follows takes back {}, which the role sets", what),
                     "take that override out, or put it before");
    };
    for (const Setting& setting : settings) {
      if (!setting.path.empty() && !holds(*object, setting)) return taken_back(setting.path);
      const auto variables = variables_in(*object, setting.container);
      for (const auto& [name, value] : setting.variables) {
        const auto found = variables.find(name);
        if (found == variables.end() || found->second != json(value))
          return taken_back(fmt::format("the variable {} of the container {}", name, setting.container));
      }
    }
    if (!mark.empty() && kube::metadata_entry(*object, "annotations", federation::failover_annotation) != mark)
      return taken_back(std::string{federation::failover_annotation_path});
    return {};
  }

  /// Where setting it once more changes nothing. What is appended cannot be told so.
  static bool holds(const json& object, const Setting& setting) {
    if (setting.path.ends_with("/-")) return true;
    const std::array again{Override{.path = setting.path, .value = setting.value}};
    const auto changed = federation::apply_overrides(object, again);
    return changed && *changed == object;
  }

  Result<json> rendered() const {
    std::vector<Override> items;
    for (const json& item : overrides_) items.push_back(override_of(item));
    json base = kube::map_at(kube::map_at(federated_, "spec"), "template");
    // As it is when the overrides are applied: with the object's name in it.
    if (!kube::value_at(base, "metadata").is_object()) base["metadata"] = json::object();
    auto object = federation::apply_overrides(base, items);
    if (object) return std::move(*object);
    return refused(federated_, cluster_, object.error().message);
  }

  /// An override makes no parents (neither KubeFed's nor RFC 6902's), so where the copy has no annotations yet it sets all of them; and
  /// it says "add", which either understands for a key that is there and for one that is not.
  Result<void> set_mark(const std::string& mark) {
    const std::string path{federation::failover_annotation_path};
    const std::string all_path{federation::annotations_path};
    const std::string name{federation::failover_annotation};
    if (json* item = find(path)) {
      *item = {{"op", "add"}, {"path", path}, {"value", mark}};
      return {};
    }
    json* whole = find(all_path);
    if (whole != nullptr && kube::value_at(*whole, "value").is_object() && kube::string_at(*whole, "op") != "remove") {
      (*whole)["value"][name] = mark;
      return {};
    }
    const json all{{"op", "add"}, {"path", all_path}, {"value", {{name, mark}}}};
    if (whole != nullptr) {
      *whole = all;
      return {};
    }
    const auto object = rendered();
    if (!object) return Failure{object.error()};
    const bool has_annotations = kube::value_at(kube::map_at(*object, "metadata"), "annotations").is_object();
    overrides_.push_back(has_annotations ? json{{"op", "add"}, {"path", path}, {"value", mark}} : all);
    return {};
  }

  Result<void> set_variables(const Setting& setting) {
    const auto object = rendered();
    if (!object) return Failure{object.error()};
    const std::string list = containers_path(*object);
    if (list.empty()) return refused(federated_, cluster_, "its template has no containers, so a role cannot set their variables");
    const json& containers = (*object)[json::json_pointer{list}];
    std::vector<std::string> names;
    for (const json& container : containers) names.push_back(kube::string_at(container, "name"));
    const auto found = std::ranges::find(names, setting.container);
    if (found == names.end()) {
      return refused(federated_, cluster_,
                     fmt::format("it has no container '{}'{}", setting.container, text::did_you_mean(setting.container, names)),
                     "it has " + text::listed(names));
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    set_in_container(fmt::format("{}/{}/env", list, index), kube::list_at(containers[index], "env"), setting.variables);
    return {};
  }

  void set_in_container(const std::string& path, const json& present, const std::map<std::string, std::string>& variables) {
    if (json* whole = find(path)) {
      for (const auto& [name, value] : variables) set_entry((*whole)["value"], name, value);
      return;
    }
    const auto position = [&](const std::string& name) {
      return std::ranges::find_if(present, [&](const json& entry) { return kube::string_at(entry, "name") == name; }) - present.begin();
    };
    const auto size = static_cast<std::ptrdiff_t>(present.size());
    const bool all_there = std::ranges::all_of(variables, [&](const auto& one) { return position(one.first) < size; });
    if (all_there) {
      for (const auto& [name, value] : variables) {
        const auto at = position(name);
        const bool is_plain = present[static_cast<std::size_t>(at)].contains("value");
        const std::string entry = fmt::format("{}/{}", path, at);
        set_value(is_plain ? entry + "/value" : entry, is_plain ? json(value) : json{{"name", name}, {"value", value}});
      }
      return;
    }
    json list = present;
    for (const auto& [name, value] : variables) set_entry(list, name, value);
    // What was set one by one is in the list by now.
    std::erase_if(overrides_.get_ref<json::array_t&>(),
                  [&](const json& item) { return kube::string_at(item, "path").starts_with(path + "/"); });
    set_value(path, list);
  }

  static void set_entry(json& list, const std::string& name, const std::string& value) {
    if (!list.is_array()) list = json::array();
    for (json& entry : list) {
      if (kube::string_at(entry, "name") != name) continue;
      entry = {{"name", name}, {"value", value}};
      return;
    }
    list.push_back({{"name", name}, {"value", value}});
  }

  const json& federated_;
  std::string cluster_;
  json overrides_;
};

/// Rendering refuses them too; here each would hide the other.
bool stands_twice(const json& overrides, const std::string& cluster) {
  return std::ranges::count_if(overrides, [&](const json& entry) { return kube::string_at(entry, "clusterName") == cluster; }) > 1;
}

json* entry_of(json& overrides, const std::string& cluster) {
  for (json& entry : overrides) {
    if (kube::string_at(entry, "clusterName") == cluster) return &entry;
  }
  return nullptr;
}

}  // namespace

std::string containers_path(const json& object) {
  constexpr std::array<const char*, 3> paths{"/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers",
                                             "/spec/containers"};
  for (const char* path : paths) {
    if (object.contains(json::json_pointer{path})) return path;
  }
  return {};
}

std::map<std::string, json> variables_in(const json& object, const std::string& container) {
  std::map<std::string, json> variables;
  const std::string list = containers_path(object);
  const json* containers = list.empty() ? nullptr : pointer::find(object, list);
  if (containers == nullptr || !containers->is_array()) return variables;
  for (const json& one : *containers) {
    if (kube::string_at(one, "name") != container) continue;
    for (const json& entry : kube::list_at(one, "env"))
      variables[kube::string_at(entry, "name")] = entry.contains("value") ? kube::value_at(entry, "value") : entry;
  }
  return variables;
}

Result<json> with_roles(json federated, const Policy& policy, const ActiveSide& active) {
  const federation::RoleMark said{policy.full_name(), active.token, active.cluster};
  const std::string mark = active.token > 0 ? federation::to_string(said) : std::string{};
  json overrides = kube::list_at(kube::map_at(federated, "spec"), "overrides");
  for (const std::string& cluster : policy.clusters) {
    const std::vector<Setting>& settings = cluster == active.cluster ? policy.active : policy.standby;
    if (settings.empty() && mark.empty()) continue;
    if (stands_twice(overrides, cluster)) return refused(federated, cluster, "its overrides stand in two entries");
    json* entry = entry_of(overrides, cluster);
    ClusterRole role{federated, cluster, entry == nullptr ? json::array() : kube::list_at(*entry, "clusterOverrides")};
    auto taken = role.take(settings, mark);
    if (!taken) return taken;
    if (entry == nullptr) {
      overrides.push_back({{"clusterName", cluster}, {"clusterOverrides", std::move(*taken)}});
    } else {
      (*entry)["clusterOverrides"] = std::move(*taken);
    }
  }
  federated["spec"]["overrides"] = std::move(overrides);
  if (mark.empty()) return federated;
  json& annotations = federated["metadata"]["annotations"];
  if (annotations.is_null()) annotations = json::object();
  if (!annotations.is_object())
    return Failure{
        {.code = Code::invalid_input, .message = "its metadata.annotations is no map", .object = kube::to_string(kube::key_of(federated))}};
  annotations[std::string{federation::failover_annotation}] = mark;
  return federated;
}

std::string active_of(const json& federated, const Policy& policy) {
  for (const std::string& cluster : policy.clusters) {
    const auto turned = with_roles(federated, policy, {cluster});
    if (turned && kube::map_at(*turned, "spec") == kube::map_at(federated, "spec")) return cluster;
  }
  return {};
}

}  // namespace fedctl::failover
