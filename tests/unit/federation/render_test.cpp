#include "federation/render.hpp"

#include "support.hpp"

using namespace fedctl;
using namespace fedctl::federation;
using nlohmann::json;

namespace {

/// A FederatedDeployment `p/web` at lines 1 to 7 of the input, with the rest of its spec as given.
std::string federated(const std::string& spec) {
  return "apiVersion: types.kubefed.io/v1beta1\nkind: FederatedDeployment\nmetadata: {name: web, namespace: p}\nspec:\n"
         "  template:\n    metadata: {labels: {app: web}, annotations: {note: kept}}\n    spec: {replicas: 3, paused: false}\n" +
         spec;
}

const std::string everywhere = "  placement: {clusterSelector: {}}\n";

struct Outcome {
  std::vector<manifest::Manifest> manifests;  // what the rendered objects point into
  Result<Rendered> rendered;
};

Outcome run(const std::string& text, RenderOptions options = {}) {
  auto manifests = support::manifests(text);
  TypeTable types;
  types.learn(manifests);
  auto rendered = render(manifests, support::three_clusters(), types, options);
  return {std::move(manifests), std::move(rendered)};
}

Error error_of(const std::string& text) {
  const Outcome outcome = run(text);
  REQUIRE_FALSE(outcome.rendered);
  return outcome.rendered.error();
}

/// "tokyo:web ireland:web": what goes where.
std::string layout(const Rendered& rendered) {
  std::string result;
  for (const auto& cluster : rendered.clusters) {
    for (const auto& object : cluster.objects) result += (result.empty() ? "" : " ") + cluster.cluster + ":" + object.key.name;
  }
  return result;
}

}  // namespace

TEST_CASE("a federated object becomes one concrete object for each cluster it is placed in") {
  const Outcome outcome =
      run(federated("  placement: {clusters: [{name: tokyo}, {name: virginia}]}\n  overrides:\n"
                    "  - {clusterName: tokyo, clusterOverrides: [{path: /spec/replicas, value: 5}]}\n"));
  REQUIRE(outcome.rendered);
  CHECK(layout(*outcome.rendered) == "tokyo:web virginia:web");
  CHECK(*outcome.rendered->clusters[0].objects[0].content->get() == R"({
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "p", "labels": {"app": "web", "kubefed.io/managed": "true"}, "annotations": {"note": "kept"}},
    "spec": {"replicas": 5, "paused": false}})"_json);
  CHECK((*outcome.rendered->clusters[2].objects[0].content->get())["spec"]["replicas"] == 3);
}

TEST_CASE("a cluster that is left out gets an absence, so that a copy there can go") {
  const Outcome outcome = run(federated("  placement: {clusters: [{name: tokyo}]}\n"));
  REQUIRE(outcome.rendered->clusters[1].absences.size() == 1);
  CHECK(outcome.rendered->clusters[1].absences[0].key == kube::ObjectKey{"apps", "Deployment", "p", "web"});
}

TEST_CASE("overrides cannot remove the managed label") {
  const Outcome outcome =
      run(federated(everywhere + "  overrides:\n  - {clusterName: tokyo, clusterOverrides: [{path: /metadata/labels, value: {a: b}}]}\n"));
  CHECK((*outcome.rendered->clusters[0].objects[0].content->get())["metadata"]["labels"]["kubefed.io/managed"] == "true");
}

TEST_CASE("plain objects go to every cluster, namespaced ones into the default namespace") {
  const Outcome outcome =
      run("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: space}}\n");
  CHECK(layout(*outcome.rendered) == "tokyo:c tokyo:space ireland:c ireland:space virginia:c virginia:space");
  CHECK(outcome.rendered->clusters[0].objects[0].key.name_space == "default");
  CHECK(outcome.rendered->clusters[0].objects[1].key.name_space.empty());
}

TEST_CASE("a FederatedNamespace bounds what lives in it, and that is said") {
  const Outcome outcome = run(federated(everywhere) +
                              "---\napiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: p, namespace: p}\n"
                              "spec: {placement: {clusters: [{name: ireland}]}}\n");
  CHECK(layout(*outcome.rendered) == "ireland:web ireland:p");
  REQUIRE(outcome.rendered->notices.size() == 1);
  CHECK_THAT(outcome.rendered->notices[0], Catch::Contains("not in tokyo, virginia") && Catch::Contains("FederatedNamespace p"));
}

