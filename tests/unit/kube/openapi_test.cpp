#include "kube/openapi.hpp"

#include "support.hpp"

using namespace fedctl::kube;
using nlohmann::json;
using support::json_of;

TEST_CASE("a schema becomes structural: references put in, unions made plain, and what holds itself ends") {
  const TypeSchema type{
      .schema = json_of(
          R"({type: object, properties: {kind: {type: string}, spec: {allOf: [{$ref: "#/components/schemas/Spec"}], default: {}}}})"),
      .components = json_of(R"({Spec: {type: object, required: [size], properties: {replicas: {type: integer, format: int32, default: 1},
      size: {oneOf: [{type: string}, {type: number}]}, self: {$ref: "#/components/schemas/Spec"}, names: {type: array, items: {type: string}, x-kubernetes-list-type: set}}}})")};
  CHECK(has_replicas(type));
  const json spec = template_schema(type)["properties"]["spec"];
  CHECK(spec["properties"]["replicas"] == json_of("{type: integer, format: int32}"));
  CHECK(spec["properties"]["size"] == json_of("{x-kubernetes-int-or-string: true}"));
  CHECK(spec["properties"]["self"] == json_of("{x-kubernetes-preserve-unknown-fields: true}"));
  CHECK(spec["properties"]["names"] == json_of("{type: array, items: {type: string}}"));
  CHECK(spec["required"] == json{"size"});
  CHECK_FALSE(has_replicas({.schema = json_of("{type: object}")}));
}

TEST_CASE("the fields of a map are found through references, lists and maps of maps") {
  const TypeSchema type{
      .schema = json_of(R"({type: object, properties: {spec: {$ref: "#/components/schemas/Spec"}}})"),
      .components = json_of(
          R"({Spec: {type: object, properties: {containers: {type: array, items: {allOf: [{$ref: "#/components/schemas/Container"}]}},
      pools: {type: object, additionalProperties: {$ref: "#/components/schemas/Container"}}}},
      Container: {type: object, properties: {image: {type: string}, name: {type: string}}}})")};
  using Names = std::vector<std::string>;
  CHECK(fields_in(type, Names{}) == Names{"spec"});
  CHECK(fields_in(type, Names{"spec", "containers", "0"}) == Names{"image", "name"});
  CHECK(fields_in(type, Names{"spec", "pools", "small"}) == Names{"image", "name"});
  CHECK(fields_in(type, Names{"spec", "containers", "0", "image"}).empty());
  CHECK(fields_in(type, Names{"status", "any"}).empty());
}
