#include "kube/openapi.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <string>

namespace fedctl::kube {
namespace {

using nlohmann::json;

/// What a template may hold of these three levels is little; anything deeper than this is a schema that holds itself.
constexpr int deepest = 24;

bool is_of(const json& schema, const Resource& resource) {
  for (const json& type : list_at(schema, "x-kubernetes-group-version-kind")) {
    if (string_at(type, "group") == resource.group && string_at(type, "version") == resource.version &&
        string_at(type, "kind") == resource.kind)
      return true;
  }
  return false;
}

/// Follows `$ref`, also where it stands alone in an allOf beside a description.
const json* resolve(const json& schema, const json& components, std::string& name) {
  const json* at = &schema;
  for (int hops = 0; hops < 8; ++hops) {
    std::string reference = string_at(*at, "$ref");
    const json all = list_at(*at, "allOf");
    if (reference.empty() && all.size() == 1) reference = string_at(all.front(), "$ref");
    if (reference.empty()) return at;
    name = reference.substr(reference.rfind('/') + 1);
    const auto found = components.find(name);
    if (found == components.end()) return nullptr;
    at = &*found;
  }
  return nullptr;
}

json anything() { return {{"x-kubernetes-preserve-unknown-fields", true}}; }

/// Makes one schema structural.
class Flattener {
 public:
  explicit Flattener(const json& components) : components_(components) {}

  json flatten(const json& schema, int depth) {
    std::string name;
    const json* resolved = resolve(schema, components_, name);
    if (resolved == nullptr || depth > deepest || (!name.empty() && open_.contains(name))) return anything();
    if (!name.empty()) open_.insert(name);
    json result = flatten_resolved(*resolved, depth);
    if (!name.empty()) open_.erase(name);
    return result;
  }

 private:
  json flatten_resolved(const json& schema, int depth) {
    const std::string format = string_at(schema, "format");
    if (format == "int-or-string" || schema.contains("oneOf") || bool_at(schema, "x-kubernetes-int-or-string")) {
      return {{"x-kubernetes-int-or-string", true}};
    }
    const std::string type = string_at(schema, "type");
    if (type.empty()) return anything();
    json result{{"type", type}};
    for (const char* key : {"format", "enum", "pattern", "minimum", "maximum", "nullable", "x-kubernetes-preserve-unknown-fields"}) {
      if (schema.contains(key)) result[key] = schema[key];
    }
    if (type == "array") result["items"] = flatten(map_at(schema, "items"), depth + 1);
    if (type != "object") return result;
    const json properties = map_at(schema, "properties");
    for (const auto& [key, value] : properties.items()) result["properties"][key] = flatten(value, depth + 1);
    if (schema.contains("required")) result["required"] = schema["required"];
    if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
      result["additionalProperties"] = flatten(schema["additionalProperties"], depth + 1);
    }
    if (!result.contains("properties") && !result.contains("additionalProperties")) result["x-kubernetes-preserve-unknown-fields"] = true;
    return result;
  }

  const json& components_;
  std::set<std::string> open_;  ///< The schemas we are inside of.
};

}  // namespace

Task<Result<TypeSchema>> read_schema(Client& client, Resource resource) {
  const std::string group =
      resource.group.empty() ? "api/" + resource.version : fmt::format("apis/{}/{}", resource.group, resource.version);
  auto document = co_await client.document("/openapi/v3/" + group);
  if (!document) co_return Failure{document.error()};
  TypeSchema result{.components = map_at(map_at(*document, "components"), "schemas")};
  for (const auto& [name, schema] : result.components.items()) {
    if (is_of(schema, resource)) result.schema = schema;
  }
  co_return result;
}

std::vector<std::string> fields_in(const TypeSchema& type, std::span<const std::string> keys) {
  std::string ignored;
  const json* schema = resolve(type.schema, type.components, ignored);
  for (const std::string& key : keys) {
    if (schema == nullptr) return {};
    const bool is_list = string_at(*schema, "type") == "array";
    const json& properties = map_at(*schema, "properties");
    const json& next = is_list                    ? value_at(*schema, "items")
                       : properties.contains(key) ? value_at(properties, key)
                                                  : value_at(*schema, "additionalProperties");
    schema = next.is_object() ? resolve(next, type.components, ignored) : nullptr;
  }
  std::vector<std::string> fields;
  if (schema == nullptr) return fields;
  for (const auto& [name, field] : map_at(*schema, "properties").items()) fields.push_back(name);
  return fields;
}

bool has_replicas(const TypeSchema& type) {
  std::string ignored;
  const json properties = map_at(type.schema, "properties");
  if (!properties.contains("spec")) return false;
  const json* spec = resolve(properties["spec"], type.components, ignored);
  if (spec == nullptr) return false;
  return string_at(map_at(map_at(*spec, "properties"), "replicas"), "type") == "integer";
}

json template_schema(const TypeSchema& type) {
  json schema = Flattener{type.components}.flatten(type.schema, 0);
  if (!schema.contains("properties")) return schema;
  for (const char* key : {"apiVersion", "kind", "status"}) schema["properties"].erase(key);
  // Optional in a template, whatever the type demands.
  schema["properties"]["apiVersion"] = {{"type", "string"}};
  schema["properties"]["kind"] = {{"type", "string"}};
  const json strings{{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  schema["properties"]["metadata"] = {
      {"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}, {"properties", {{"labels", strings}, {"annotations", strings}}}};
  schema.erase("required");
  return schema;
}

}  // namespace fedctl::kube
