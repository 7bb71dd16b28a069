#include "failover/roles.hpp"

#include <catch2/catch.hpp>

using namespace fedctl::failover;
using nlohmann::json;

namespace {

Policy policy() {
  Policy result{.name = "shop", .name_space = "production", .clusters = {"tokyo", "ireland"}};
  result.active = {{.path = "/spec/replicas", .value = 10},
                   {.container = "app", .variables = {{"MODE", "read-write"}, {"ROLE", "primary"}}}};
  result.standby = {{.path = "/spec/replicas", .value = 2},
                    {.container = "app", .variables = {{"MODE", "read-only"}, {"ROLE", "standby"}}}};
  return result;
}

json federated(json env, json overrides) {
  json container{{"name", "app"}};
  if (!env.is_null()) container["env"] = std::move(env);
  json object = json::parse(
      R"({"kind": "FederatedDeployment", "metadata": {"name": "shop", "namespace": "production"}, "spec": {"template": {"spec": {"replicas": 1}}}})");
  object["spec"]["template"]["spec"]["template"]["spec"]["containers"] = json::array({{{"name", "sidecar"}}, container});
  object["spec"]["overrides"] = std::move(overrides);
  return object;
}

json of_cluster(const json& object, const std::string& cluster) {
  for (const json& entry : object["spec"]["overrides"]) {
    if (entry["clusterName"] == cluster) return entry["clusterOverrides"];
  }
  return nullptr;
}

}  // namespace

TEST_CASE("an override of the whole env is changed by name, whatever its order") {
  const json overrides = json::parse(R"([
    {"clusterName": "ireland", "clusterOverrides": [
      {"path": "/spec/replicas", "value": 2},
      {"path": "/spec/template/spec/containers/1/env", "value": [{"name": "X", "value": "y"}, {"name": "ROLE", "value": "standby"}]}]}])");
  const auto turned = with_roles(federated(nullptr, overrides), policy(), "ireland");
  REQUIRE(turned);
  CHECK(of_cluster(*turned, "ireland") == json::parse(R"([
      {"path": "/spec/replicas", "value": 10},
      {"path": "/spec/template/spec/containers/1/env", "value": [
        {"name": "X", "value": "y"}, {"name": "ROLE", "value": "primary"}, {"name": "MODE", "value": "read-write"}]}])"));
}

TEST_CASE("variables that the template has get an override each; else the whole env gets one") {
  const json env = json::parse(R"([{"name": "ROLE", "value": "?"}, {"name": "A", "value": "b"}, {"name": "MODE", "valueFrom": {}}])");
  const auto each = with_roles(federated(env, json::array()), policy(), "tokyo");
  REQUIRE(each);
  CHECK(of_cluster(*each, "tokyo") == json::parse(R"([
      {"path": "/spec/replicas", "value": 10},
      {"path": "/spec/template/spec/containers/1/env/2", "value": {"name": "MODE", "value": "read-write"}},
      {"path": "/spec/template/spec/containers/1/env/0/value", "value": "primary"}])"));
  const auto whole = with_roles(federated(nullptr, json::array()), policy(), "tokyo");
  REQUIRE(whole);
  CHECK(of_cluster(*whole, "ireland")[1]["value"] ==
        json::parse(R"([{"name": "MODE", "value": "read-only"}, {"name": "ROLE", "value": "standby"}])"));
}

TEST_CASE("roles change back and forth without a trace, and doing it again changes nothing") {
  const auto first = with_roles(federated(nullptr, json::array()), policy(), "tokyo");
  REQUIRE(first);
  CHECK(active_of(*first, policy()) == "tokyo");
  const auto over = with_roles(*first, policy(), "ireland");
  REQUIRE(over);
  CHECK(active_of(*over, policy()) == "ireland");
  CHECK(*with_roles(*over, policy(), "ireland") == *over);
  CHECK(*with_roles(*over, policy(), "tokyo") == *first);
}

TEST_CASE("a container that is not there is named, with those that are") {
  Policy wrong = policy();
  wrong.active[1].container = "apps";
  const auto turned = with_roles(federated(nullptr, json::array()), wrong, "tokyo");
  REQUIRE_FALSE(turned);
  CHECK(turned.error().message == "it has no container 'apps', did you mean 'app'?");
  CHECK(turned.error().hint == "it has sidecar, app");
}
