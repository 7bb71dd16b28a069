#include "failover/role_files.hpp"
#include "failover/role_compare.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::failover;
using nlohmann::json;

namespace {

Policy shop() {
  Policy result{.name = "shop", .name_space = "production", .clusters = {"tokyo", "ireland"}};
  result.targets = {{.kind = "FederatedDeployment", .name = "shop", .name_space = "production"}};
  result.active = {{.path = "/spec/replicas", .value = 10}, {.container = "app", .variables = {{"ROLE", "primary"}}}};
  result.standby = {{.path = "/spec/replicas", .value = 2}, {.container = "app", .variables = {{"ROLE", "standby"}}}};
  return result;
}

const std::string text = R"(# The shop.
apiVersion: v1
kind: ConfigMap
metadata: {name: other} # not a target
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: shop, namespace: production}
spec:
  template:
    spec: {template: {spec: {containers: [{name: app, image: "shop:1"}]}}}
  placement: {clusters: [{name: tokyo}, {name: ireland}]}
  overrides:
  - clusterName: tokyo
    clusterOverrides:
    - {path: /spec/replicas, value: 10} # many
    - {path: /spec/template/spec/containers/0/env, value: [{name: ROLE, value: "primary"}]}
  - clusterName: ireland
    clusterOverrides:
    - {path: /spec/replicas, value: 2}
    - {path: /spec/template/spec/containers/0/env, value: [{name: ROLE, value: "standby"}]}
)";

const std::string turned_text = R"(# The shop.
apiVersion: v1
kind: ConfigMap
metadata: {name: other} # not a target
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: shop, namespace: production, annotations: {fedctl.io/failover: production/shop token 3 active ireland}}
spec:
  template:
    spec: {template: {spec: {containers: [{name: app, image: "shop:1"}]}}}
  placement: {clusters: [{name: tokyo}, {name: ireland}]}
  overrides:
  - clusterName: tokyo
    clusterOverrides:
    - {path: /spec/replicas, value: 2} # many
    - {path: /spec/template/spec/containers/0/env, value: [{name: ROLE, value: "standby"}]}
    - {op: add, path: /metadata/annotations, value: {fedctl.io/failover: production/shop token 3 active ireland}}
  - clusterName: ireland
    clusterOverrides:
    - {path: /spec/replicas, value: 10}
    - {path: /spec/template/spec/containers/0/env, value: [{name: ROLE, value: "primary"}]}
    - {op: add, path: /metadata/annotations, value: {fedctl.io/failover: production/shop token 3 active ireland}}
)";

}  // namespace

TEST_CASE("a file gets the roles and the mark, and nothing else of it changes") {
  const auto files = role_files(shop(), {"ireland", 3}, support::manifests(text));
  REQUIRE(files);
  REQUIRE(files->size() == 1);
  CHECK(files->front().after == turned_text);
  CHECK(files->front().objects == std::vector<std::string>{"FederatedDeployment production/shop"});
  CHECK_FALSE(files->front().is_rewritten);
  const auto again = role_files(shop(), {"ireland", 3}, support::manifests(turned_text));
  REQUIRE(again);
  CHECK_FALSE(again->front().changes());
}

TEST_CASE("a target in no file is an error") {
  const auto files = role_files(shop(), {"ireland", 3}, support::manifests("{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}"));
  REQUIRE_FALSE(files);
  CHECK(files.error().code == Code::not_found);
}

TEST_CASE("a target in a List is edited in its place") {
  const std::string list =
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
      "- {apiVersion: types.kubefed.io/v1beta1, kind: FederatedDeployment, metadata: {name: shop}, spec: {template: {spec: "
      "{template: {spec: {containers: [{name: app}]}}}}}}\n";
  const auto files = role_files(shop(), {"ireland", 3}, support::manifests(list));
  REQUIRE(files);
  CHECK_THAT(files->front().after, Catch::StartsWith(list.substr(0, list.find("- {apiVersion: types"))));
  CHECK_THAT(files->front().after, Catch::Contains("annotations: {fedctl.io/failover: production/shop token 3 active ireland}"));
}

TEST_CASE("a live object's role is compared by what the roles speak of, and by its mark") {
  const auto object = [](int replicas, const std::string& role, const std::string& mark) {
    json result = support::json_of("{kind: Deployment, metadata: {name: shop, annotations: {}}, spec: {template: {spec: {}}}}");
    result["spec"]["replicas"] = replicas;
    result["spec"]["template"]["spec"]["containers"] =
        json::array({{{"name", "app"}, {"image", role}, {"env", json::array({{{"name", "ROLE"}, {"value", role}}})}}});
    if (!mark.empty()) result["metadata"]["annotations"]["fedctl.io/failover"] = mark;
    return result;
  };
  const json wanted = object(2, "standby", "p/shop token 3 active ireland");
  CHECK(role_difference(wanted, wanted, shop().standby, true).empty());
  json other_image = wanted;
  other_image["spec"]["template"]["spec"]["containers"][0]["image"] = "new";
  CHECK(role_difference(other_image, wanted, shop().standby, true).empty());
  CHECK(role_difference(object(10, "primary", ""), wanted, shop().standby, true) ==
        R"(fedctl.io/failover is "", not "p/shop token 3 active ireland"; /spec/replicas is 10, not 2; ROLE is "primary", not "standby")");
  const json scaled = object(0, "standby", "p/shop token 3 active ireland");
  CHECK(role_difference(scaled, wanted, shop().standby, true).empty());
  CHECK_FALSE(role_difference(scaled, wanted, shop().standby, false).empty());
}