TEST_CASE("a namespace is never taken away because of a placement") {
  const Outcome outcome =
      run("apiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: p}\nspec: {placement: {clusters: []}}\n");
  for (const auto& cluster : outcome.rendered->clusters) CHECK(cluster.absences.empty());
}

TEST_CASE("a placement that names unknown clusters is reported") {
  const Outcome outcome = run(federated("  placement: {clusters: [{name: tokyo}, {name: osaka}]}\n"));
  REQUIRE(outcome.rendered->notices.size() == 1);
  CHECK_THAT(outcome.rendered->notices[0], Catch::Contains("osaka"));
}

TEST_CASE("retainReplicas holds unless an override sets the replicas") {
  const Outcome outcome = run(federated(everywhere + "  retainReplicas: true\n  overrides:\n"
                                                     "  - {clusterName: tokyo, clusterOverrides: [{path: /spec/replicas, value: 5}]}\n"));
  CHECK_FALSE(outcome.rendered->clusters[0].objects[0].retain_replicas);
  CHECK(outcome.rendered->clusters[1].objects[0].retain_replicas);
}

TEST_CASE("bad overrides are one error with their place, whichever cluster they are for") {
  const auto [overrides, place, message] = GENERATE(table<std::string, std::string, std::string>({
      {"  - {clusterName: osaka, clusterOverrides: []}\n", ":10:", "no cluster 'osaka'"},
      {"  - {clusterName: tokyo, clusterOverrides: []}\n  - {clusterName: tokyo, clusterOverrides: []}\n", ":11:", "stands twice"},
      {"  - clusterName: tokyo\n    clusterOverrides:\n    - {path: /spec/replicas, value: 1}\n    - {op: remove, path: /spec/replicas}\n",
       ":13:", "stands twice"},
      {"  - clusterName: tokyo\n    clusterOverrides:\n    - {path: /metadata/name, value: x}\n", ":12:", "must not be overridden"},
      {"  - clusterName: tokyo\n    clusterOverrides:\n    - {path: /spec/a/b, value: x}\n", ":12:", "nearest ancestor that does is /spec"},
      {"  - clusterName: tokyo\n    clusterOverrides:\n    - {op: copy, path: /spec/a, value: x}\n",
       ":12:", "none of add, remove, replace"},
      {"  - clusterName: tokyo\n    clusterOverrides:\n    - {value: x}\n", ":12:", "needs a path"},
      {"  - clusterName: tokyo\n    clusterOverrides:\n    - {path: /metadata, value: {name: other}}\n", ":",
       "change what names the object"},
  }));
  CAPTURE(overrides);
  const Error error = error_of(federated(everywhere + "  overrides:\n" + overrides));
  CHECK(error.code == Code::invalid_override);
  CHECK_THAT(error.message, Catch::Contains(message));
  CHECK_THAT(error.place, Catch::StartsWith("input.yaml:") && Catch::Contains(place));
}

TEST_CASE("tildes in fields and paths are errors at their place, not a bug") {
  const auto [spec, place] = GENERATE(table<std::string, std::string>({
      {"  a~b: 1\n", "input.yaml:8:3"},
      {everywhere + "  overrides: [{clusterName: tokyo, ~2: 1}]\n", "input.yaml:9:36"},
      {everywhere + "  overrides: [{clusterName: tokyo, clusterOverrides: [{path: /~2, value: 1}]}]\n", "input.yaml:9:56"},
      {everywhere + "  overrides: [{clusterName: tokyo, clusterOverrides: [{path: /a~b, value: 1}]}]\n", "input.yaml:9:56"},
  }));
  CAPTURE(spec);
  CHECK(error_of(federated(spec)).place == place);
}

