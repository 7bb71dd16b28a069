#include "import/imported.hpp"

#include "base/json.hpp"
#include "base/pointer.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::import {
namespace {

using nlohmann::json;

/// What a cluster's overrides say: values by path, and variables by container.
struct Role {
  std::map<std::string, json> values;
  std::map<std::string, std::map<std::string, std::string>> variables;
};

/// "/spec/template/spec/containers/0/env" -> the container's name; empty for another path.
std::string container_of(const json& workload, const std::string& path) {
  const auto env = path.rfind("/env");
  if (env == std::string::npos || env + 4 != path.size()) return {};
  const json* container = pointer::find(workload, std::string_view{path}.substr(0, env));
  return container == nullptr ? "" : kube::string_at(*container, "name");
}

Role role_of(const json& federated, const std::string& cluster) {
  Role role;
  const json spec = kube::map_at(federated, "spec");
  const json workload = kube::map_at(spec, "template");
  for (const json& entry : kube::list_at(spec, "overrides")) {
    if (kube::string_at(entry, "clusterName") != cluster) continue;
    for (const json& item : kube::list_at(entry, "clusterOverrides")) {
      const std::string path = kube::string_at(item, "path");
      const json& value = kube::value_at(item, "value");
      const std::string container = value.is_array() ? container_of(workload, path) : "";
      if (container.empty()) {
        role.values[path] = value;
        continue;
      }
      for (const json& variable : value) role.variables[container][kube::string_at(variable, "name")] = kube::string_at(variable, "value");
    }
  }
  return role;
}

json role_document(const Role& role, const Role& other) {
  json settings = json::array();
  for (const auto& [path, value] : role.values) {
    if (other.values.contains(path)) settings.push_back({{"path", path}, {"value", value}});
  }
  for (const auto& [container, variables] : role.variables) {
    json set = json::object();
    for (const auto& [name, value] : variables) {
      const auto theirs = other.variables.find(container);
      if (theirs != other.variables.end() && theirs->second.contains(name)) set[name] = value;
    }
    if (!set.empty()) settings.push_back({{"env", {{"container", container}, {"set", set}}}});
  }
  return settings;
}

std::string shown(const json& value) { return value.is_string() ? value.get<std::string>() : to_text(value); }

/// What a cluster's role, as it is, differs in from what it should be: "DATABASE_MODE=read-only".
std::vector<std::string> differences(const Role& is, const Role& should) {
  std::vector<std::string> result;
  for (const auto& [path, value] : should.values) {
    const auto found = is.values.find(path);
    if (found == is.values.end() || found->second != value)
      result.push_back(fmt::format("{}={}", path, found == is.values.end() ? "unset" : shown(found->second)));
  }
  for (const auto& [container, variables] : should.variables) {
    const auto there = is.variables.find(container);
    for (const auto& [name, value] : variables) {
      const bool has = there != is.variables.end() && there->second.contains(name);
      if (!has || there->second.at(name) != value) result.push_back(fmt::format("{}={}", name, has ? there->second.at(name) : "unset"));
    }
  }
  return result;
}

/// How often a CronJob looks, where its schedule says it plainly: "*/5 * * * *" is five minutes.
std::optional<std::string> pace_of(const std::string& schedule) {
  const std::vector<std::string> fields = text::split(schedule, ' ');
  if (fields.size() != 5) return std::nullopt;
  if (fields[0] == "*") return "1m";
  if (fields[0].starts_with("*/")) return fields[0].substr(2) + "m";
  return "an hour or more";
}

class Importer {
 public:
  Importer(const std::vector<manifest::Manifest>& manifests, const std::vector<std::string>& plain_scripts, const ImportOptions& options)
      : manifests_(manifests), options_(options) {
    for (const std::string& script : plain_scripts) take(script);
    for (const manifest::Manifest& one : manifests) {
      const std::string kind = kube::string_at(one.object, "kind");
      if (kind == "CronJob") schedule_ = kube::string_at(kube::map_at(one.object, "spec"), "schedule");
      if (kind != "ConfigMap") continue;
      const json data = kube::map_at(one.object, "data");
      for (const auto& [name, content] : data.items()) {
        if (content.is_string()) take(content.get<std::string>());
      }
    }
  }

  Result<Imported> run() {
    if (script_.patches.empty()) {
      return Failure{{.code = Code::invalid_input,
                      .message = "there is no script here that patches a federated object",
                      .hint = "name the ConfigMap's file or the script itself"}};
    }
    if (auto found = find_object(); !found) return Failure{found.error()};
    if (auto found = find_clusters(); !found) return Failure{found.error()};
    write_policy();
    name_forgotten();
    return std::move(result_);
  }

