#include "failover/roles.hpp"

#include <catch2/catch.hpp>

using namespace fedctl::failover;
using nlohmann::json;

namespace {

Policy two_sides() {
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
  const auto turned = with_roles(federated(nullptr, overrides), two_sides(), {"ireland"});
  REQUIRE(turned);
  CHECK(of_cluster(*turned, "ireland") == json::parse(R"([
      {"path": "/spec/replicas", "value": 10},
      {"path": "/spec/template/spec/containers/1/env", "value": [
        {"name": "X", "value": "y"}, {"name": "ROLE", "value": "primary"}, {"name": "MODE", "value": "read-write"}]}])"));
}

TEST_CASE("variables that the template has get an override each; else the whole env gets one") {
  const json env = json::parse(R"([{"name": "ROLE", "value": "?"}, {"name": "A", "value": "b"}, {"name": "MODE", "valueFrom": {}}])");
  const auto each = with_roles(federated(env, json::array()), two_sides(), {"tokyo"});
  REQUIRE(each);
  CHECK(of_cluster(*each, "tokyo") == json::parse(R"([
      {"path": "/spec/replicas", "value": 10},
      {"path": "/spec/template/spec/containers/1/env/2", "value": {"name": "MODE", "value": "read-write"}},
      {"path": "/spec/template/spec/containers/1/env/0/value", "value": "primary"}])"));
  const auto whole = with_roles(federated(nullptr, json::array()), two_sides(), {"tokyo"});
  REQUIRE(whole);
  CHECK(of_cluster(*whole, "ireland")[1]["value"] ==
        json::parse(R"([{"name": "MODE", "value": "read-only"}, {"name": "ROLE", "value": "standby"}])"));
}

TEST_CASE("overrides that take back what a role sets are refused, and so are those of which one hides the other") {
  const auto problem_of = [](const char* items) {
    json overrides = json::array({{{"clusterName", "ireland"}, {"clusterOverrides", json::parse(items)}}});
    const auto turned = with_roles(federated(nullptr, overrides), two_sides(), {"ireland", 3});
    return turned ? std::string{} : turned.error().message;
  };
  const std::string env = R"({"path": "/spec/template/spec/containers/1/env", "value": [{"name": "ROLE", "value": "?"}]})";
  CHECK(problem_of(("[" + env + "]").c_str()).empty());
  CHECK(problem_of(("[" + env + R"(, {"path": "/spec/template/spec/containers/1/env/0/value", "value": "standby"}])").c_str()) ==
        "an override that follows takes back the variable ROLE of the container app, which the role sets");
  CHECK(problem_of(R"([{"path": "/spec/replicas", "value": 1}, {"path": "/spec/replicas", "value": 2}])") ==
        "the path /spec/replicas stands twice in its overrides");
  CHECK(problem_of(R"([{"path": "/metadata/annotations", "op": "add", "value": {}}, {"path": "/metadata", "value": {"name": "shop"}}])") ==
        "an override that follows takes back /metadata/annotations/fedctl.io~1failover, which the role sets");
  const json twice =
      json::parse(R"([{"clusterName": "ireland", "clusterOverrides": []}, {"clusterName": "ireland", "clusterOverrides": []}])");
  CHECK(with_roles(federated(nullptr, twice), two_sides(), {"ireland"}).error().message == "its overrides stand in two entries");
}

TEST_CASE("roles change back and forth without a trace, and doing it again changes nothing") {
  const auto first = with_roles(federated(nullptr, json::array()), two_sides(), {"tokyo"});
  REQUIRE(first);
  CHECK(active_of(*first, two_sides()) == "tokyo");
  const auto over = with_roles(*first, two_sides(), {"ireland"});
  REQUIRE(over);
  CHECK(active_of(*over, two_sides()) == "ireland");
  CHECK(*with_roles(*over, two_sides(), {"ireland"}) == *over);
  CHECK(*with_roles(*over, two_sides(), {"tokyo"}) == *first);
}

TEST_CASE("a container that is not there is named, with those that are") {
  Policy wrong = two_sides();
  wrong.active[1].container = "apps";
  const auto turned = with_roles(federated(nullptr, json::array()), wrong, {"tokyo"});
  REQUIRE_FALSE(turned);
  CHECK(turned.error().message == "it has no container 'apps', did you mean 'app'?");
  CHECK(turned.error().hint == "it has sidecar, app");
}

TEST_CASE("with a token it says whose the roles are, on itself and on every copy, in place of an older one") {
  const auto first = with_roles(federated(nullptr, json::array()), two_sides(), {"ireland", 3});
  REQUIRE(first);
  const std::string mark = "production/shop token 3 active ireland";
  CHECK((*first)["metadata"]["annotations"] == json{{"fedctl.io/failover", mark}});
  const json added{{"op", "add"}, {"path", "/metadata/annotations"}, {"value", {{"fedctl.io/failover", mark}}}};
  CHECK(of_cluster(*first, "tokyo").back() == added);
  CHECK(of_cluster(*first, "ireland").back() == added);
  CHECK(*with_roles(*first, two_sides(), {"ireland", 3}) == *first);
  const auto second = with_roles(*first, two_sides(), {"tokyo", 4});
  REQUIRE(second);
  CHECK((*second)["metadata"]["annotations"]["fedctl.io/failover"] == "production/shop token 4 active tokyo");
  CHECK(of_cluster(*second, "ireland").size() == of_cluster(*first, "ireland").size());
  CHECK(of_cluster(*second, "ireland").back()["value"]["fedctl.io/failover"] == "production/shop token 4 active tokyo");
  CHECK(active_of(*second, two_sides()) == "tokyo");
  CHECK(*with_roles(*second, two_sides(), {"tokyo"}) == *second);
}

TEST_CASE("where the template has annotations, or an override sets them, the others stay") {
  json with_own = federated(nullptr, json::array());
  with_own["spec"]["template"]["metadata"] = {{"annotations", {{"a", "b"}}}};
  const auto own = with_roles(with_own, two_sides(), {"ireland", 3});
  REQUIRE(own);
  CHECK(of_cluster(*own, "tokyo").back() ==
        json{{"op", "add"}, {"path", "/metadata/annotations/fedctl.io~1failover"}, {"value", "production/shop token 3 active ireland"}});
  CHECK(*with_roles(*own, two_sides(), {"ireland", 3}) == *own);
  const json overrides =
      json::parse(R"([{"clusterName": "tokyo", "clusterOverrides": [{"path": "/metadata/annotations", "value": {"c": "d"}}]},
    {"clusterName": "ireland", "clusterOverrides": [{"op": "remove", "path": "/metadata/annotations"}]}])");
  with_own["spec"]["overrides"] = overrides;
  const auto set = with_roles(with_own, two_sides(), {"ireland", 3});
  REQUIRE(set);
  CHECK(of_cluster(*set, "tokyo")[0]["value"] == json{{"c", "d"}, {"fedctl.io/failover", "production/shop token 3 active ireland"}});
  CHECK(of_cluster(*set, "ireland")[0]["op"] == "add");
  CHECK(*with_roles(*set, two_sides(), {"ireland", 3}) == *set);
}

TEST_CASE("a policy whose roles set nothing marks its targets all the same") {
  Policy bare = two_sides();
  bare.active.clear();
  bare.standby.clear();
  const auto turned = with_roles(federated(nullptr, json::array()), bare, {"ireland", 1});
  REQUIRE(turned);
  CHECK(of_cluster(*turned, "tokyo").size() == 1);
}
