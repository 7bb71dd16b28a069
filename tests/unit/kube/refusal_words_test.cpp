#include "kube/refusal_words.hpp"

#include "support.hpp"

using namespace fedctl::kube;
using nlohmann::json;
using support::json_of;

namespace {

std::string words(const std::string& message, const std::string& reason = "") {
  return refusal_words({{"kind", "Status"}, {"message", message}, {"reason", reason}});
}

/// As servers of 1.36 say it.
const std::string typed = "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): ";

}  // namespace

TEST_CASE("what an object's schema refuses is said of its fields") {
  CHECK(words(typed + R"(.spec.template.spec.containers[name="web"].imagee: field not declared in schema)") ==
        R"(spec.template.spec.containers[name="web"].imagee: unknown field)");
  CHECK(words(typed + "errors:\n  .spec.replica: field not declared in schema\n  .specc: field not declared in schema") ==
        "spec.replica: unknown field; specc: unknown field");
  CHECK(words(typed + ".spec.replicas: expected numeric (int or float), got string") == "spec.replicas: must be a number, not a string");
  CHECK(words(typed + ".data.a: expected string, got &value.valueUnstructured{Value:1}") == "data.a: must be a string, not a number");
  CHECK(words(typed + ".data.a: expected string, got &value.valueUnstructured{Value:true}") == "data.a: must be a string, not a boolean");
  CHECK(words(typed + ".spec.containers: expected list, got &{map[a:b]}") == "spec.containers: must be a list, not a map");
  CHECK(words(typed + ".spec.selector: expected map, got &{[]}") == "spec.selector: must be a map, not a list");
  CHECK(words(typed + ".spec.paused: expected boolean, got &{yes}") == "spec.paused: must be true or false");
  CHECK(words(typed + R"(.spec.env: duplicate entries for key [name="A"])") == R"(spec.env: duplicate entries for key [name="A"])");
}

TEST_CASE("what the decoder refuses is said of its fields, without the object that it holds") {
  const std::string object = R"("{\"kind\":\"Secret\",\"data\":{\"password\":\"aHVzaA==\"}}")";
  CHECK(words(R"(strict decoding error: unknown field "spec.a[0].imagee", duplicate field "spec.b")") ==
        "spec.a[0].imagee: unknown field; spec.b: stands twice in one map");
  const std::string patch = "Invalid value: " + object + R"(: strict decoding error: unknown field "spec.imagee")";
  const json status{{"reason", "Invalid"},
                    {"message", " \"\" is invalid: patch: " + patch},
                    {"details", {{"causes", {{{"reason", "FieldValueInvalid"}, {"message", patch}, {"field", "patch"}}}}}}};
  CHECK(refusal_words(status) == "spec.imagee: unknown field");
  CHECK(words("json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32") ==
        "spec.replicas: must be a number, not a string");
  CHECK(words("json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string") ==
        "spec.template.spec.containers.image: must be a string, not a number");
  CHECK(words("failed to convert new object (default/web; apps/v1, Kind=Deployment) to proper version: unable to convert unstructured "
              "object to apps/v1, Kind=Deployment: cannot convert float64 to int32") == "cannot convert float64 to int32");
}

TEST_CASE("of the causes is kept what the message does not say") {
  CHECK(refusal_words(json_of("{reason: Invalid, message: long, details: {causes: [{field: spec.a, message: Required value}, "
                              "{field: spec.a, message: Required value}, {reason: FieldValueInvalid, field: spec.b}]}}")) ==
        "spec.a: Required value; spec.b: FieldValueInvalid");
  CHECK(refusal_words(json_of("{message: denied by a webhook, details: {causes: [{field: spec.image, message: must have a digest}]}}")) ==
        "denied by a webhook; spec.image: must have a digest");
  CHECK(refusal_words(json_of("{message: 'conflict with kubectl: .spec.replicas', details: {causes: [{field: .spec.replicas, "
                              "message: conflict with kubectl}]}}")) == "conflict with kubectl: .spec.replicas");
  CHECK(words("") == "");
}
