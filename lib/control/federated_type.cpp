#include "control/federated_type.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace fedctl::control {
namespace {

using nlohmann::json;

json text_schema() { return {{"type", "string"}}; }
json list_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

json map_of(json properties, std::vector<std::string> required = {}) {
  json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json placement_schema() {
  const json expression =
      map_of({{"key", text_schema()}, {"operator", text_schema()}, {"values", list_of(text_schema())}}, {"key", "operator"});
  const json labels{{"type", "object"}, {"additionalProperties", text_schema()}};
  return map_of({{"clusters", list_of(map_of({{"name", text_schema()}}, {"name"}))},
                 {"clusterSelector", map_of({{"matchLabels", labels}, {"matchExpressions", list_of(expression)}})}});
}

json overrides_schema() {
  const json item = map_of({{"op", {{"type", "string"}, {"pattern", "^(add|remove|replace)?$"}}},
                            {"path", text_schema()},
                            {"value", {{"x-kubernetes-preserve-unknown-fields", true}}}},
                           {"path"});
  return list_of(map_of({{"clusterName", text_schema()}, {"clusterOverrides", list_of(item)}}));
}

json status_schema() {
  const json time{{"type", "string"}, {"format", "date-time"}};
  const json condition = map_of({{"type", text_schema()},
                                 {"status", text_schema()},
                                 {"reason", text_schema()},
                                 {"lastUpdateTime", text_schema()},
                                 {"lastTransitionTime", text_schema()}},
                                {"type", "status"});
  const json cluster = map_of(
      {{"name", text_schema()}, {"status", text_schema()}, {"remoteStatus", {{"x-kubernetes-preserve-unknown-fields", true}}}}, {"name"});
  return map_of({{"observedGeneration", {{"type", "integer"}, {"format", "int64"}}},
                 {"conditions", list_of(condition)},
                 {"clusters", list_of(cluster)}});
}

json type_of(const kube::Resource& resource) {
  json type{{"version", resource.version},
            {"kind", resource.kind},
            {"pluralName", resource.plural},
            {"scope", resource.namespaced ? "Namespaced" : "Cluster"}};
  if (!resource.group.empty()) type["group"] = resource.group;
  return type;
}

}  // namespace

kube::Resource federated_resource(const kube::Resource& target, const std::string& group, const std::string& version) {
  const bool is_namespace = target.group.empty() && target.kind == "Namespace";
  kube::Resource result{.group = group,
                        .version = version,
                        .kind = "Federated" + target.kind,
                        .plural = "federated" + target.plural,
                        .singular = "federated" + text::lower(target.kind),
                        .namespaced = target.namespaced || is_namespace};
  for (const std::string& name : target.short_names) result.short_names.push_back("f" + name);
  return result;
}

json definition_of(const kube::Resource& target, const kube::Resource& federated, const Schema& schema) {
  json spec{{"placement", placement_schema()}, {"overrides", overrides_schema()}};
  spec["template"] =
      schema.template_schema.is_null() ? json{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}} : schema.template_schema;
  if (schema.has_replicas) spec["retainReplicas"] = {{"type", "boolean"}};
  json root = map_of({{"apiVersion", text_schema()},
                      {"kind", text_schema()},
                      {"metadata", {{"type", "object"}}},
                      {"spec", map_of(std::move(spec))},
                      {"status", status_schema()}},
                     {"spec"});
  root["description"] =
      fmt::format("{} for every cluster of the federation: a template, where it goes, and what differs there.", target.kind);
  json names{
      {"kind", federated.kind}, {"listKind", federated.kind + "List"}, {"plural", federated.plural}, {"singular", federated.singular}};
  if (!federated.short_names.empty()) names["shortNames"] = federated.short_names;
  json version{{"name", federated.version},
               {"served", true},
               {"storage", true},
               {"subresources", {{"status", json::object()}}},
               {"schema", {{"openAPIV3Schema", std::move(root)}}}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", federated.plural + "." + federated.group}}},
          {"spec",
           {{"group", federated.group},
            {"scope", federated.namespaced ? "Namespaced" : "Cluster"},
            {"names", std::move(names)},
            {"versions", json::array({std::move(version)})}}}};
}

json config_of(const kube::Resource& target, const kube::Resource& federated, const std::string& name_space) {
  return {{"apiVersion", "core.kubefed.io/v1beta1"},
          {"kind", "FederatedTypeConfig"},
          {"metadata", {{"name", target.qualified_plural()}, {"namespace", name_space}}},
          {"spec", {{"targetType", type_of(target)}, {"federatedType", type_of(federated)}, {"propagation", "Enabled"}}}};
}

}  // namespace fedctl::control