 private:
  void take(const std::string& text) {
    Script script = read_script(text);
    if (!script_.probed_context) script_.probed_context = script.probed_context;
    std::ranges::move(script.patches, std::back_inserter(script_.patches));
    std::ranges::move(script.records, std::back_inserter(script_.records));
    for (const std::string& line : script.unreadable) forget(line + ", so it could not be taken into account");
  }
  void forget(std::string sentence) { result_.forgotten.push_back(std::move(sentence)); }

  Result<void> find_object() {
    const Patch& patch = script_.patches.front();
    for (const manifest::Manifest& one : manifests_) {
      const std::string kind = text::lower(kube::string_at(one.object, "kind"));
      const std::string typed = text::lower(patch.kind);
      const bool is_kind = typed == kind || typed == kind + "s" || typed.starts_with(kind + "s.") || typed.starts_with(kind + ".");
      if (!is_kind || kube::name_of(one.object) != patch.name) continue;
      federated_ = one.whole();
      name_space_ = kube::namespace_of(federated_).empty() ? patch.name_space : kube::namespace_of(federated_);
      return {};
    }
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("the script patches {} {}, which is in no file", patch.kind, patch.name),
                    .hint = "name the file that holds it as well"}};
  }

  /// The cluster of the overrides that a JSON Patch of the script's changes.
  std::string patched_cluster() const {
    const json overrides = kube::list_at(kube::map_at(federated_, "spec"), "overrides");
    for (const Patch& patch : script_.patches) {
      for (const json& operation : patch.content.is_array() ? patch.content : json::array()) {
        const std::string path = kube::string_at(operation, "path");
        constexpr std::string_view prefix = "/spec/overrides/";
        if (!path.starts_with(prefix)) continue;
        const std::size_t number = static_cast<std::size_t>(std::atoi(path.substr(prefix.size()).c_str()));
        if (number < overrides.size()) return kube::string_at(overrides[number], "clusterName");
      }
    }
    return {};
  }

  Result<void> find_clusters() {
    const std::string standby = patched_cluster();
    if (standby.empty()) {
      return Failure{{.code = Code::invalid_input,
                      .message = "the script's patch touches no cluster's overrides, so it does not say which cluster is the standby",
                      .object = kube::to_string(kube::key_of(federated_))}};
    }
    std::vector<std::string> all;
    const json spec = kube::map_at(federated_, "spec");
    for (const json& cluster : kube::list_at(kube::map_at(spec, "placement"), "clusters")) all.push_back(kube::string_at(cluster, "name"));
    for (const json& entry : kube::list_at(spec, "overrides")) all.push_back(kube::string_at(entry, "clusterName"));
    std::string primary;
    if (script_.probed_context && std::ranges::find(all, *script_.probed_context) != all.end()) primary = *script_.probed_context;
    for (const std::string& cluster : all) {
      if (primary.empty() && cluster != standby) primary = cluster;
    }
    if (primary.empty() || primary == standby)
      return Failure{{Code::invalid_input, fmt::format("beside {} no cluster is named that could be the primary", standby)}};
    clusters_ = {primary, standby};
    for (const std::string& cluster : all) {
      if (std::ranges::find(clusters_, cluster) == clusters_.end()) clusters_.push_back(cluster);
    }
    return {};
  }

  bool has_database() const {
    for (const std::string& cluster : clusters_) {
      for (const auto& [container, variables] : role_of(federated_, cluster).variables) {
        for (const auto& [name, value] : variables) {
          if (name.find("DATABASE") != std::string::npos || name.starts_with("DB_") || name.starts_with("PG")) return true;
        }
      }
    }
    return false;
  }

  void write_policy() {
    json& policy = result_.policy;
    policy = {{"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "FailoverPolicy"}};
    policy["metadata"] = {{"name", kube::name_of(federated_)}, {"namespace", name_space_}};
    json& spec = policy["spec"];
    spec["clusters"] = clusters_;
    std::set<std::string> seen;
    for (const Patch& patch : script_.patches) {
      if (!seen.insert(patch.name).second) continue;
      spec["targets"].push_back({{"kind", kube::string_at(federated_, "kind")}, {"name", patch.name}});
    }
    const Role active = role_of(federated_, clusters_[0]);
    const Role standby = role_of(federated_, clusters_[1]);
    spec["roles"] = {{"active", role_document(active, standby)}, {"standby", role_document(standby, active)}};
    if (has_database()) {
      write_database(spec);
    } else {
      for (const std::string& cluster : clusters_) {
        spec["health"]["checks"][1]["http"]["urls"][cluster] = nullptr;
        result_.missing.push_back(fmt::format("health.checks[1].http.urls.{}: a page that answers while {} serves", cluster, cluster));
      }
      spec["health"]["checks"][0] = {{"apiServer", json::object()}};
    }
    if (!script_.records.empty()) write_dns(spec);
  }

  void write_database(json& spec) {
    for (const std::string& cluster : clusters_) {
      std::string variable;
      for (const char c : cluster.substr(0, cluster.find("-cluster"))) variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
      variable += "_DATABASE";
      spec["database"]["postgres"]["sides"][cluster]["connection"]["env"] = variable;
      result_.missing.push_back(fmt::format("the variable {}: the connection string of the database in {}", variable, cluster));
    }
  }

  void write_dns(json& spec) {
    const RecordChange& record = script_.records.front();
    json& dns = spec["dns"];
    dns = {{"name", record.name}, {"type", record.type}, {"route53", {{"zone", record.zone}}}};
    if (record.ttl > 0) dns["ttl"] = record.ttl;
    for (const std::string& cluster : clusters_) {
      const auto given = options_.targets.find(cluster);
      if (cluster == clusters_[1]) {
        dns["targets"][cluster] = record.value;
      } else if (given != options_.targets.end()) {
        dns["targets"][cluster] = given->second;
      } else {
        dns["targets"][cluster] = nullptr;
        result_.missing.push_back(
            fmt::format("dns.targets.{}: what {} points to while {} is active; the script never says (--target {}=NAME)", cluster,
                        record.name, cluster, cluster));
      }
    }
  }

  /// The federated object as the script leaves it.
  json after_script() {
    json after = federated_;
    for (const Patch& patch : script_.patches) {
      if (patch.name != kube::name_of(federated_)) continue;
      try {
        if (patch.content.is_array()) after.patch_inplace(patch.content);
        if (patch.content.is_object()) after.merge_patch(patch.content);
      } catch (const json::exception&) {
        forget(fmt::format("line {}: the patch does not fit the object {}", patch.line, kube::name_of(federated_)));
      }
    }
    return after;
  }

  void name_forgotten() {
    const std::string& primary = clusters_[0];
    const std::string& standby = clusters_[1];
    const json after = after_script();
    const Role active = role_of(federated_, primary);
    if (const auto left = differences(role_of(after, standby), active); !left.empty())
      forget(fmt::format("{} keeps {}: what is needed to be active is not all set", standby, text::join(left, ", ")));
    if (differences(role_of(after, primary), role_of(federated_, standby)).size() > 0)
      forget(fmt::format("{} keeps the role of the active one: when it comes back there are two", primary));
    forget(fmt::format("nothing fences {}: if it lives and only cannot be reached, both take writes", primary));
    if (has_database()) forget(fmt::format("nothing promotes the database of {}, or asks how much of the other one's it lacks", standby));
    if (script_.probed_context)
      forget("one look that fails is enough: a short outage, or a broken network of the script's own, moves everything");
    if (schedule_) {
      if (const auto pace = pace_of(*schedule_)) forget(fmt::format("it looks every {}, so it notices that late", *pace));
    }
    if (std::ranges::any_of(script_.patches, [](const Patch& patch) { return patch.content.is_array(); }))
      forget("it counts overrides and variables by index: one more in the object, and it changes another one");
    forget("killed half way it leaves no record, and the next run does not know what was done");
    forget("the record is changed without waiting until the new side is ready, and nothing asks whether it took effect");
    forget("nothing goes back, and nobody can practise it");
  }

  const std::vector<manifest::Manifest>& manifests_;
  const ImportOptions& options_;
  Script script_;
  std::optional<std::string> schedule_;
  json federated_;
  std::string name_space_;
  std::vector<std::string> clusters_;
  Imported result_;
};

}  // namespace

Result<Imported> import_scripts(const std::vector<manifest::Manifest>& manifests, const std::vector<std::string>& plain_scripts,
                                const ImportOptions& options) {
  return Importer{manifests, plain_scripts, options}.run();
}

std::string to_yaml(const Imported& imported) {
  std::string text = "# What the script forgot, and this policy does or asks for:\n";
  for (const std::string& sentence : imported.forgotten) text += fmt::format("# - {}\n", text::printable(sentence));
  if (!imported.missing.empty()) text += "# Fill in:\n";
  for (const std::string& what : imported.missing) text += fmt::format("# - {}\n", text::printable(what));
  return text + yaml::emit(imported.policy);
}

}  // namespace fedctl::import
