#include "control/strip.hpp"

#include "kube/object.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace fedctl::control {
namespace {

using nlohmann::json;

bool is_set_by_cluster(std::string_view key) {
  constexpr std::array<std::string_view, 8> keys{"kubectl.kubernetes.io/last-applied-configuration",
                                                 "deployment.kubernetes.io/revision",
                                                 "deprecated.daemonset.template.generation",
                                                 "control-plane.alpha.kubernetes.io/leader",
                                                 "kubernetes.io/metadata.name",
                                                 "batch.kubernetes.io/controller-uid",
                                                 "batch.kubernetes.io/job-name",
                                                 "controller-uid"};
  constexpr std::array<std::string_view, 4> prefixes{"pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/",
                                                     "fedctl.io/"};
  return key == "job-name" || key.starts_with("kubefed.io/") || std::ranges::find(keys, key) != keys.end() ||
         std::ranges::any_of(prefixes, [&](std::string_view prefix) { return key.starts_with(prefix); });
}

json kept_entries(const json& entries) {
  json kept = json::object();
  for (const auto& [key, value] : entries.items()) {
    if (!is_set_by_cluster(key)) kept[key] = value;
  }
  return kept;
}

/// `null` says nothing ("creationTimestamp: null" of pod templates), and servers write a lot of it.
void drop_nulls(json& value) {
  if (value.is_array()) {
    for (json& item : value) drop_nulls(item);
  }
  if (!value.is_object()) return;
  for (auto entry = value.begin(); entry != value.end();) {
    drop_nulls(*entry);
    entry = entry->is_null() ? value.erase(entry) : std::next(entry);
  }
}

void strip_service(json& spec) {
  const bool headless = kube::string_at(spec, "clusterIP") == "None";
  if (!headless) spec.erase("clusterIP");
  spec.erase("clusterIPs");
  spec.erase("healthCheckNodePort");
  if (!spec.contains("ports") || !spec["ports"].is_array()) return;
  for (json& port : spec["ports"]) {
    if (port.is_object()) port.erase("nodePort");
  }
}

/// A Job's selector and the labels it selects are made from its UID, unless a person said otherwise.
void strip_job(json& spec) {
  if (kube::bool_at(spec, "manualSelector")) return;
  spec.erase("selector");
  json* labels = nullptr;
  if (spec.contains("template") && spec["template"].is_object() && spec["template"].contains("metadata")) {
    json& metadata = spec["template"]["metadata"];
    if (metadata.is_object() && metadata.contains("labels")) labels = &metadata["labels"];
  }
  if (labels != nullptr && labels->is_object()) *labels = kept_entries(*labels);
}

void strip_spec(const std::string& kind, json& spec) {
  if (kind == "Service") strip_service(spec);
  if (kind == "Job") strip_job(spec);
  if (kind == "Namespace") spec.erase("finalizers");
  if (kind == "PersistentVolumeClaim") spec.erase("volumeName");
  if (kind == "Pod") spec.erase("nodeName");
}

}  // namespace

json template_of(const json& live) {
  json result = live;
  drop_nulls(result);
  const std::string kind = kube::string_at(live, "kind");
  for (const char* key : {"apiVersion", "kind", "status", "metadata"}) result.erase(key);
  const json metadata = kube::map_at(live, "metadata");
  for (const char* table : {"labels", "annotations"}) {
    json entries = kept_entries(kube::map_at(metadata, table));
    if (!entries.empty()) result["metadata"][table] = std::move(entries);
  }
  if (result.contains("spec") && result["spec"].is_object()) {
    strip_spec(kind, result["spec"]);
    if (result["spec"].empty()) result.erase("spec");
  }
  if (kind == "ServiceAccount") result.erase("secrets");
  return result;
}

}  // namespace fedctl::control
