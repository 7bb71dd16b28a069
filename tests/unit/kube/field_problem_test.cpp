#include "kube/field_problem.hpp"

#include "support.hpp"

using namespace fedctl::kube;
using nlohmann::json;
using support::json_of;

namespace {

const json sent = json_of(R"(
metadata: {annotations: {example.com/team.name: x}}
spec:
  replicas: three
  template:
    spec:
      containers:
      - {name: log, image: b}
      - {name: web, imagee: a, ports: [{containerPort: 80}, {containerPort: http}], args: [one, two]}
data: {a.b: 1}
)");

using Keys = std::vector<std::string>;

Keys keys_of(const std::string& field) {
  const auto problems = field_problems(field + ": wrong", sent);
  return problems.size() == 1 ? problems.front().keys : Keys{};
}

const Keys second{"spec", "template", "spec", "containers", "1"};

Keys second_and(std::initializer_list<std::string> more) {
  Keys keys = second;
  keys.insert(keys.end(), more);
  return keys;
}

}  // namespace

TEST_CASE("a field is found however the server names it") {
  CHECK(keys_of(R"(spec.template.spec.containers[name="web"].imagee)") == second_and({"imagee"}));
  CHECK(keys_of("spec.template.spec.containers[1].imagee") == second_and({"imagee"}));
  CHECK(keys_of("spec.template.spec.containers.imagee") == second_and({"imagee"}));
  CHECK(keys_of(R"(spec.template.spec.containers[name="web"].ports[containerPort="http",protocol="TCP"].containerPort)") ==
        second_and({"ports", "1", "containerPort"}));
  CHECK(keys_of(R"(spec.template.spec.containers[1].args[="two"])") == second_and({"args", "1"}));
  CHECK(keys_of("metadata.annotations.example.com/team.name") == Keys{"metadata", "annotations", "example.com/team.name"});
  CHECK(keys_of("data[a.b]") == Keys{"data", "a.b"});
}

TEST_CASE("a field has one name for people, whichever part of a server speaks of it") {
  for (const char* said : {R"(spec.template.spec.containers[name="web"].imagee)", "spec.template.spec.containers[1].imagee",
                           "spec.template.spec.containers.imagee"})
    CHECK(field_problems(std::string{said} + ": wrong", sent).front().field == "spec.template.spec.containers[name=web].imagee");
  CHECK(field_problems("spec.template.spec.containers[1].image: Required value", sent).front().field ==
        "spec.template.spec.containers[1].image");
  CHECK(field_problems(R"(spec.template.spec.containers[1].args[="two"]: wrong)", sent).front().field ==
        "spec.template.spec.containers[name=web].args[1]");
}

TEST_CASE("of a field that is missing the way leads as far as there is one") {
  CHECK(keys_of("spec.template.spec.containers[1].image") == second);
  CHECK(keys_of("spec.template.spec.containers[7].image") == Keys{"spec", "template", "spec", "containers"});
}

TEST_CASE("a refusal is taken apart into its fields, and words may hold a semicolon") {
  const auto problems = field_problems("spec.replicas: must be a number; at least 0; spec.template: unknown field", sent);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].words == "must be a number; at least 0");
  CHECK_FALSE(problems[0].is_unknown_field());
  CHECK(problems[1].field == "spec.template");
  CHECK(problems[1].is_unknown_field());
}

TEST_CASE("what speaks of no field of the object is left as it is") {
  for (const char* message : {"", "denied the request: no", "the server answered 500", "status: unknown field"})
    CHECK(field_problems(message, sent).empty());
}