TEST_CASE("a fleet file that lies beside the manifests goes nowhere, and nothing is said of it") {
  const std::string fleet = "apiVersion: fedctl.io/v1alpha1\nkind: Fleet\nmetadata: {name: f}\nspec: {clusters: [{name: a}]}\n";
  const Outcome outcome = run(fleet + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  REQUIRE(outcome.rendered);
  CHECK(outcome.rendered->notices.empty());
  CHECK(layout(*outcome.rendered) == "tokyo:c ireland:c virginia:c");
}

TEST_CASE("a mistyped field is an error, not a silent loss") {
  CHECK_THAT(error_of(federated("  placment: {}\n")).message, Catch::Contains("did you mean 'placement'"));
}

TEST_CASE("an unknown federated kind says how to name its type") {
  const Error error = error_of("apiVersion: types.kubefed.io/v1beta1\nkind: FederatedDeploymnt\nmetadata: {name: a}\nspec: {}\n");
  CHECK(error.code == Code::unknown_kind);
  CHECK_THAT(describe(error), Catch::Contains("did you mean 'FederatedDeployment'") && Catch::Contains("--api FederatedDeploymnt="));
}

TEST_CASE("the target type comes from a FederatedTypeConfig, a CustomResourceDefinition or --api") {
  const std::string foo =
      "---\napiVersion: types.kubefed.io/v1beta1\nkind: FederatedFoo\nmetadata: {name: a}\nspec: {placement: {clusters: [{name: "
      "tokyo}]}}\n";
  const std::string config =
      "apiVersion: core.kubefed.io/v1beta1\nkind: FederatedTypeConfig\nmetadata: {name: foos.example.com}\n"
      "spec: {targetType: {group: example.com, version: v2, kind: Foo, scope: Cluster}, federatedType: {kind: FederatedFoo}}\n";
  const Outcome by_config = run(config + foo);
  REQUIRE(by_config.rendered);
  CHECK((*by_config.rendered->clusters[0].objects[0].content->get())["apiVersion"] == "example.com/v2");
  const std::string definition =
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: foos.example.com}\n"
      "spec: {group: example.com, scope: Namespaced, names: {kind: Foo, plural: foos}, versions: [{name: v1, served: true, storage: "
      "true}]}\n";
  CHECK(layout(*run(definition + foo).rendered) == "tokyo:foos.example.com tokyo:a ireland:foos.example.com virginia:foos.example.com");
  TypeTable types;
  REQUIRE(types.add_api("FederatedFoo=v1/Foo"));
  CHECK(types.target_of("FederatedFoo")->type == kube::GroupVersionKind{"", "v1", "Foo"});
  for (const char* bad : {"FederatedFoo", "=v1/Foo", "FederatedFoo=Foo", "FederatedFoo=v1/"}) CHECK_FALSE(types.add_api(bad));
}

TEST_CASE("two objects of one name for one cluster are an error that names both places") {
  const Error error = error_of(
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: "
      "default}}\n");
  CHECK(error.place == "input.yaml:3:1");
  CHECK_THAT(error.message, Catch::Contains("input.yaml:1:1"));
}

TEST_CASE("a Secret's stringData becomes data, and bad data are an error without the value") {
  const Outcome outcome = run("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: hunter2}}\n");
  CHECK((*outcome.rendered->clusters[0].objects[0].content->get())["data"]["password"] == "aHVudGVyMg==");
  CHECK_FALSE(outcome.rendered->clusters[0].objects[0].content->get()->contains("stringData"));
  const Error error = error_of("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {password: 'hunter2!'}}\n");
  CHECK_THAT(describe(error), Catch::Contains("data.password") && !Catch::Contains("hunter2"));
}

TEST_CASE("with -n another namespace in the input is an error") {
  const Outcome outcome = run(federated(everywhere), {.default_namespace = "other", .namespace_is_given = true});
  REQUIRE_FALSE(outcome.rendered);
  CHECK(outcome.rendered.error().code == Code::usage);
}

TEST_CASE("clusters without overrides share one object") {
  const Outcome outcome = run(federated(everywhere));
  CHECK(outcome.rendered->clusters[0].objects[0].content == outcome.rendered->clusters[2].objects[0].content);
}

TEST_CASE("an object whose texts were put aside renders as any other, and keeps its shape at hand") {
  auto manifests =
      support::manifests("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: p}, data: {long: abc, short: a}}\n");
  const auto plain = render(manifests, support::three_clusters(), TypeTable{}, {});
  const auto spill = Spill::create();
  REQUIRE(spill);
  std::vector<manifest::Manifest> aside = manifests;
  aside[0].part_aside = *spill->put(aside[0].object.dump());
  aside[0].aside = spill;
  aside[0].object["data"]["long"] = "";
  const auto found = render(aside, support::three_clusters(), TypeTable{}, {});
  REQUIRE(found);
  const Content& expected = *plain->clusters[0].objects[0].content;
  const Content& content = *found->clusters[0].objects[0].content;
  CHECK(*content.get() == *expected.get());
  CHECK(content.digest() == expected.digest());
  CHECK((*content.shape())["data"]["long"] == "");
}
